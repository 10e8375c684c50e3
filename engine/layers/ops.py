# SPDX-License-Identifier: Apache-2.0
"""Thinc's NumPy operations with PyTorch's matrix product, which has kernels for every CPU that we meet."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt
from thinc.api import NumpyOps, get_current_ops, registry, set_current_ops

from ..lazy_torch import torch

Array = npt.NDArray[Any]


@registry.ops("freshet.TorchGemmOps.v1")
class TorchGemmOps(NumpyOps):
    """NumpyOps whose `gemm` is `torch.mm`; Thinc's own wheel falls back to generic C on some CPUs."""

    name = "freshet"

    def __init__(self, device_type: Any = "cpu", device_id: int = -1, **settings: Any) -> None:
        super().__init__(device_type, device_id, use_blis=False)

    def gemm(self, x: Any, y: Any, out: Any = None, trans1: bool = False, trans2: bool = False) -> Any:
        """The matrix product of two arrays of rank 2, each transposed if asked for."""
        a, b = _tensor(x), _tensor(y)
        a = a.T if trans1 else a
        b = b.T if trans2 else b
        if out is None:
            return torch.mm(a, b).numpy()
        torch.mm(a, b, out=_tensor(out))
        return out

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


@contextmanager
def use_engine_ops() -> Iterator[None]:
    """Layers made inside use `TorchGemmOps`, whatever the process used before."""
    before = get_current_ops()
    set_current_ops(TorchGemmOps())
    try:
        yield
    finally:
        set_current_ops(before)


def _tensor(array: Array) -> torch.Tensor:
    return torch.from_numpy(array if array.flags.writeable else array.copy())
