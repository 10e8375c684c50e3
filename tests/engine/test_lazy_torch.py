# SPDX-License-Identifier: Apache-2.0
"""torch stays out until it is needed."""

from __future__ import annotations

import subprocess
import sys

import pytest

from engine.kernels import cpu_features

PREDICT = (
    "import engine, sys; engine.load('models/en_starter')('Ada Lovelace met Charles Babbage in London.'); "
)


@pytest.mark.skipif(not cpu_features().lanes, reason="CPUs without vector tiles multiply with torch")
def test_annotating_imports_no_torch():
    """A pipeline of compiled components is loaded and run without torch, which would take a second and 500
    MB."""
    subprocess.run([sys.executable, "-c", PREDICT + "assert 'torch' not in sys.modules"], check=True)


def test_torch_is_there_when_it_is_asked_for():
    """What multiplies with torch finds it, and Thinc was imported without."""
    code = (
        "from engine.lazy_torch import torch; import thinc.compat; assert torch.ones(2).sum() == "
        "2; assert not thinc.compat.has_torch"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_torch_that_was_imported_before_is_left_to_thinc():
    """Who wants Thinc's torch layers imports torch first."""
    subprocess.run(
        [sys.executable, "-c", "import torch, engine, thinc.compat; assert thinc.compat.has_torch"],
        check=True,
    )
