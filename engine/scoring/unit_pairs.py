# SPDX-License-Identifier: Apache-2.0
"""What a pipeline says of a text beside what gold says, as sets of units in terms of gold tokens."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ..doc.batch import Spans
from ..doc.biluo import MISSING
from ..doc.example import Example, entities_of, labels_of, sentences_of
from ..doc.partial_gold import RIGHT, WRONG, WRONG_ENTS
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
    pairs |= {f"spans.{key}": group_pair(example, key) for key in groups_of(example)}
    if example.cats:
        pairs["cats"] = category_pair(example)
    return pairs


def category_pair(example: Example) -> UnitPair:
    """Categories, of those that gold says something about: all, where it names all that apply."""
    predicted = example.predicted.cats
    asked = {**predicted, **example.cats} if example.reference.batch.names_all_cats else example.cats
    return UnitPair(cat_units(predicted, among=asked), cat_units(example.cats))


def label_pair(example: Example, column: str) -> UnitPair:
    """Labels of gold words.

    A token of ours answers for a gold word if it lies within that one; gold words without label, and those of
    whitespace, are left out.
    """
    values = example.gold_labels(column)
    known = [
        (bool(value) or column == "morph") and not is_space
        for value, is_space in zip(values, example.reference.is_spaces, strict=True)
    ]
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
    """Arcs between gold words, without those to punctuation and whitespace.

    Our tokens that do not lie within one gold word are left out; a head that does not counts as a wrong one.
    """
    doc, words = example.predicted, [f if last - f == 1 else None for f, last in example.to_gold.ranges()]
    rows = zip(words, doc.heads, doc.deps, doc.is_spaces, strict=True)
    predicted = {
        Unit("dep", dep, word, word + 1, words[head])
        for word, head, dep, is_space in rows
        if word is not None and dep and not is_space and dep.lower() not in PUNCTUATION
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
    reference = example.reference
    wrong = reference.batch.spans_of(WRONG_ENTS, reference.index)
    return _span_pair("ents", example, entities_of(example.predicted), entities_of(reference), wrong)


def groups_of(example: Example) -> list[str]:
    """Keys of the groups of spans that gold says something about, as a whole or of single spans."""
    keys = (key.removeprefix(RIGHT).removeprefix(WRONG) for key in example.reference.batch.spans)
    return [key for key in dict.fromkeys(keys) if key not in ("ents", WRONG_ENTS)]


def group_pair(example: Example, key: str) -> UnitPair:
    """Spans of a group, which may overlap, each by itself; where gold does not know the whole group, only
    those that it speaks of."""
    layer, gold = f"spans.{key}", example.reference.spans
    right, wrong = (
        {Unit(layer, s.label, s.start, s.end) for name in names for s in gold.get(name, ())}
        for names in ((key, RIGHT + key), (WRONG + key,))
    )
    spans = ((s.label, example.to_gold.span(s.start, s.end)) for s in example.predicted.spans.get(key, ()))
    predicted = {Unit(layer, label, *span) for label, span in spans if span is not None}
    return UnitPair(predicted if key in gold else predicted & (right | wrong), right)


def _span_pair(
    layer: str, example: Example, predicted: Spans, gold: Spans, wrong: Sequence[tuple[int, int, str]] = ()
) -> UnitPair:
    """A predicted span that touches tokens of which gold knows nothing is left out, unless gold says that it
    is `wrong`."""
    unknown = [(start, end) for start, end, label in gold if label == MISSING]
    mapped = (
        span
        for span in _to_gold_tokens(example, predicted)
        if span in wrong or not any(span[0] < end and start < span[1] for start, end in unknown)
    )
    return UnitPair(span_units(layer, mapped), span_units(layer, (s for s in gold if s[2] != MISSING)))


def _to_gold_tokens(example: Example, spans: Iterable[tuple[int, int, str]]) -> Spans:
    """Predicted spans, in order, in terms of gold tokens; those that come to share a gold token are left out,
    all of them."""
    mapped = [(example.to_gold.span(start, end), label) for start, end, label in spans]
    touching = [(*span, label) for span, label in mapped if span is not None]
    shared = {i for i, (one, other) in enumerate(itertools.pairwise(touching)) if other[0] < one[1]}
    return [span for i, span in enumerate(touching) if i not in shared and i - 1 not in shared]
