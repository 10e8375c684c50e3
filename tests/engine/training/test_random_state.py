# SPDX-License-Identifier: Apache-2.0
"""The generators' state with PyTorch's in it and without."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

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


def test_a_state_without_torch_is_read_where_torch_is() -> None:
    """PyTorch's generator stays where the seed put it, and is in the state from then on."""
    torch = pytest.importorskip("torch", reason="needs torch")
    from engine.training.random_state import random_state, seed_all, set_random_state

    seed_all(5)
    state = random_state()
    drawn = torch.rand(3).tolist(), np.random.random()
    set_random_state(state)
    assert (torch.rand(3).tolist(), np.random.random()) == drawn
    seed_all(5)
    set_random_state({name: array for name, array in state.items() if name != "torch"})
    assert torch.rand(3).tolist() == drawn[0]
    assert np.random.random() == drawn[1]
