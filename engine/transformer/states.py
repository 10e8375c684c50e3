# SPDX-License-Identifier: Apache-2.0
"""Weights of encoders as bytes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, deserialize
from safetensors.numpy import save

from ..errors import ModelFileError
from .torch_archive import read_torch_archive, widened

Array = npt.NDArray[Any]


def read_state(data: bytes, name: str) -> dict[str, Array]:
    """Weights by name, from an archive of `torch.save` or from safetensors. Raises: ModelFileError."""
    if data[:2] == b"PK":
        return read_torch_archive(data, name)
    try:
        tensors = deserialize(data)  # type: ignore[no-untyped-call]
        return {key: _array(value) for key, value in tensors}
    except (SafetensorError, ValueError, KeyError) as error:
        raise ModelFileError(
            f"{name}: expected weights as safetensors or as an archive of torch.save, got {len(data)} bytes "
            "that are "
            f"none ({error}); save the weights as safetensors"
        ) from None


def write_state(state: Mapping[str, Array]) -> bytes:
    """Weights as safetensors."""
    return bytes(save({name: np.ascontiguousarray(array) for name, array in state.items()}))


def _array(tensor: Mapping[str, Any]) -> Array:
    kind, shape = tensor["dtype"], tensor["shape"]
    numbers = np.frombuffer(tensor["data"], dtype=DTYPES[kind])
    return (widened(numbers) if kind == "BF16" else numbers).reshape(shape)


DTYPES = {
    "BF16": "<u2",  # widened to float32
    "BOOL": "|b1",
    "F16": "<f2",
    "F32": "<f4",
    "F64": "<f8",
    "I16": "<i2",
    "I32": "<i4",
    "I64": "<i8",
    "I8": "|i1",
    "U8": "|u1",
}
