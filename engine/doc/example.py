# SPDX-License-Identifier: Apache-2.0
"""A text as the pipeline tokenized it beside the same text as people annotated it, joined by character
positions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from .alignment import Alignment, TokenSpans, align, comparable_spans, token_places
from .batch import Batch, Spans
from .biluo import MISSING, biluo, spans_of_biluo
from .doc import Doc
from .example_access import ExampleAccess
from .projectivity import projectivize
from .token_alignment import TokenAlignment

Prepared = TypeVar("Prepared")

NO_FEATURES = "morph"
"""The column whose empty string is a gold value (a word without features), not the lack of one."""


class Example(ExampleAccess):
    """One training or test item: the pipeline's tokens (`predicted`) and the gold tokens with their labels
    (`reference`).

    Gold values are handed out in terms of the pipeline's tokens. They are computed once and kept, so the gold
    document must not be changed after the first use.
    Raises: EngineError, at the first use, where the two texts differ by more than whitespace and case.
    """

    def __init__(self, predicted: Doc, reference: Doc, *, alignment: TokenAlignment | None = None) -> None:
        for side in (predicted, reference):
            if not isinstance(side, Doc):
                raise TypeError(f"expected two documents for an example, got {type(side).__name__}")
        self._alignment = alignment
        self.predicted = predicted
        self.reference = reference
        self._labels: dict[str, list[str | None]] = {}
        self._prepared: dict[str, tuple[object, Any]] = {}

    def __repr__(self) -> str:
        """What gold says, as a map."""
        return str(self.to_dict())

    def __len__(self) -> int:
        """Number of the pipeline's tokens."""
        return len(self.predicted)

    def prepared(self, name: str, labels: object, make: Callable[[Example], Prepared]) -> Prepared:
        """What a head makes of gold by its labels, kept for all steps; made anew for other labels."""
        kept = self._prepared.get(name)
        if kept is None or kept[0] is not labels:
            kept = self._prepared[name] = labels, make(self)
        made: Prepared = kept[1]
        return made

    @property
    def text(self) -> str:
        """The text that the pipeline sees."""
        return self.predicted.text

    @property
    def cats(self) -> Mapping[str, float]:
        """Gold categories with their values; empty where the text has none."""
        return self.reference.cats

    def gold_cat(self, label: str) -> float | None:
        """Gold value of a category; None where nothing is known. Where all that apply are named, the others
        are 0, those too that nobody had thought of at that time."""
        return self.cats.get(label, 0.0 if self.reference.batch.names_all_cats else None)

    @cached_property
    def to_gold(self) -> Alignment:
        """For each predicted token, the gold tokens that it overlaps."""
        predicted, gold = self._places
        return align(predicted, gold)

    @cached_property
    def to_predicted(self) -> Alignment:
        """For each gold token, the predicted tokens that it overlaps."""
        predicted, gold = self._places
        return align(gold, predicted)

    @cached_property
    def token_spans(self) -> tuple[TokenSpans, TokenSpans]:
        """Where the tokens of both sides that are not whitespace stand, in one coordinate: predicted,
        gold."""
        return comparable_spans(self.predicted, self.reference)

    @cached_property
    def _places(self) -> tuple[TokenSpans, TokenSpans]:
        return token_places(self.predicted, self.reference)

    def has(self, layer: str) -> bool:
        """Whether people annotated `layer`: "ents", "sents", "cats", or a token column such as "tag"."""
        batch = self.reference.batch
        if layer == "ents":
            return "ents" in batch.spans
        if layer == "sents":
            return batch.sent_starts is not None and (
                len(self.reference) < 2 or bool(self._gold_sent_starts[1:].any())
            )
        return bool(self.cats) if layer == "cats" else layer in batch.columns

    def gold_labels(self, column: str) -> list[str]:
        """The gold column in terms of the gold tokens, empty strings where unset."""
        return labels_of(self.reference, column)

    def aligned_labels(self, column: str) -> list[str | None]:
        """For each predicted token its gold label; None where gold has none, no counterpart, or several that
        differ."""
        if column not in self._labels:
            gold = known_labels_of(self.reference, column)
            known = self.has(column)
            self._labels[column] = [
                _single_value(gold, first, last) if known else None for first, last in self.to_gold.ranges()
            ]
        return self._labels[column]

    def aligned_sent_starts(self) -> npt.NDArray[np.int8]:
        """For each predicted token 1 where a gold sentence starts in it, -1 where none does, 0 where nothing
        is known."""
        return self._sent_starts

    @cached_property
    def _sent_starts(self) -> npt.NDArray[np.int8]:
        if not self.has("sents"):
            return np.zeros(len(self.to_gold), dtype=np.int8)
        n_unknown = np.concatenate([[0], np.cumsum(self._gold_sent_starts == 0)])
        some_unknown = n_unknown[self.to_gold.lasts] > n_unknown[self.to_gold.firsts]
        aligned = np.where(some_unknown, 0, -1).astype(np.int8)
        for start, end, _ in sentences_of(self.reference):
            span = self.to_predicted.span(start, end)
            if span is not None:
                aligned[span[0]] = 1
        return aligned

    @property
    def _gold_sent_starts(self) -> npt.NDArray[np.int8]:
        batch, rows = rows_of(self.reference)
        assert batch.sent_starts is not None
        return batch.sent_starts[rows]

    def aligned_ner(self) -> list[str]:
        """For each predicted token its BILUO action; "-" where nothing is known or a gold entity borders
        inside a token."""
        return self._ner

    @cached_property
    def _ner(self) -> list[str]:
        n_tokens = len(self.to_gold)
        if not self.has("ents"):
            return [MISSING] * n_tokens
        actions = ["O"] * n_tokens
        for start, end, label in entities_of(self.reference):
            span = self.to_predicted.span(start, end)
            if span is None:
                continue
            fits = label != MISSING and self._same_borders((start, end), span)
            actions[slice(*span)] = (
                biluo(span[1] - span[0], label) if fits else [MISSING] * (span[1] - span[0])
            )
        return actions

    def aligned_parse(self) -> tuple[list[int], list[str | None]]:
        """For each predicted token its gold head among them and the arc's label, in trees without crossing
        arcs.

        A root's head is its own position; -1 and None where gold says nothing that can be said with these
        tokens.
        """
        return self._parse

    @cached_property
    def _parse(self) -> tuple[list[int], list[str | None]]:
        heads: list[int] = [-1] * len(self.to_gold)
        labels: list[str | None] = [None] * len(self.to_gold)
        if not self.has("dep") or self.reference.batch.heads is None:
            return heads, labels
        gold_heads, gold_labels = self.projective_tree
        token_of = [first if last - first == 1 else -1 for first, last in self.to_predicted.ranges()]
        for i, (first, last) in enumerate(self.to_gold.ranges()):
            tops = [w for w in range(first, last) if gold_heads[w] == w or not first <= gold_heads[w] < last]
            if len(tops) == 1 and token_of[tops[0]] == i and gold_heads[tops[0]] >= 0:
                heads[i] = token_of[gold_heads[tops[0]]]
                labels[i] = gold_labels[tops[0]] if heads[i] >= 0 else None
        return heads, labels

    @cached_property
    def projective_tree(self) -> tuple[list[int], list[str]]:
        """Heads and labels of the gold words, crossing arcs lifted and their labels decorated; -1 for an
        unknown head."""
        doc = self.reference
        heads, labels = doc.heads, doc.deps
        return projectivize(
            [head if label else -1 for head, label in zip(heads, labels, strict=True)], labels
        )

    def _same_borders(self, gold: tuple[int, int], predicted: tuple[int, int]) -> bool:
        predicted_spans, gold_spans = self._places
        return predicted_spans.border(*predicted) == gold_spans.border(*gold)

    def misaligned_ents(self) -> Spans:
        """The gold entities, by gold tokens, that begin or end inside a predicted token: `aligned_ner` takes
        theirs as unknown."""
        spans = [
            (span, self.to_predicted.span(span[0], span[1]))
            for span in entities_of(self.reference)
            if span[2] != MISSING
        ]
        return [gold for gold, ours in spans if ours is None or not self._same_borders(gold[:2], ours)]

    def aligned_spans(self, key: str) -> Spans:
        """The gold spans of a group that fit the predicted tokens, as `(start token, end token, label)`."""
        gold = self.reference.batch.spans_of(key, self.reference.index)
        mapped = (((start, end), self.to_predicted.span(start, end), label) for start, end, label in gold)
        return [
            (*span, label)
            for place, span, label in mapped
            if span is not None and self._same_borders(place, span)
        ]

    def aligned_ents(self) -> Spans:
        """The gold entities that fit the predicted tokens, as `(start token, end token, label)`."""
        return spans_of_biluo(self.aligned_ner())


