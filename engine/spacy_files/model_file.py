# SPDX-License-Identifier: Apache-2.0
"""Thinc model files: the nodes of a model in walk order, with dimensions, references, attributes and
weights."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgpack
import numpy as np
import numpy.typing as npt

from ..config.size_limits import StoredSizes
from ..errors import ModelFileError
from ..safe_files import open_file
from .msgpack import MAX_ITEMS, unpack

Array = npt.NDArray[Any]

PARTS = ("nodes", "attrs", "params", "shims")
DTYPES = frozenset({"<f2", "<f4", "<f8", "|i1", "|u1", "<i2", "<u2", "<i4", "<u4", "<i8", "<u8", "|b1"})
"""Types of arrays: little-endian numbers and nothing else."""

MAX_RANK = 8

RAW_ATTRS = frozenset({"sentencepiece_processor", "wordpiece_processor"})
"""Attributes that are no msgpack."""


@dataclass(frozen=True, slots=True, eq=False)
class SavedNode:
    """One layer of a saved model; `refs` are positions of other nodes, `shims` what layers of other libraries
    keep."""

    name: str
    dims: Mapping[str, int]
    refs: Mapping[str, int]
    attrs: Mapping[str, Any]
    params: Mapping[str, Array | None]
    n_shims: int
    shims: tuple[bytes, ...] = ()


def stored_sizes(file: Path) -> StoredSizes:
    """How many layers a model file has, and the largest of their dimensions: its first part is read for
    this, and no weights. A damaged file says nothing here: whoever reads all of it names what is wrong."""
    limits = {"max_array_len": MAX_ITEMS, "max_map_len": MAX_ITEMS, "max_ext_len": 0}
    try:
        with open_file(file) as stream:
            unpacker = msgpack.Unpacker(stream, strict_map_key=False, read_size=1 << 16, **limits)
            n_parts = unpacker.read_map_header()
            nodes = unpacker.unpack() if n_parts and unpacker.unpack() == PARTS[0] else []
        return StoredSizes.of([int(size) for size in node["dims"].values() if size] for node in nodes)
    except (OSError, ValueError, TypeError, LookupError, AttributeError, msgpack.UnpackException):
        return StoredSizes(0, 0)


def read_model(data: bytes, file: Path) -> tuple[SavedNode, ...]:
    """The nodes of a model file, breadth first from its root.

    Raises: ModelFileError, which names the file, where it is not what Thinc writes.
    """
    value = unpack(data, file)
    try:
        lists = [value[part] for part in PARTS]
        if len({len(items) for items in lists}) != 1 or not lists[0]:
            raise ValueError(f"lists of {', '.join(str(len(items)) for items in lists)} items")
        return tuple(_node(*items, n_nodes=len(lists[0]), file=file) for items in zip(*lists, strict=True))
    except (ValueError, TypeError, LookupError, AttributeError, OverflowError) as error:
        what = f"{type(error).__name__}: {error}"
        raise ModelFileError(
            f"{file}: expected a Thinc model of {', '.join(PARTS)}, got {what}; fetch the file again"
        ) from None


def _node(
    node: Mapping[str, Any],
    attrs: Mapping[str, bytes],
    params: Mapping[str, Any],
    shims: list[Any],
    *,
    n_nodes: int,
    file: Path,
) -> SavedNode:
    refs = {str(name): int(index) for name, index in node["refs"].items() if index is not None}
    if any(not 0 <= index < n_nodes for index in refs.values()):
        raise ValueError(f"a reference outside of {n_nodes} nodes")
    if not isinstance(node["name"], str):
        raise TypeError(f"a node named {node['name']!r}")
    return SavedNode(
        name=node["name"],
        dims={str(name): int(size) for name, size in node["dims"].items() if size is not None},
        refs=refs,
        attrs={str(name): _attr(str(name), value, file) for name, value in attrs.items()},
        params={str(name): None if array is None else _array(array) for name, array in params.items()},
        n_shims=len(shims),
        shims=tuple(shim for shim in shims if isinstance(shim, bytes)),
    )


def _attr(name: str, value: bytes, file: Path) -> Any:
    """An attribute's value; of state that is not kept there are no bytes."""
    return value if name in RAW_ATTRS or not value else unpack(value, file)


def _array(value: Mapping[bytes, Any]) -> Array:
    """An array from its map; the data must be exactly as long as type and shape say."""
    if value[b"nd"] is not True or value[b"type"] not in DTYPES:
        raise ValueError(f"an array of type {value.get(b'type')!r}")
    shape, dtype, data = value[b"shape"], np.dtype(value[b"type"]), value[b"data"]
    if (
        len(shape) > MAX_RANK
        or not all(type(size) is int and size >= 0 for size in shape)
        or not isinstance(data, bytes)
    ):
        raise ValueError(f"an array of shape {str(shape)[:80]}")
    if math.prod(shape) * dtype.itemsize != len(data):
        raise ValueError(f"an array of shape {shape} and type {dtype.str} in {len(data)} bytes")
    return np.frombuffer(data, dtype=dtype).reshape(shape)
