# SPDX-License-Identifier: Apache-2.0
"""The span groups of one document as bytes, and back."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgpack
import numpy as np

from ...doc.batch import Batch, LabelColumn, SpanColumn
from ...doc.doc_state import written_attrs
from ...vocab.strings import string_id
from ..msgpack import unpack

ENTITIES = "ents"
"""The key under which a batch keeps entities."""

NONE = b"\x90"
"""A document without groups: an empty list."""

NUMBERS = re.compile(r"[<>|][fiub][1248]")
"""Types of arrays that are read."""

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


@dataclass(frozen=True, slots=True)
class ReadGroup:
    """Spans of a group, and what was kept with it."""

    column: SpanColumn
    attrs: Mapping[str, Any]


def read_span_groups(
    data: bytes, n_tokens: int, text_of: Callable[[int], str], file: Path
) -> dict[str, ReadGroup]:
    """Groups of spans of a document by their key.

    Raises: ValueError where a group does not hold together; EngineError, which names the file, where the
    bytes are no msgpack.
    """
    groups = unpack(data, file) if data else {}
    if isinstance(groups, list):
        groups = {group: None for group in groups}
    read: dict[str, ReadGroup] = {}
    for packed, keys in groups.items():
        group = unpack(packed, file)
        column = _column(b"".join(group["spans"]), n_tokens, text_of)
        attrs = {name: _attr(value) for name, value in (group.get("attrs") or {}).items()}
        keys = [group["name"]] if keys is None else keys
        read |= dict.fromkeys(map(_key, keys), ReadGroup(column, attrs))
    return read


def _attr(value: Any) -> Any:
    """What is kept with a group; an array in the form of msgpack-numpy as the array that it is."""
    if not isinstance(value, dict) or not {"nd", b"nd"} & set(value):
        return value
    parts = {key.decode() if isinstance(key, bytes) else key: part for key, part in value.items()}
    dtype = parts["type"].decode() if isinstance(parts["type"], bytes) else parts["type"]
    if not NUMBERS.fullmatch(str(dtype)):
        raise ValueError(f"an array of {dtype!r} with a group of spans, where numbers were expected")
    return np.frombuffer(parts["data"], dtype=np.dtype(dtype)).reshape(parts.get("shape", -1))


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
        ids = [texts_of(each, part) for each in (column.ids, column.kb_ids)]
        labels.update(*ids)
        records = _records(batch, index, column.starts[part], column.ends[part], names, *ids)
        attrs = batch.states[index].group_attrs.get(key, {}) if batch.states and index in batch.states else {}
        packed[msgpack.packb({"name": key, "attrs": written_attrs(attrs), "spans": records})] = [key]
    return (msgpack.packb(packed) if packed else NONE), labels


def texts_of(column: LabelColumn | None, part: slice) -> list[str]:
    """Ids of some spans, empty where they have none."""
    return [""] * (part.stop - part.start) if column is None else column.strings(part.start, part.stop)


def _records(
    batch: Batch,
    index: int,
    starts: Any,
    ends: Any,
    labels: Sequence[str],
    own: Sequence[str],
    kb: Sequence[str],
) -> list[bytes]:
    first = batch.rows(index).start
    out = np.zeros(len(labels), dtype=RECORD)
    ids: Mapping[str, int] = {text: string_id(text) for text in {*labels, *own, *kb}}
    for name, texts in (("label", labels), ("id", own), ("kb_id", kb)):
        out[name] = [ids[text] for text in texts]
    out["start"], out["end"] = starts, ends
    out["start_char"] = batch.starts[first + starts]
    out["end_char"] = batch.starts[first + ends - 1] + batch.lengths[first + ends - 1]
    return [record.tobytes() for record in out]


def _column(data: bytes, n_tokens: int, text_of: Callable[[int], str]) -> SpanColumn:
    spans = np.frombuffer(data, dtype=RECORD)
    starts, ends = spans["start"].astype(np.int32), spans["end"].astype(np.int32)
    if ((starts < 0) | (starts > ends) | (ends > n_tokens)).any():
        raise ValueError(f"spans beyond a document of {n_tokens} tokens")
    kept = np.flatnonzero(starts < ends)
    named = _labels(spans["label"][kept], text_of)
    ids, kb_ids = (_labels(spans[n][kept], text_of) if spans[n].any() else None for n in ("id", "kb_id"))
    offsets = np.array([0, len(kept)], dtype=np.int64)
    return SpanColumn(offsets, starts[kept], ends[kept], named.ids, named.labels, ids, None, kb_ids)


def _labels(numbers: Any, text_of: Callable[[int], str]) -> LabelColumn:
    ids, which = np.unique(numbers, return_inverse=True)
    return LabelColumn(which.astype(np.int32).reshape(-1), tuple(text_of(number) for number in ids.tolist()))


def _key(key: object) -> str:
    if not isinstance(key, str) or key == ENTITIES:
        raise ValueError(
            f"a group of spans named {key!r}, which is where entities are kept; give the group another name"
        )
    return key
