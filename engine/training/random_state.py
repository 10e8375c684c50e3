# SPDX-License-Identifier: Apache-2.0
"""The state of every random generator that training draws from, as arrays.

PyTorch's takes part where it was imported and something drew from it: a component of one's own, since none of
ours does. So a state has the same bytes whether PyTorch is there or not. A state that was read with PyTorch's
part is written with it again, without PyTorch, too.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt
from thinc.api import fix_random_seed

from ..lazy_torch import loaded_torch

Array = npt.NDArray[Any]

TORCH = "torch"
_seeded: dict[str, Array] = {}
"""PyTorch's state as the seed put it. As global as the generators are, as is the next."""
_read: dict[str, Array] = {}
"""PyTorch's part of the state that was read."""


def seed_all(seed: int) -> None:
    """Begin with every generator where this seed puts it."""
    fix_random_seed(seed)
    _read.clear()
    _seeded.clear()
    if (torch := loaded_torch()) is not None:
        torch.manual_seed(seed)
        _seeded[TORCH] = _torch_array(torch)


def random_state() -> dict[str, Array]:
    """Of Python's and NumPy's global generators, and of PyTorch's (CPU) where that was drawn from or read."""
    _, numbers, gauss = random.getstate()
    _, keys, position, has_gauss, cached = np.random.get_state(legacy=True)
    return {
        "python": np.array(numbers, dtype=np.int64),
        "python_gauss": np.array([] if gauss is None else [gauss], dtype=np.float64),
        "numpy": np.array(keys, dtype=np.int64),
        "numpy_rest": np.array([position, has_gauss, cached], dtype=np.float64),
        **_torch_state(),
    }


def _torch_state() -> dict[str, Array]:
    torch = loaded_torch()
    if torch is None:
        return dict(_read)
    state = _torch_array(torch)
    is_untouched = not _read and TORCH in _seeded and np.array_equal(state, _seeded[TORCH])
    return {} if is_untouched else {TORCH: state}


TORCH_GAPS = (slice(5044, 5048), slice(5053, 5056))
"""Bytes of PyTorch's state that pad its C structure and hold whatever was in memory."""


def _torch_array(torch: ModuleType) -> Array:
    state: Array = torch.get_rng_state().numpy().copy()
    if len(state) == TORCH_GAPS[-1].stop:
        for gap in TORCH_GAPS:
            state[gap] = 0
    return state


def set_random_state(state: Mapping[str, Array]) -> None:
    """Put the generators where they were; PyTorch's stays at its seed where the state has no part of it."""
    gauss = state["python_gauss"].tolist()
    random.setstate((3, tuple(state["python"].tolist()), gauss[0] if gauss else None))
    position, has_gauss, cached = state["numpy_rest"].tolist()
    np.random.set_state(("MT19937", state["numpy"].astype(np.uint32), int(position), int(has_gauss), cached))
    _read.clear()
    if TORCH in state:
        _read[TORCH] = np.array(state[TORCH])
    torch, found = loaded_torch(), (_read or _seeded).get(TORCH)
    if torch is not None and found is not None:
        torch.set_rng_state(torch.from_numpy(found.copy()))


def random_state_of(seed: int) -> dict[str, Array]:
    """The state that a seed gives, without drawing from the generators that are at work; PyTorch's part is
    left at its own seed."""
    _, numbers, _ = random.Random(seed).getstate()
    _, keys, position, has_gauss, cached = np.random.RandomState(seed).get_state(legacy=True)
    return {
        "python": np.array(numbers, dtype=np.int64),
        "python_gauss": np.array([], dtype=np.float64),
        "numpy": np.array(keys, dtype=np.int64),
        "numpy_rest": np.array([position, has_gauss, cached], dtype=np.float64),
    }


class RandomGenerators:
    """Generators of one's own: what is drawn inside `with` neither depends on what is drawn outside, nor
    changes it."""

    def __init__(self, seed: int) -> None:
        self._own = random_state_of(seed)
        self._outer: dict[str, Array] = {}

    def __enter__(self) -> None:
        self._outer = random_state()
        set_random_state(self._own)

    def __exit__(self, *exc: object) -> None:
        self._own = random_state()
        set_random_state(self._outer)
