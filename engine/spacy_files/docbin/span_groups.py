# SPDX-License-Identifier: Apache-2.0
"""The span groups of one document as bytes, and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgpack
import numpy as np

from ...doc.batch import Batch, SpanColumn
from ...vocab.strings import string_id
from ..msgpack import unpack

ENTITIES = "ents"
"""The key under which a batch keeps entities."""

NONE = b"\x90"
"""A document without groups: an empty list."""

RECORD = np.dtype(
    [
        ("id", ">u8"),
        ("kb_id", ">u8"),
        ("label", ">u8"),
        ("start", ">i4"),
        ("end", ">i4"),
        ("start_char", ">i4"),
        ("end_char", ">i4"),
    ]
)
"""One span as it is stored."""


def read_span_groups(
    data: bytes, n_tokens: int, text_of: Callable[[int], str], file: Path
) -> dict[str, SpanColumn]:
    """Groups of spans of a document by their key.

    Raises: ValueError where a group does not hold together; EngineError, which names the file, where the
    bytes are no msgpack.
    """
    groups = unpack(data, file) if data else {}
    if isinstance(groups, list):
        groups = {group: None for group in groups}
    columns: dict[str, SpanColumn] = {}
    for packed, keys in groups.items():
        group = unpack(packed, file)
        column = _column(b"".join(group["spans"]), n_tokens, text_of)
        columns |= dict.fromkeys(map(_key, [group["name"]] if keys is None else keys), column)
    return columns


def packed_span_groups(batch: Batch, index: int) -> tuple[bytes, set[str]]:
    """The groups of a document of a batch, and the labels in them."""
    keys = [key for key in batch.spans if key != ENTITIES]
    labels: set[str] = set()
    packed: dict[bytes, list[str]] = {}
    for key in keys:
        column = batch.spans[key]
        part = column.rows(index)
        names = column.labels_of(index)
        labels.update(names)
        records = _records(batch, index, column.starts[part], column.ends[part], names)
        packed[msgpack.packb({"name": key, "attrs": {}, "spans": records})] = [key]
    return (msgpack.packb(packed) if packed else NONE), labels


def _records(batch: Batch, index: int, starts: Any, ends: Any, labels: Sequence[str]) -> list[bytes]:
    first = batch.rows(index).start
    out = np.zeros(len(labels), dtype=RECORD)
    ids: Mapping[str, int] = {label: string_id(label) for label in set(labels)}
    out["label"] = [ids[label] for label in labels]
    out["start"], out["end"] = starts, ends
    out["start_char"] = batch.starts[first + starts]
    out["end_char"] = batch.starts[first + ends - 1] + batch.lengths[first + ends - 1]
    return [record.tobytes() for record in out]


def _column(data: bytes, n_tokens: int, text_of: Callable[[int], str]) -> SpanColumn:
    spans = np.frombuffer(data, dtype=RECORD)
    starts, ends = spans["start"].astype(np.int32), spans["end"].astype(np.int32)
    if ((starts < 0) | (starts > ends) | (ends > n_tokens)).any():
        raise ValueError(f"spans beyond a document of {n_tokens} tokens")
    order = np.argsort(starts, kind="stable")
    order = order[starts[order] < ends[order]]
    label_ids, which = np.unique(spans["label"][order], return_inverse=True)
    labels = tuple(text_of(label) for label in label_ids.tolist())
    offsets = np.array([0, len(order)], dtype=np.int64)
    return SpanColumn(offsets, starts[order], ends[order], which.astype(np.int32).reshape(-1), labels)


def _key(key: object) -> str:
    if not isinstance(key, str) or key == ENTITIES:
        raise ValueError(
            f"a group of spans named {key!r}, which is where entities are kept; give the group another name"
        )
    return key
