# SPDX-License-Identifier: Apache-2.0
"""Which back end computes, and what is said where there is none of that name."""

from __future__ import annotations

import pytest

from engine.errors import EngineError
from engine.kernels import choose_backend


def test_unknown_precision_lists_what_exists():
    """A precision that does not exist is an error that names those that do."""
    with pytest.raises(EngineError, match="fp32"):
        choose_backend("fp7")


def test_the_split_precision_that_was_says_what_to_take_instead():
    """Who still asks for split bfloat16 is told what exists, and what annotates the same."""
    with pytest.raises(EngineError, match=r"'auto' or one of .*fp32.*'split'.*'auto' gives the same"):
        choose_backend("split")
