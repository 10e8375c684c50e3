# SPDX-License-Identifier: Apache-2.0
"""Maps of plain values and arrays as bytes, and back; nothing of them is run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgpack
import numpy as np

from ...errors import ModelFileError

ARRAY = "__array__"
KINDS = frozenset({"<f4", "<f8", "<i4", "<i8", "|i1", "|u1", "|b1", "<u4", "<u8"})


def pack(values: Mapping[str, Any]) -> bytes:
    """Values as msgpack; arrays as type, shape and bytes."""
    data: bytes = msgpack.packb(values, default=_as_map)
    return data


def unpack(data: bytes) -> dict[str, Any]:
    """What `pack` gave. Raises: ModelFileError where it is something else."""
    try:
        values: dict[str, Any] = msgpack.unpackb(data, object_hook=_as_array)
        return dict(values)
    except (ValueError, TypeError, KeyError, msgpack.UnpackException) as error:
        raise ModelFileError(f"expected packed arrays, got {type(error).__name__}: {error}") from None


def _as_map(value: Any) -> Any:
    array = np.ascontiguousarray(value)
    kind = array.dtype.newbyteorder("<").str if array.dtype.byteorder == ">" else array.dtype.str
    if kind not in KINDS:
        raise TypeError(f"expected numbers, got {type(value).__name__}")
    return {ARRAY: kind, "shape": list(array.shape), "data": array.tobytes()}


def _as_array(value: dict[str, Any]) -> Any:
    if ARRAY not in value:
        return value
    if value[ARRAY] not in KINDS:
        raise ValueError(f"an array of type {value[ARRAY]!r}")
    return np.frombuffer(value["data"], dtype=value[ARRAY]).reshape(value["shape"]).copy()