def rows_of(doc: Doc) -> tuple[Batch, slice]:
    """A document's batch and the rows that its tokens have there."""
    return doc.batch, doc.batch.rows(doc.index)


def labels_of(doc: Doc, column: str) -> list[str]:
    """A token column of one document as strings, empty where unset or where there is no such column."""
    batch, rows = rows_of(doc)
    if column not in batch.columns:
        return [""] * (rows.stop - rows.start)
    return batch.columns[column].strings(rows.start, rows.stop)


def known_labels_of(doc: Doc, column: str) -> list[str | None]:
    """As `labels_of`, with None where nothing is known.

    A word without features has no value in the column `morph`; only where the empty string is among the
    column's labels, it says so, and a word without value is an unknown one.
    """
    batch, rows = rows_of(doc)
    labels = labels_of(doc, column)
    if column != NO_FEATURES or column not in batch.columns:
        return [label or None for label in labels]
    if "" not in batch.columns[column].labels:
        return list(labels)
    return [
        None if i < 0 else label
        for i, label in zip(batch.columns[column].ids[rows].tolist(), labels, strict=True)
    ]


def entities_of(doc: Doc) -> Spans:
    """The entity spans of one document as `(start token, end token, label)`."""
    return doc.batch.spans_of("ents", doc.index)


def sentences_of(doc: Doc) -> Spans:
    """The sentences of one document as spans without label; the first token starts one in any case."""
    batch, rows = rows_of(doc)
    if batch.sent_starts is None or rows.start == rows.stop:
        return []
    starts = np.flatnonzero(batch.sent_starts[rows] == 1).tolist()
    starts = starts if starts and starts[0] == 0 else [0, *starts]
    return [
        (start, end, "") for start, end in zip(starts, [*starts[1:], rows.stop - rows.start], strict=True)
    ]


def _single_value(values: list[str | None], first: int, last: int) -> str | None:
    if last - first == 1:
        return values[first]
    distinct = set(values[first:last])
    return distinct.pop() if len(distinct) == 1 else None
