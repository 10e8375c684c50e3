# SPDX-License-Identifier: Apache-2.0
"""Documents as plain JSON values and back: the form of `Doc.to_json`, which spaCy's tools read and write."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..errors import DocError
from ..vocab.lexemes import LexemeTable
from .batch import UNSET, Batch, LabelColumn, SpanColumn

CAT_DECIMALS = 6
"""Scores are written with so many decimals: more than anybody acts on, and the same bytes whatever the
precision behind."""

LABEL_COLUMNS = ("tag", "pos", "morph", "lemma", "dep")


def batch_to_json(batch: Batch, index: int, *, tokens: bool = True) -> dict[str, Any]:
    """The document `index` of a batch as JSON values, on demand without its tokens; layers that it does not
    have are left out.

    Keys in order: `text`, `ents`, `sents`, `cats`, `tokens`, `spans`. Units: places count code points, `head`
    is the position of the head token. Source: spaCy's documentation of `Doc.to_json`.
    """
    rows = batch.rows(index)
    first, end = rows.start, rows.stop
    data: dict[str, Any] = {"text": batch.texts[index]}
    if "ents" in batch.spans or first == end:
        data["ents"] = [
            dict(zip(("start", "end", "label"), span, strict=True))
            for span in span_chars(batch, "ents", index)
        ]
    if end - first <= 1 or (batch.sent_starts is not None and batch.sent_starts[first + 1 : end].any()):
        data["sents"] = [{"start": start, "end": stop} for start, stop in sentence_chars(batch, first, end)]
    if batch.cats and (cats := category_scores(batch, index, index + 1)[0]):
        data["cats"] = cats
    if tokens:
        data["tokens"] = _tokens(batch, first, end)
    groups = {key: _group(batch, key, index) for key in batch.spans if key != "ents"}
    return data | ({"spans": groups} if groups else {})


def span_chars(batch: Batch, key: str, index: int) -> list[tuple[int, int, str]]:
    """The spans `key` of a document as first character, end, label; none where the batch has no such
    layer."""
    column = batch.spans.get(key)
    if column is None:
        return []
    place, first = column.rows(index), batch.rows(index).start
    starts, ends = _chars(batch, first + column.starts[place], first + column.ends[place])
    return list(zip(starts, ends, column.labels_of(index), strict=True))


def sentence_chars(batch: Batch, first: int, end: int) -> list[tuple[int, int]]:
    """The sentences of the tokens `first:end` as first character and end; a document begins one, unknown
    tokens do not."""
    if first == end:
        return []
    begins = (
        np.zeros(0, dtype=np.int64)
        if batch.sent_starts is None
        else 1 + np.flatnonzero(batch.sent_starts[first + 1 : end] == 1)
    )
    bounds = first + np.concatenate(([0], begins, [end - first])).astype(np.int64)
    starts, ends = _chars(batch, bounds[:-1], bounds[1:])
    return list(zip(starts, ends, strict=True))


def category_scores(batch: Batch, first: int, end: int) -> list[dict[str, float]]:
    """Scores by label of the documents `first:end`; a label that a document has no score for (NaN) is left
    out."""
    columns = [np.asarray(scores[first:end], dtype=np.float64) for scores in batch.cats.values()]
    rows = np.round(np.stack(columns, axis=1), CAT_DECIMALS).tolist()
    return [
        {label: score for label, score in zip(batch.cats, row, strict=True) if score == score} for row in rows
    ]


def batch_from_json(data: Mapping[str, Any], lexemes: LexemeTable) -> Batch:
    """A batch of the one document that `batch_to_json` wrote, over this lexeme table.

    Raises: DocError where a field is missing, tokens overlap or leave out anything but single blanks, or a
    span does not begin and end with tokens.
    """
    try:
        return _read(data, lexemes)
    except (KeyError, TypeError, ValueError, OverflowError, AttributeError) as error:
        raise DocError(
            f"expected the form of Doc.to_json, got {sorted(data)} and in it {type(error).__name__}: {error}"
        ) from error


def _read(data: Mapping[str, Any], lexemes: LexemeTable) -> Batch:
    text, rows = data["text"], data.get("tokens", [])
    starts = np.array([row["start"] for row in rows], dtype=np.int32)
    ends = np.array([row["end"] for row in rows], dtype=np.int32)
    spaces = _spaces(text, starts, ends)
    ids = np.array(
        [lexemes.add(text[start:end]) for start, end in zip(starts.tolist(), ends.tolist(), strict=True)],
        dtype=np.int32,
    )
    batch = Batch(
        [text], np.array([0, len(rows)], dtype=np.int64), ids, starts, ends - starts, spaces, lexemes
    )
    for name in LABEL_COLUMNS:
        if any(name in row for row in rows):
            batch.columns[name] = LabelColumn(*_label_ids([row.get(name) for row in rows]))
    if any("head" in row for row in rows):
        batch.heads = np.array([row.get("head", UNSET) for row in rows], dtype=np.int32)
    if "sents" in data:
        batch.sent_starts = _sent_starts(starts, data["sents"])
    groups = {"ents": data["ents"]} if "ents" in data else {}
    for key, spans in {**groups, **data.get("spans", {})}.items():
        batch.spans[key] = _span_column(spans, starts, ends, in_order=key == "ents")
    batch.cats = {label: np.array([score], dtype=np.float32) for label, score in data.get("cats", {}).items()}
    return batch


def _tokens(batch: Batch, first: int, end: int) -> list[dict[str, Any]]:
    starts, ends = token_chars(batch, first, end)
    columns: dict[str, Sequence[Any]] = {"id": range(end - first), "start": starts, "end": ends}
    for name in LABEL_COLUMNS:
        column = batch.columns.get(name)
        if column is not None and (column.ids[first:end] != UNSET).any():
            columns[name] = column.strings(first, end)
    if "dep" in columns and batch.heads is not None:
        columns["head"] = batch.heads[first:end].tolist()
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def token_chars(batch: Batch, first: int, end: int) -> tuple[list[int], list[int]]:
    """First characters and ends of the tokens `first:end`."""
    starts = batch.starts[first:end]
    return starts.tolist(), (starts + batch.lengths[first:end]).tolist()


def _group(batch: Batch, key: str, index: int) -> list[dict[str, Any]]:
    column = batch.spans[key]
    rows = column.rows(index)
    n = rows.stop - rows.start
    kb_ids = [""] * n if column.kb_ids is None else column.kb_ids.strings(rows.start, rows.stop)
    return [
        {"start": start, "end": end, "label": label, "kb_id": kb_id}
        for (start, end, label), kb_id in zip(span_chars(batch, key, index), kb_ids, strict=True)
    ]


def _chars(batch: Batch, first: Any, end: Any) -> tuple[list[int], list[int]]:
    """First characters and ends of spans of tokens, given by rows of the batch."""
    last = end - 1
    return batch.starts[first].tolist(), (batch.starts[last] + batch.lengths[last]).tolist()


def _spaces(text: str, starts: Any, ends: Any) -> Any:
    """Which tokens own the blank behind them; the tokens and these blanks must rebuild the text."""
    if not len(starts):
        if text:
            raise DocError(f"expected tokens that cover the text, got none for {text[:40]!r}")
        return np.zeros(0, dtype=np.uint8)
    following = np.append(starts[1:], len(text))
    gaps = following - ends
    blank = [text[end : end + 1] == " " for end in ends.tolist()]
    wrong = np.flatnonzero((ends <= starts) | (gaps < 0) | (gaps > 1) | ((gaps == 1) & ~np.array(blank)))
    if len(wrong) or starts[0] != 0:
        at = int(starts[0]) if starts[0] else int(ends[wrong[0]])
        raise DocError(
            f"expected tokens with at most one blank between them, got {text[at : at + 20]!r} at "
            f"character {at}"
        )
    return gaps.astype(np.uint8)


def _label_ids(values: Sequence[str | None]) -> tuple[Any, tuple[str, ...]]:
    labels = sorted({value for value in values if value is not None})
    if not all(isinstance(label, str) for label in labels):
        raise TypeError(
            f"labels are strings, got {next(label for label in labels if not isinstance(label, str))!r}"
        )
    ids = {label: i for i, label in enumerate(labels)}
    return np.array([UNSET if value is None else ids[value] for value in values], dtype=np.int32), tuple(
        labels
    )


def _sent_starts(starts: Any, sents: Sequence[Mapping[str, int]]) -> Any:
    firsts = np.array([sent["start"] for sent in sents], dtype=np.int64)
    return np.where(np.isin(starts, firsts), 1, -1).astype(np.int8)


def _span_column(spans: Sequence[Mapping[str, Any]], starts: Any, ends: Any, *, in_order: bool) -> SpanColumn:
    first_at = {char: i for i, char in enumerate(starts.tolist())}
    end_at = {char: i + 1 for i, char in enumerate(ends.tolist())}
    for span in spans:
        if first_at.get(span["start"], len(starts)) >= end_at.get(span["end"], 0):
            raise DocError(f"expected spans that begin and end with a token, got {dict(span)}")
    ordered = sorted(spans, key=lambda span: int(span["start"])) if in_order else list(spans)
    label_ids, labels = _label_ids([span.get("label", "") for span in ordered])
    kb_ids = [span.get("kb_id") or "" for span in ordered]
    return SpanColumn(
        np.array([0, len(spans)], dtype=np.int64),
        np.array([first_at[span["start"]] for span in ordered], dtype=np.int32),
        np.array([end_at[span["end"]] for span in ordered], dtype=np.int32),
        label_ids,
        labels,
        kb_ids=LabelColumn(*_label_ids(kb_ids)) if any(kb_ids) else None,
    )
