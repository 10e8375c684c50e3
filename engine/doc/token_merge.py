# SPDX-License-Identifier: Apache-2.0
"""Merging tokens: what becomes of every layer when several tokens become one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import DocError
from .batch import UNSET, Batch, LabelColumn, SpanColumn
from .tree import Tree, edges_of, sentence_starts

Rows = npt.NDArray[np.int64]

COLUMNS = ("tag", "pos", "morph", "lemma", "dep", "ent_kb_id", "ent_id")
OF_FIRST = ("ent_kb_id", "ent_id")
"""Columns that the new token has from its first part, as in spaCy, not from its root."""

LEMMA, ENTS = "lemma", "ents"


@dataclass(frozen=True, slots=True)
class Merge:
    """The tokens `start:end` of a document that become one, and the values that are set of it."""

    doc: int
    start: int
    end: int
    values: Mapping[str, str] = field(default_factory=dict)


def merge_tokens(batch: Batch, merges: Sequence[Merge]) -> None:
    """Merge tokens, in place, and keep all layers in step.

    The new token has its root's tag, part of speech, features, label, head and entity, the ids of an entity
    of its first part, the lemmas of its parts with the blanks between, and the blank behind its last part.
    Where there are trees, sentences follow from them. Other spans that touch it hold it whole. Raises:
    DocError where the tokens to merge overlap or are not there.
    """
    merges = sorted(merges, key=lambda merge: (merge.doc, merge.start))
    if merges:
        _check_places(batch, merges)
        _Merger(batch, merges).apply()


def _check_places(batch: Batch, merges: Sequence[Merge]) -> None:
    sizes = np.diff(batch.doc_offsets)
    for merge in merges:
        if not 0 <= merge.start < merge.end <= sizes[merge.doc]:
            raise DocError(
                f"expected some of {sizes[merge.doc]} tokens to merge, got {merge.start}:{merge.end}"
            )
    for one, other in pairwise(merges):
        if one.doc == other.doc and other.start < one.end:
            raise DocError(
                f"expected tokens to merge that do not overlap, got {one.start}:{one.end} and "
                f"{other.start}:{other.end}"
            )


class _Merger:
    """One call of `merge_tokens`: old rows, new rows, and how they belong together."""

    def __init__(self, batch: Batch, merges: Sequence[Merge]) -> None:
        self.batch, self.merges = batch, merges
        offsets = batch.doc_offsets
        self.firsts = np.array([offsets[m.doc] + m.start for m in merges], dtype=np.int64)
        self.lasts = np.array([offsets[m.doc] + m.end - 1 for m in merges], dtype=np.int64)
        starts_token = np.ones(batch.n_tokens, dtype=bool)
        for first, last in zip(self.firsts.tolist(), self.lasts.tolist(), strict=True):
            starts_token[first + 1 : last + 1] = False
        self.old_rows: Rows = np.flatnonzero(starts_token)
        self.new_row_of: Rows = np.cumsum(starts_token) - 1
        self.merged_rows = self.new_row_of[self.firsts]
        self.roots = self._roots()
        self.offsets: Rows = np.concatenate([[0], np.cumsum(starts_token)])[offsets]

    def apply(self) -> None:
        """Write everything anew."""
        batch = self.batch
        values = [dict(merge.values) for merge in self.merges]
        if LEMMA in batch.columns:
            lemmas = self._join_lemmas()
            values = [{LEMMA: lemma} | value for lemma, value in zip(lemmas, values, strict=True)]
        ids, starts, lengths, spaces = self._read_words()
        spans = {
            key: self._merge_ents(column, values) if key == ENTS else self._shift_spans(column)
            for key, column in batch.spans.items()
        }
        if batch.heads is not None:
            self._write_trees()
        elif batch.sent_starts is not None:
            batch.sent_starts = batch.sent_starts[self.old_rows]
        self._write_columns(values)
        by_last = self._sources(self.lasts)
        batch.vectors = {name: rows[by_last] for name, rows in batch.vectors.items()}
        batch.grads = {
            name: rows if name.partition("\0")[0] in batch.pieces else rows[by_last]
            for name, rows in batch.grads.items()
        }
        batch.pieces = {name: rows[by_last] for name, rows in batch.pieces.items()}
        batch.lexeme_ids, batch.starts, batch.lengths, batch.spaces = ids, starts, lengths, spaces
        batch.doc_offsets, batch.spans = self.offsets, spans
        if batch.surprises and ENTS in batch.surprises:
            batch.surprises[ENTS] = np.add.reduceat(batch.surprises[ENTS], self.old_rows)

    def _sources(self, rows: Rows) -> Rows:
        """For each new row the old one that it takes after, `rows` for the merged ones."""
        sources = self.old_rows.copy()
        sources[self.merged_rows] = rows
        return sources

    def _roots(self) -> Rows:
        """Row of the root of each merge; the first row where there are no trees."""
        heads = self.batch.heads
        if heads is None:
            return self.firsts
        is_mark = self.batch.lexemes.is_punct | self.batch.lexemes.is_space
        trees: dict[int, tuple[int, Tree, list[bool]]] = {}
        roots = []
        for merge in self.merges:
            if merge.doc not in trees:
                rows = self.batch.rows(merge.doc)
                marks = is_mark[self.batch.lexeme_ids[rows]].tolist()
                trees[merge.doc] = (rows.start, Tree.of(heads[rows].tolist()), marks)
            first, tree, marks = trees[merge.doc]
            roots.append(first + tree.top(merge.start, merge.end, marks))
        return np.array(roots, dtype=np.int64)

    def _read_words(self) -> tuple[Any, Any, Any, Any]:
        batch = self.batch
        begins = batch.starts[self.firsts]
        ends = batch.starts[self.lasts] + batch.lengths[self.lasts]
        rows = zip(self.merges, begins.tolist(), ends.tolist(), strict=True)
        texts = [(batch.texts[merge.doc][begin:end], merge.values.get("norm")) for merge, begin, end in rows]
        ids, lengths = batch.lexeme_ids[self.old_rows], batch.lengths[self.old_rows]
        ids[self.merged_rows] = batch.lexemes.add_keys(
            [text if norm is None else (text, norm) for text, norm in texts]
        )
        lengths[self.merged_rows] = ends - begins
        return ids, batch.starts[self.old_rows], lengths, batch.spaces[self._sources(self.lasts)]

    def _join_lemmas(self) -> list[str]:
        column, spaces = self.batch.columns[LEMMA], self.batch.spaces

        def join(first: int, end: int) -> str:
            parts = zip(column.strings(first, end), spaces[first:end].tolist(), strict=True)
            return "".join(lemma + " " * bool(space) for lemma, space in parts).strip()

        return [
            join(first, last + 1)
            for first, last in zip(self.firsts.tolist(), self.lasts.tolist(), strict=True)
        ]

    def _write_columns(self, values: Sequence[Mapping[str, str]]) -> None:
        roots, firsts = self._sources(self.roots), self._sources(self.firsts)
        columns = {
            name: LabelColumn(
                column.ids[firsts if name in OF_FIRST else roots].astype(np.int64), column.labels
            )
            for name, column in self.batch.columns.items()
        }
        for row, labels in zip(self.merged_rows.tolist(), values, strict=True):
            for name in (name for name in COLUMNS if name in labels):
                column = columns.setdefault(name, LabelColumn(np.full(len(roots), UNSET, dtype=np.int64), ()))
                column.ids[row] = len(column.labels) if labels[name] else UNSET
                column.labels = (*column.labels, labels[name])
        self.batch.columns = columns

    def _write_trees(self) -> None:
        """Heads, and sentences from them in the documents that change."""
        batch, sources = self.batch, self._sources(self.roots)
        assert batch.heads is not None
        docs = np.repeat(np.arange(batch.n_docs), np.diff(batch.doc_offsets))[sources]
        rows = batch.heads[sources].astype(np.int64) + batch.doc_offsets[docs]
        batch.heads = (self.new_row_of[rows] - self.offsets[docs]).astype(np.int32)
        starts = (
            np.zeros(len(sources), dtype=np.int8)
            if batch.sent_starts is None
            else batch.sent_starts[self.old_rows]
        )
        for doc in {merge.doc for merge in self.merges}:
            part = slice(int(self.offsets[doc]), int(self.offsets[doc + 1]))
            heads = batch.heads[part].tolist()
            starts[part] = sentence_starts(heads, edges_of(heads)[0])
        batch.sent_starts = starts

    def _shift_spans(self, column: SpanColumn) -> SpanColumn:
        docs = np.repeat(np.arange(self.batch.n_docs), np.diff(column.doc_offsets))
        old, new = self.batch.doc_offsets[docs], self.offsets[docs]
        starts = self.new_row_of[old + column.starts] - new
        ends = self.new_row_of[old + column.ends - 1] + 1 - new
        return replace(column, starts=starts.astype(np.int32), ends=ends.astype(np.int32))

    def _merge_ents(self, column: SpanColumn, values: Sequence[Mapping[str, str]]) -> SpanColumn:
        """Entities, which may not overlap: a merged token belongs to the one that its root belongs to.

        As in spaCy, one whose first part was inside an entity goes on with an entity of the same label before
        it.
        """
        ent_of, begins = self._ent_of_tokens(column)
        firsts = self._sources(self.firsts)
        first_ent, ent = ent_of[firsts], ent_of[self._sources(self.roots)]
        known = np.append(column.label_ids, UNSET)
        inside = (first_ent >= 0) & ~np.isin(firsts, begins) & (known[first_ent] == known[ent])
        label_ids, labels = column.label_ids.astype(np.int64), column.labels
        for row, changes in zip(self.merged_rows.tolist(), values, strict=True):
            label = labels[label_ids[ent[row]]] if ent[row] >= 0 else ""
            if ent[row] >= 0 and changes.get("ent_type", label) != label:
                ent[row] = len(label_ids)
                label_ids = np.append(label_ids, len(labels))
                labels = (*labels, changes["ent_type"])
        return self._ents_of_runs(ent, inside, label_ids, labels)

    def _ent_of_tokens(self, column: SpanColumn) -> tuple[Rows, Rows]:
        """The number of the entity of each old row, `UNSET` for none; and the rows that begin one."""
        ent_of = np.full(self.batch.n_tokens, UNSET, dtype=np.int64)
        begins, ends = self.batch.span_rows(column)
        for i, (begin, end) in enumerate(zip(begins.tolist(), ends.tolist(), strict=True)):
            ent_of[begin:end] = i
        return ent_of, begins

    def _ents_of_runs(
        self, ent: Rows, inside: npt.NDArray[np.bool_], label_ids: Rows, labels: tuple[str, ...]
    ) -> SpanColumn:
        """One entity of each run of new rows with one label; a row that is not `inside` begins another."""
        rows = np.flatnonzero(ent >= 0)
        opens = ~inside[rows] | np.isin(rows, self.offsets)
        opens[:1] = True
        opens[1:] |= (np.diff(rows) != 1) | (np.diff(label_ids[ent[rows]]) != 0)
        first = rows[opens]
        last = rows[np.append(np.flatnonzero(opens)[1:], len(rows)) - 1] if len(rows) else first
        doc = np.searchsorted(self.offsets, first, side="right") - 1
        base = self.offsets[doc]
        return SpanColumn(
            np.concatenate([[0], np.cumsum(np.bincount(doc, minlength=self.batch.n_docs))]),
            (first - base).astype(np.int32),
            (last + 1 - base).astype(np.int32),
            label_ids[ent[first]],
            labels,
        )
