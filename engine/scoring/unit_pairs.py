# SPDX-License-Identifier: Apache-2.0
"""What a pipeline says of a text beside what gold says, as sets of units in terms of gold tokens."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import NamedTuple

from ..doc.batch import Spans
from ..doc.biluo import MISSING
from ..doc.example import Example, entities_of, labels_of, sentences_of
from .units import Unit, cat_units, span_units

PUNCTUATION = ("p", "punct")
"""Labels of arcs that are not compared, in lower case."""


class UnitPair(NamedTuple):
    """One layer of one text, as the pipeline says and as gold says."""

    predicted: set[Unit]
    gold: set[Unit]


def unit_pairs(example: Example) -> dict[str, UnitPair]:
    """Every layer that people annotated, by its name; groups of spans as `spans.KEY`."""
    gold = example.reference.batch
    pairs = {column: label_pair(example, column) for column in gold.columns if column != "dep"}
    if has_arcs(example):
        pairs["dep"] = arc_pair(example)
    if example.has("sents"):
        pairs["sents"] = sentence_pair(example)
    if example.has("ents"):
        pairs["ents"] = entity_pair(example)
    for key in gold.spans:
        if key != "ents":
            pairs[f"spans.{key}"] = group_pair(example, key)
    if example.cats:
        predicted = example.predicted.cats
        pairs["cats"] = UnitPair(cat_units(predicted, among=example.cats), cat_units(example.cats))
    return pairs


def label_pair(example: Example, column: str) -> UnitPair:
    """Labels of gold words.

    A token of ours answers for a gold word if it lies within that one; a gold word without label is left out.
    """
    values = example.gold_labels(column)
    known = [bool(value) or column == "morph" for value in values]
    gold = {Unit(column, value, i, i + 1) for i, value in enumerate(values) if known[i]}
    answers = zip(example.to_gold.ranges(), labels_of(example.predicted, column), strict=True)
    return UnitPair(
        {
            Unit(column, value, first, last)
            for (first, last), value in answers
            if last - first == 1 and known[first]
        },
        gold,
    )


def has_arcs(example: Example) -> bool:
    """Whether gold has a tree with labels."""
    return example.has("dep") and example.reference.batch.heads is not None


def arc_pair(example: Example) -> UnitPair:
    """Arcs between gold words, without those to punctuation.

    Our tokens that do not lie within one gold word are left out; a head that does not counts as a wrong one.
    """
    doc, words = example.predicted, [f if last - f == 1 else None for f, last in example.to_gold.ranges()]
    predicted = {
        Unit("dep", dep, word, word + 1, words[head])
        for word, head, dep in zip(words, doc.heads, doc.deps, strict=True)
        if word is not None and dep and dep.lower() not in PUNCTUATION
    }
    return UnitPair(predicted, _gold_arcs(example))


def _gold_arcs(example: Example) -> set[Unit]:
    doc = example.reference
    rows = zip(doc.heads, doc.deps, doc.is_spaces, strict=True)
    return {
        Unit("dep", dep, i, i + 1, head)
        for i, (head, dep, is_space) in enumerate(rows)
        if dep and not is_space and dep.lower() not in PUNCTUATION
    }


def sentence_pair(example: Example) -> UnitPair:
    """Sentences as spans of gold words."""
    return _span_pair("sents", example, sentences_of(example.predicted), sentences_of(example.reference))


def entity_pair(example: Example) -> UnitPair:
    """Entities as labelled spans of gold words."""
    return _span_pair("ents", example, entities_of(example.predicted), entities_of(example.reference))


def group_pair(example: Example, key: str) -> UnitPair:
    """Spans of a group, which may overlap, each by itself."""
    layer = f"spans.{key}"
    spans = ((s.label, example.to_gold.span(s.start, s.end)) for s in example.predicted.spans.get(key, ()))
    predicted = {Unit(layer, label, *span) for label, span in spans if span is not None}
    gold = example.reference.spans.get(key, ())
    return UnitPair(predicted, {Unit(layer, s.label, s.start, s.end) for s in gold})


def _span_pair(layer: str, example: Example, predicted: Spans, gold: Spans) -> UnitPair:
    """A predicted span that touches tokens of which gold knows nothing is left out."""
    unknown = [(start, end) for start, end, label in gold if label == MISSING]
    mapped = (
        span
        for span in _to_gold_tokens(example, predicted)
        if not any(span[0] < end and start < span[1] for start, end in unknown)
    )
    return UnitPair(span_units(layer, mapped), span_units(layer, (s for s in gold if s[2] != MISSING)))


def _to_gold_tokens(example: Example, spans: Iterable[tuple[int, int, str]]) -> Spans:
    """Predicted spans, in order, in terms of gold tokens; those that come to share a gold token are left out,
    all of them."""
    mapped = [(example.to_gold.span(start, end), label) for start, end, label in spans]
    touching = [(*span, label) for span, label in mapped if span is not None]
    shared = {i for i, (one, other) in enumerate(itertools.pairwise(touching)) if other[0] < one[1]}
    return [span for i, span in enumerate(touching) if i not in shared and i - 1 not in shared]
