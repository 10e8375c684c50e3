# SPDX-License-Identifier: Apache-2.0
"""The state of every random generator that training draws from, as arrays.

PyTorch's takes part where it was imported: by a component of one's own, since none of ours draws from it. A
state that holds it is read without PyTorch, too, and written with it again, so that its bytes stay the same.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from thinc.api import fix_random_seed

from ..lazy_torch import loaded_torch

Array = npt.NDArray[Any]

_unread: dict[str, Array] = {}
"""PyTorch's part of the state that was read, while PyTorch is not there. As global as the generators are."""


def seed_all(seed: int) -> None:
    """Begin with every generator where this seed puts it."""
    fix_random_seed(seed)
    _unread.clear()
    if (torch := loaded_torch()) is not None:
        torch.manual_seed(seed)


def random_state() -> dict[str, Array]:
    """Of Python's and NumPy's global generators, and of PyTorch's (CPU) where that was imported or read."""
    _, numbers, gauss = random.getstate()
    _, keys, position, has_gauss, cached = np.random.get_state(legacy=True)
    return {
        "python": np.array(numbers, dtype=np.int64),
        "python_gauss": np.array([] if gauss is None else [gauss], dtype=np.float64),
        "numpy": np.array(keys, dtype=np.int64),
        "numpy_rest": np.array([position, has_gauss, cached], dtype=np.float64),
        **_torch_state(),
    }


TORCH_GAPS = (slice(5044, 5048), slice(5053, 5056))
"""Bytes of PyTorch's state that pad its C structure and hold whatever was in memory."""


def _torch_state() -> dict[str, Array]:
    torch = loaded_torch()
    if torch is None:
        return _unread
    state = torch.get_rng_state().numpy().copy()
    if len(state) == TORCH_GAPS[-1].stop:
        for gap in TORCH_GAPS:
            state[gap] = 0
    return {"torch": state}


def set_random_state(state: Mapping[str, Array]) -> None:
    """Put the generators where they were."""
    gauss = state["python_gauss"].tolist()
    random.setstate((3, tuple(state["python"].tolist()), gauss[0] if gauss else None))
    position, has_gauss, cached = state["numpy_rest"].tolist()
    np.random.set_state(("MT19937", state["numpy"].astype(np.uint32), int(position), int(has_gauss), cached))
    torch = loaded_torch()
    _unread.clear()
    if "torch" not in state:
        return  # written where PyTorch was not: nothing had drawn from it
    if torch is None:
        _unread["torch"] = np.array(state["torch"])
    else:
        torch.set_rng_state(torch.from_numpy(np.array(state["torch"])))
