# SPDX-License-Identifier: Apache-2.0
"""Vectors as the bytes of a safetensors file, and back."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors

from ..errors import EngineError
from .floret import FloretVectors
from .keyed import KeyedVectors
from .vector_table import VectorTable

Vectors = KeyedVectors | FloretVectors
"""The kinds of table that can be saved."""


def vectors_to_bytes(table: VectorTable) -> bytes:
    """The table as a safetensors file; `vectors_from_bytes` gives an equal one back.

    Raises: EngineError where the table is of a kind of its own.
    """
    if isinstance(table, KeyedVectors):
        arrays: dict[str, npt.NDArray[Any]] = {
            "data": table.data,
            "keys": table.keys.view(np.int64),
            "rows": table.row_of,
        }
        return save_tensors(arrays, {"settings": json.dumps({"mode": "keyed", "attr": table.attr})})
    if isinstance(table, FloretVectors):
        return save_tensors(
            {"data": table.data}, {"settings": json.dumps({"mode": "floret", **table.settings})}
        )
    raise EngineError(
        f"expected keyed or floret vectors to save, got {type(table).__name__}; save its pipeline "
        "without them"
    )


def vectors_from_bytes(data: bytes) -> Vectors:
    """The table that `vectors_to_bytes` wrote. Raises: EngineError where it is none."""
    arrays = load_tensors(data)
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    settings = json.loads(header["__metadata__"]["settings"])
    mode = settings.pop("mode")
    if mode == "keyed":
        return KeyedVectors(arrays["data"], arrays["keys"].view(np.uint64), arrays["rows"], settings["attr"])
    if mode != "floret":
        raise EngineError(f"expected keyed or floret vectors, got {mode!r}; they need a newer Freshet")
    return FloretVectors(arrays["data"], **settings)
