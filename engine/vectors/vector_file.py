# SPDX-License-Identifier: Apache-2.0
"""Vectors as the bytes of a safetensors file, and back: in memory, or mapped."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors.numpy import save as save_tensors

from ..errors import EngineError
from .floret import FloretVectors
from .key_texts import KeyTexts
from .keyed import KeyedVectors
from .mapped_file import mapped
from .vector_table import VectorTable

SavedVectors = KeyedVectors | FloretVectors
"""The kinds of table that can be saved."""

TYPES: dict[str, np.dtype[Any]] = {"F32": np.dtype("<f4"), "I64": np.dtype("<i8"), "U8": np.dtype("u1")}
"""Number types of the arrays in such a file."""

MAX_HEADER = 1 << 20


def vectors_to_bytes(table: VectorTable) -> bytes | memoryview:
    """The table as a safetensors file; `vectors_from_bytes` gives an equal one back. Of a table that is
    mapped it is that file.

    Raises: EngineError where the table is of a kind of its own.
    """
    if isinstance(table, SavedVectors) and table.source is not None:
        return table.source
    if isinstance(table, KeyedVectors):
        settings = {"mode": "keyed", "attr": table.attr, "name": table.name}
        return save_tensors(_arrays(table), {"settings": json.dumps(settings)})
    if isinstance(table, FloretVectors):
        settings = {"mode": "floret", **table.settings, "name": table.name}
        return save_tensors({"data": np.ascontiguousarray(table.data)}, {"settings": json.dumps(settings)})
    raise EngineError(
        f"expected keyed or floret vectors to save, got {type(table).__name__}; save its pipeline "
        "without them"
    )


def vectors_from_bytes(data: bytes | memoryview) -> SavedVectors:
    """The table that `vectors_to_bytes` wrote. Raises: EngineError where it is none."""
    return _table(memoryview(data), None)


def vectors_of_file(file: Path) -> SavedVectors:
    """The table of such a file, mapped. Raises: EngineError, ValueError, KeyError where it is none."""
    view = mapped(file)
    return _table(view, view)


def _arrays(table: KeyedVectors) -> dict[str, npt.NDArray[Any]]:
    arrays: dict[str, npt.NDArray[Any]] = {
        "data": np.ascontiguousarray(table.data),
        "keys": table.keys.view(np.int64),
        "rows": table.row_of,
    }
    if table.order is not None:
        arrays["order"] = table.order
    if table.texts is not None:
        arrays |= {"texts": table.texts.data, "ends": table.texts.ends}
    return arrays


def _table(data: memoryview, source: memoryview | None) -> SavedVectors:
    arrays, settings = _read(data)
    mode = settings.pop("mode")
    if mode == "floret":
        return FloretVectors(arrays["data"], **settings, source=source)
    if mode != "keyed":
        raise EngineError(f"expected keyed or floret vectors, got {mode!r}; they need a newer Freshet")
    keys, rows = arrays["keys"].view(np.uint64), arrays["rows"]
    _check(arrays, keys, rows)
    texts = KeyTexts(arrays["texts"], arrays["ends"]) if "texts" in arrays else None
    order, name = arrays.get("order"), settings.get("name")
    return KeyedVectors(arrays["data"], keys, rows, settings["attr"], order, texts, name, source)


def _check(arrays: dict[str, npt.NDArray[Any]], keys: npt.NDArray[Any], rows: npt.NDArray[Any]) -> None:
    """Raises: ValueError where the arrays do not belong together."""
    sizes = {len(rows), *(len(arrays[name]) for name in ("order", "ends") if name in arrays)}
    if sizes != {len(keys)} or arrays["data"].ndim != 2:
        raise ValueError(f"expected a matrix, and a row for each of {len(keys)} keys, got {sorted(sizes)}")
    if len(rows) and not 0 <= int(rows.min()) <= int(rows.max()) < len(arrays["data"]):
        raise ValueError(f"expected rows below {len(arrays['data'])}, got {int(rows.max())}")


def _read(data: memoryview) -> tuple[dict[str, npt.NDArray[Any]], dict[str, Any]]:
    """Arrays, which are views, and settings. Raises: ValueError, KeyError, TypeError."""
    size = int.from_bytes(data[:8], "little")
    if not 2 <= size <= min(MAX_HEADER, len(data) - 8):
        raise ValueError(f"a header of {size} bytes in a file of {len(data)}")
    header = json.loads(bytes(data[8 : 8 + size]))
    settings = json.loads(header.pop("__metadata__")["settings"])
    body, arrays = data[8 + size :], {}
    for name, entry in header.items():
        start, end = entry["data_offsets"]
        dtype, shape = TYPES[entry["dtype"]], tuple(entry["shape"])
        n_bytes = int(np.prod(shape, dtype=object)) * dtype.itemsize
        if not 0 <= start <= end <= len(body) or end - start != n_bytes:
            raise ValueError(f"{name}: {end - start} bytes for shape {shape}")
        arrays[name] = np.frombuffer(body[start:end], dtype=dtype).reshape(shape)
    return arrays, settings
