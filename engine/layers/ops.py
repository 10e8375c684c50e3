# SPDX-License-Identifier: Apache-2.0
"""Thinc's NumPy operations with our matrix product and dropout mask."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from thinc.api import NumpyOps, get_current_ops, registry, set_current_ops

from ..kernels.product import product


@registry.ops("freshet.EngineOps.v1")
class EngineOps(NumpyOps):
    """NumpyOps whose `gemm` is ours; Thinc's own wheel falls back to generic C on some CPUs, and NumPy's
    starts threads."""

    name = "freshet"

    def __init__(self, device_type: Any = "cpu", device_id: int = -1, **settings: Any) -> None:
        super().__init__(device_type, device_id, use_blis=False)

    def gemm(self, x: Any, y: Any, out: Any = None, trans1: bool = False, trans2: bool = False) -> Any:
        """The matrix product of two arrays of rank 2, each transposed if asked for."""
        return product(x.T if trans1 else x, y.T if trans2 else y, out)

    def get_dropout_mask(self, shape: Any, drop: float | None) -> Any:
        """A mask of 0 and 1 / (1 - drop), from NumPy's global generator, in 16-bit coin flips."""
        if drop is None or drop <= 0:
            return np.ones(shape, dtype="float32")
        if drop >= 1.0:
            return np.zeros(shape, dtype="float32")
        size = int(np.prod(shape))
        coins = np.frombuffer(np.random.bytes(2 * size), dtype=np.uint16).reshape(shape)
        mask = np.multiply(coins >= np.uint16(drop * 65536), np.float32(1.0 / (1.0 - drop)), dtype="float32")
        return mask


registry.ops("freshet.TorchGemmOps.v1")(EngineOps)  # its name while torch multiplied


@contextmanager
def use_engine_ops() -> Iterator[None]:
    """Layers made inside use `EngineOps`, whatever the process used before."""
    before = get_current_ops()
    set_current_ops(EngineOps())
    try:
        yield
    finally:
        set_current_ops(before)
