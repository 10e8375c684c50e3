# SPDX-License-Identifier: Apache-2.0
"""Aligned arrays, and scratch arrays that each thread keeps for itself."""

from __future__ import annotations

import math
import threading
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[Any]

CACHE_LINE = 64
"""Bytes. A vector store that straddles two cache lines costs about twice one that does not."""


def allocate(shape: tuple[int, ...]) -> Floats:
    """An uninitialised C-ordered array of float32 that starts on a cache line."""
    n_bytes = math.prod(shape) * 4
    raw = np.empty(n_bytes + CACHE_LINE, dtype=np.uint8)
    skip = -raw.ctypes.data % CACHE_LINE
    return raw[skip : skip + n_bytes].view(np.float32).reshape(shape)


def zeros(shape: tuple[int, ...]) -> Floats:
    """The same, filled with zeros."""
    out = allocate(shape)
    out[:] = 0.0
    return out


class Scratch:
    """Named float32 work arrays of the calling thread, grown when a larger one is asked for and reused
    otherwise."""

    def __init__(self) -> None:
        """Begin without arrays."""
        self._local = threading.local()

    def get(self, name: str, shape: tuple[int, ...]) -> Floats:
        """This thread's array `name`, its values undefined; valid until the thread asks for `name` again."""
        arrays: dict[str, Floats] = self._local.__dict__
        size = math.prod(shape)
        have = arrays.get(name)
        if have is None or have.size < size:
            have = arrays[name] = allocate((size,))
        return have[:size].reshape(shape)
