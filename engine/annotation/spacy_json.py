# SPDX-License-Identifier: Apache-2.0
"""Documents as the bytes of spaCy's JSON form, made without a dictionary a token: those of
`engine.doc.json`."""

from __future__ import annotations

from functools import lru_cache

import orjson

from ..doc.batch import UNSET, Batch
from ..doc.json import LABEL_COLUMNS, batch_to_json, token_chars


def encode_doc(batch: Batch, index: int) -> bytes:
    """The document `index` of a batch as the UTF-8 JSON of `Doc.to_json`.

    Raises: TypeError where a text holds half of a surrogate pair.
    """
    data = batch_to_json(batch, index, tokens=False)
    spans = data.pop("spans", None)
    before, after = orjson.dumps(data), b"" if spans is None else b',"spans":' + orjson.dumps(spans)
    return b"".join((before[:-1], b',"tokens":[', _tokens(batch, index).encode(), b"]", after, b"}"))


def _tokens(batch: Batch, index: int) -> str:
    rows = batch.rows(index)
    first, end = rows.start, rows.stop
    starts, ends = token_chars(batch, first, end)
    columns = []
    for name in LABEL_COLUMNS:
        column = batch.columns.get(name)
        if column is not None and (column.ids[first:end] != UNSET).any():
            values = _members(name, column.labels)
            columns.append([values[i] for i in column.ids[first:end].tolist()])
            if name == "dep" and batch.heads is not None:
                columns.append([f',"head":{head}' for head in batch.heads[first:end].tolist()])
    labels = map("".join, zip(*columns, strict=True)) if columns else [""] * (end - first)
    members = zip(range(end - first), starts, ends, labels, strict=True)
    return ",".join([f'{{"id":{i},"start":{start},"end":{stop}{rest}}}' for i, start, stop, rest in members])


@lru_cache(maxsize=64)
def _members(name: str, labels: tuple[str, ...]) -> tuple[str, ...]:
    """A token's member of a column for each label id; the last one is that of a token without a value, whose
    id is -1."""
    return tuple(f',"{name}":{orjson.dumps(label).decode()}' for label in (*labels, ""))
