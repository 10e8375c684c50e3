# SPDX-License-Identifier: Apache-2.0
"""Joining tokens, and asking for it: what becomes of every layer when several tokens become one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import numpy.typing as npt

from ..errors import DocError
from .batch import UNSET, Batch, LabelColumn, SpanColumn
from .projectivity import edges_of, sentence_starts
from .token_split import Split, split_tokens
from .tree import Tree

if TYPE_CHECKING:
    from .doc import Span, Token

Rows = npt.NDArray[np.int64]

COLUMNS = ("tag", "pos", "morph", "lemma", "dep", "ent_kb_id", "ent_id")
OF_FIRST = ("ent_kb_id", "ent_id")
"""Columns that the new token has from its first part, as in the ecosystem, not from its root."""

SETTABLE = (*COLUMNS, "norm", "ent_type")
"""What may be said of the new token; all else, and all that is not said, is that of the root of the joined
tokens."""

SPLIT_SETTABLE = COLUMNS
"""What may be said of the pieces of a token."""

Value = TypeVar("Value")

LEMMA, ENTS = "lemma", "ents"


@dataclass(frozen=True, slots=True)
class Merge:
    """The tokens `start:end` of a document that become one, and what is said of it."""

    doc: int
    start: int
    end: int
    values: Mapping[str, str] = field(default_factory=dict)


class Retokenizer:
    """Collects what is to be joined or split; `Doc.retokenize` does it when its block ends. One block does
    one of the two."""

    def __init__(self) -> None:
        self.merges: list[Merge] = []
        self.splits: list[Split] = []

    def merge(self, span: Span, attrs: Mapping[str, str] | None = None) -> None:
        """Make one token of a span. `attrs` says what it is, such as `{"LEMMA": "New York"}`.

        Raises: DocError where an attribute is none that can be set.
        """
        self.merges.append(Merge(0, span.start, span.end, _known(attrs or {}, SETTABLE)))

    def split(
        self,
        token: Token,
        orths: Sequence[str],
        heads: Sequence[Token | tuple[Token, int]],
        attrs: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        """Make several tokens of one. `heads` says the head of each piece: a token, or a token and which of
        its pieces.

        `attrs` says what the pieces are, such as `{"POS": ["PROPN", "PROPN"]}`. Raises: DocError where an
        attribute is none that can be set.
        """
        places = [(head[0].i, head[1]) if isinstance(head, tuple) else (head.i, 0) for head in heads]
        self.splits.append(Split(token.i, list(orths), places, _known(attrs or {}, SPLIT_SETTABLE)))

    def apply(self, batch: Batch) -> None:
        """Do it. Raises: DocError where it cannot be done, or one block is to join and to split."""
        if self.merges and self.splits:
            raise DocError("expected a block that either joins or splits tokens, got both; write two blocks")
        merge_tokens(batch, self.merges)
        split_tokens(batch, self.splits)


def _known(attrs: Mapping[str, Value], settable: Sequence[str]) -> dict[str, Value]:
    values = {name.lower(): value for name, value in attrs.items()}
    unknown = [name for name in values if name not in settable]
    if unknown:
        raise DocError(
            f"expected attributes of a token to set, got {unknown[0]!r}; there are: {', '.join(settable)}"
        )
    return values


def merge_tokens(batch: Batch, merges: Sequence[Merge]) -> None:
    """Join tokens, in place, and keep all layers in step.

    The new token has its root's tag, part of speech, features, label, head and entity, the ids of an entity
    of its first part, the lemmas of its parts with the blanks between, and the blank behind its last part.
    Where there are trees, sentences follow from them. Other spans that touch it hold it whole. Raises:
    DocError where the tokens to join overlap or are not there.
    """
    merges = sorted(merges, key=lambda merge: (merge.doc, merge.start))
    if merges:
        _checked(batch, merges)
        _Joining(batch, merges).apply()


def _checked(batch: Batch, merges: Sequence[Merge]) -> None:
    sizes = np.diff(batch.doc_offsets)
    for merge in merges:
        if not 0 <= merge.start < merge.end <= sizes[merge.doc]:
            raise DocError(
                f"expected some of {sizes[merge.doc]} tokens to join, got {merge.start}:{merge.end}"
            )
    for one, other in pairwise(merges):
        if one.doc == other.doc and other.start < one.end:
            raise DocError(
                f"expected tokens to join that do not overlap, got {one.start}:{one.end} and "
                f"{other.start}:{other.end}"
            )


class _Joining:
    """One call of `merge_tokens`: old rows, new rows, and how they belong together."""

    def __init__(self, batch: Batch, merges: Sequence[Merge]) -> None:
        self.batch, self.merges = batch, merges
        offsets = batch.doc_offsets
        self.firsts = np.array([offsets[m.doc] + m.start for m in merges], dtype=np.int64)
        self.lasts = np.array([offsets[m.doc] + m.end - 1 for m in merges], dtype=np.int64)
        kept = np.ones(batch.n_tokens, dtype=bool)
        for first, last in zip(self.firsts.tolist(), self.lasts.tolist(), strict=True):
            kept[first + 1 : last + 1] = False
        self.kept: Rows = np.flatnonzero(kept)
        self.new_row: Rows = np.cumsum(kept) - 1
        self.joined = self.new_row[self.firsts]
        self.roots = self._roots()
        self.offsets: Rows = np.concatenate([[0], np.cumsum(kept)])[offsets]

    def apply(self) -> None:
        """Write everything anew."""
        batch = self.batch
        values = [dict(merge.values) for merge in self.merges]
        if LEMMA in batch.columns:
            values = [{LEMMA: lemma} | value for lemma, value in zip(self._lemmas(), values, strict=True)]
        ids, starts, lengths, spaces = self._words()
        spans = {
            key: self._ents(column, values) if key == ENTS else self._group(column)
            for key, column in batch.spans.items()
        }
        if batch.heads is not None:
            self._trees()
        elif batch.sent_starts is not None:
            batch.sent_starts = batch.sent_starts[self.kept]
        self._columns(values)
        by_last = self._sources(self.lasts)
        batch.vectors = {name: rows[by_last] for name, rows in batch.vectors.items()}
        batch.grads = {name: rows[by_last] for name, rows in batch.grads.items()}
        batch.lexeme_ids, batch.starts, batch.lengths, batch.spaces = ids, starts, lengths, spaces
        batch.doc_offsets, batch.spans = self.offsets, spans

    def _sources(self, rows: Rows) -> Rows:
        """For each new row the old one that it takes after, `rows` for those that are joined."""
        sources = self.kept.copy()
        sources[self.joined] = rows
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

    def _words(self) -> tuple[Any, Any, Any, Any]:
        batch = self.batch
        begins = batch.starts[self.firsts]
        ends = batch.starts[self.lasts] + batch.lengths[self.lasts]
        rows = zip(self.merges, begins.tolist(), ends.tolist(), strict=True)
        texts = [(batch.texts[merge.doc][begin:end], merge.values.get("norm")) for merge, begin, end in rows]
        ids, lengths = batch.lexeme_ids[self.kept], batch.lengths[self.kept]
        ids[self.joined] = batch.lexemes.add_keys(
            [text if norm is None else (text, norm) for text, norm in texts]
        )
        lengths[self.joined] = ends - begins
        return ids, batch.starts[self.kept], lengths, batch.spaces[self._sources(self.lasts)]

    def _lemmas(self) -> list[str]:
        column, spaces = self.batch.columns[LEMMA], self.batch.spaces

        def joined(first: int, end: int) -> str:
            parts = zip(column.strings(first, end), spaces[first:end].tolist(), strict=True)
            return "".join(lemma + " " * bool(space) for lemma, space in parts).strip()

        return [
            joined(first, last + 1)
            for first, last in zip(self.firsts.tolist(), self.lasts.tolist(), strict=True)
        ]

    def _columns(self, values: Sequence[Mapping[str, str]]) -> None:
        roots, firsts = self._sources(self.roots), self._sources(self.firsts)
        columns = {
            name: LabelColumn(
                column.ids[firsts if name in OF_FIRST else roots].astype(np.int64), column.labels
            )
            for name, column in self.batch.columns.items()
        }
        for row, said in zip(self.joined.tolist(), values, strict=True):
            for name in COLUMNS:
                if name in said:
                    column = columns.setdefault(
                        name, LabelColumn(np.full(len(roots), UNSET, dtype=np.int64), ())
                    )
                    column.ids[row] = len(column.labels) if said[name] else UNSET
                    column.labels = (*column.labels, said[name])
        self.batch.columns = columns

    def _trees(self) -> None:
        """Heads, and sentences from them in the documents that change."""
        batch, sources = self.batch, self._sources(self.roots)
        assert batch.heads is not None
        docs = np.repeat(np.arange(batch.n_docs), np.diff(batch.doc_offsets))[sources]
        rows = batch.heads[sources].astype(np.int64) + batch.doc_offsets[docs]
        batch.heads = (self.new_row[rows] - self.offsets[docs]).astype(np.int32)
        starts = (
            np.zeros(len(sources), dtype=np.int8)
            if batch.sent_starts is None
            else batch.sent_starts[self.kept]
        )
        for doc in {merge.doc for merge in self.merges}:
            part = slice(int(self.offsets[doc]), int(self.offsets[doc + 1]))
            heads = batch.heads[part].tolist()
            starts[part] = sentence_starts(heads, edges_of(heads)[0])
        batch.sent_starts = starts

    def _group(self, column: SpanColumn) -> SpanColumn:
        docs = np.repeat(np.arange(self.batch.n_docs), np.diff(column.doc_offsets))
        old, new = self.batch.doc_offsets[docs], self.offsets[docs]
        starts = self.new_row[old + column.starts] - new
        ends = self.new_row[old + column.ends - 1] + 1 - new
        return replace(column, starts=starts.astype(np.int32), ends=ends.astype(np.int32))

    def _ents(self, column: SpanColumn, values: Sequence[Mapping[str, str]]) -> SpanColumn:
        """Entities, which may not overlap: a joined token belongs to the one that its root belongs to.

        As in the ecosystem, one whose first part was inside an entity goes on with an entity of the same
        label before it.
        """
        number = np.full(self.batch.n_tokens, UNSET, dtype=np.int64)
        docs = np.repeat(np.arange(self.batch.n_docs), np.diff(column.doc_offsets))
        begins, ends = (self.batch.doc_offsets[docs] + side for side in (column.starts, column.ends))
        for i, (begin, end) in enumerate(zip(begins.tolist(), ends.tolist(), strict=True)):
            number[begin:end] = i
        firsts = self._sources(self.firsts)
        first_number, number = number[firsts], number[self._sources(self.roots)]
        known = np.append(column.label_ids, UNSET)
        inside = (first_number >= 0) & ~np.isin(firsts, begins) & (known[first_number] == known[number])
        label_ids, labels = column.label_ids.astype(np.int64), column.labels
        for row, said in zip(self.joined.tolist(), values, strict=True):
            if (
                number[row] >= 0
                and said.get("ent_type", labels[label_ids[number[row]]]) != labels[label_ids[number[row]]]
            ):
                number[row] = len(label_ids)
                label_ids = np.append(label_ids, len(labels))
                labels = (*labels, said["ent_type"])
        rows = np.flatnonzero(number >= 0)
        opens = ~inside[rows] | np.isin(rows, self.offsets)
        opens[:1] = True
        opens[1:] |= (np.diff(rows) != 1) | (np.diff(label_ids[number[rows]]) != 0)
        first = rows[opens]
        last = rows[np.append(np.flatnonzero(opens)[1:], len(rows)) - 1] if len(rows) else first
        doc = np.searchsorted(self.offsets, first, side="right") - 1
        counts = np.bincount(doc, minlength=self.batch.n_docs)
        offsets = np.concatenate([[0], np.cumsum(counts)])
        base = self.offsets[doc]
        return SpanColumn(
            offsets,
            (first - base).astype(np.int32),
            (last + 1 - base).astype(np.int32),
            label_ids[number[first]],
            labels,
        )
