# SPDX-License-Identifier: Apache-2.0
"""torch stays out until it is needed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from engine.extras import TORCH
from tests.documentation.rows import row

GOLDEN = Path(__file__).parent / "spacy_files" / "golden"

needs_torch = pytest.mark.skipif(not TORCH.is_installed, reason="needs torch")

PREDICT = (
    "import engine, sys; engine.load('models/en_starter')('Ada Lovelace met Charles Babbage in London.'); "
)

TORCH_BESIDE_THINC = """
import sys, threading

found = []

def import_torch():
    import torch
    found.append(int(torch.ones(2).sum()))

def at_thinc(event, args):
    if event == "import" and args[0].startswith("thinc") and not found:
        thread = threading.Thread(target=import_torch)
        thread.start()
        thread.join()

sys.addaudithook(at_thinc)
import engine
assert len(engine.blank("en")("Two words.")) == 3
assert found == [2], found
"""
"""A thread that imports torch begins and ends while the main thread is about to import Thinc."""

TORCH_BEFORE_THE_ENGINE = """
import sys, threading, time

thread = threading.Thread(target=lambda: __import__("torch"))
thread.start()
while "torch" not in sys.modules:
    time.sleep(0.001)
import engine
assert len(engine.blank("en")("Two words.")) == 3
thread.join()
from engine.lazy_torch import torch
assert torch.ones(2).sum() == 2
"""


def test_annotating_imports_no_torch():
    """A pipeline of compiled components is loaded and run without torch, which would take a second and 500
    MB."""
    subprocess.run([sys.executable, "-c", PREDICT + "assert 'torch' not in sys.modules"], check=True)


def test_no_shape_of_embedding_or_head_imports_torch():
    """Blanks and white space as attributes, windows, static, floret and custom vectors, spans, categories:
    each folder is loaded and annotates, in one process, and torch stays out."""
    folders = sorted(str(config.parent) for config in GOLDEN.glob("*/config.cfg"))
    assert len(folders) > 8
    code = (
        "import engine, sys\nfor folder in sys.argv[1:]:\n"
        "    engine.load(folder)('Ada Lovelace met  Charles Babbage in London.')\n"
        "    assert 'torch' not in sys.modules, folder"
    )
    subprocess.run([sys.executable, "-c", code, *folders], check=True)


@needs_torch
def test_torch_is_there_when_it_is_asked_for():
    """What multiplies with torch finds it, and Thinc was imported without, until then."""
    code = (
        "import engine; engine.blank('en'); import thinc.compat; from engine.lazy_torch import torch; "
        "assert not thinc.compat.has_torch; assert torch.ones(2).sum() == 2; assert thinc.compat.has_torch"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@needs_torch
@row("H22b")
def test_torch_that_is_imported_later_works_in_thincs_wrappers():
    """Nobody need import torch before the engine, nor at all."""
    code = "import engine; engine.blank('en'); from thinc.api import PyTorchLSTM; PyTorchLSTM(4, 2)"
    subprocess.run([sys.executable, "-c", code], check=True)


@needs_torch
def test_torch_that_was_imported_before_is_left_to_thinc():
    """Who wants Thinc's torch layers imports torch first."""
    subprocess.run(
        [
            sys.executable,
            "-c",
            "import torch, engine; engine.blank('en'); import thinc.compat; assert thinc.compat.has_torch",
        ],
        check=True,
    )


@needs_torch
def test_another_thread_may_import_torch_while_it_is_hidden():
    """Torch is out of sight of the one thread that imports Thinc, not of the others."""
    subprocess.run([sys.executable, "-c", TORCH_BESIDE_THINC], check=True)


@needs_torch
def test_another_thread_may_be_importing_torch_already():
    """The engine begins while torch is half imported, and both come to be."""
    subprocess.run([sys.executable, "-c", TORCH_BEFORE_THE_ENGINE], check=True)
