# SPDX-License-Identifier: Apache-2.0
"""The generators' state with PyTorch's in it and without."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from engine.training.random_state import random_state, seed_all, set_random_state

READ_WITHOUT_TORCH = """
import random, sys
import numpy as np
from engine.training.random_state import random_state, seed_all, set_random_state
seed_all(3)
plain = random_state()
assert set(plain) == {"python", "python_gauss", "numpy", "numpy_rest"}
whole = {**plain, "torch": np.arange(5056, dtype=np.uint8)}
drawn = random.random(), np.random.random()
set_random_state(whole)
assert (random.random(), np.random.random()) == drawn
set_random_state(whole)
again = random_state()
assert set(again) == set(whole)
assert all((again[name] == whole[name]).all() for name in whole)
seed_all(3)
assert set(random_state()) == set(plain)
assert "torch" not in sys.modules
"""


def test_a_state_with_torch_in_it_is_read_without_torch() -> None:
    """The other generators go on from there, and what is written next has the same bytes."""
    subprocess.run([sys.executable, "-c", READ_WITHOUT_TORCH], check=True)


def test_torch_takes_part_from_the_first_draw_on() -> None:
    """Seeded alone it is no part of the state, whose bytes are those of a machine without; once drawn from,
    it goes on from there."""
    torch = pytest.importorskip("torch", reason="needs torch")
    seed_all(5)
    untouched = random_state()
    assert "torch" not in untouched
    first = torch.rand(3).tolist(), np.random.random()
    touched = random_state()
    second = torch.rand(3).tolist(), np.random.random()

    set_random_state(touched)
    assert (torch.rand(3).tolist(), np.random.random()) == second
    seed_all(5)
    set_random_state(untouched)
    assert (torch.rand(3).tolist(), np.random.random()) == first


def test_a_state_with_torch_in_it_keeps_its_bytes_where_torch_is() -> None:
    """What an earlier version wrote, drawn from or not, is written again as it was."""
    torch = pytest.importorskip("torch", reason="needs torch")
    seed_all(5)
    before = {**random_state(), "torch": torch.get_rng_state().numpy()}
    set_random_state(before)
    assert set(random_state()) == set(before)
