# SPDX-License-Identifier: Apache-2.0
"""Scores of components that follow rules: groups of spans that may overlap, and attributes of tokens."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ..config.registry import registry
from ..doc.example import Example
from .scorer import Scorer, Scores, score_labels, score_morphs, score_spans
from .unit_pairs import UnitPair, group_pair


@registry.scorers("freshet.overlapping_labeled_spans_scorer.v1")
def make_overlapping_spans_scorer(spans_key: str) -> Scorer:
    """`spans_KEY_p`, `_r`, `_f` and `_per_type` of a group of spans."""
    return lambda examples: score_group(examples, spans_key)


@registry.scorers("freshet.spancat_scorer.v1")
def make_spancat_scorer() -> Callable[..., Scores]:
    """The same of the group that the component writes."""
    return lambda examples, spans_key: score_group(examples, spans_key)


@registry.scorers("freshet.span_finder_scorer.v1")
def make_span_finder_scorer() -> Callable[..., Scores]:
    """The same without labels: where spans stand."""
    return lambda examples, spans_key: score_group(examples, spans_key, labeled=False)


@registry.scorers("freshet.attribute_ruler_scorer.v1")
def make_attribute_ruler_scorer() -> Scorer:
    """`tag_acc`, `pos_acc`, the scores of features, and `lemma_acc`."""

    def score(examples: Iterable[Example]) -> Scores:
        known = list(examples)
        return {
            **score_labels(known, "tag"),
            **score_labels(known, "pos"),
            **score_morphs(known),
            **score_labels(known, "lemma"),
        }

    return score


def score_group(examples: Iterable[Example], key: str, *, labeled: bool = True) -> Scores:
    """Spans of a group in terms of gold tokens, each on its own, whatever it overlaps; with their labels, or
    only where they stand."""
    pairs = (group_pair(e, key) for e in examples if e.reference.has(key))
    scores = score_spans(pairs if labeled else map(_without_labels, pairs), f"spans_{key}")
    if not labeled:
        scores.pop(f"spans_{key}_per_type")
    return scores


def _without_labels(pair: UnitPair) -> UnitPair:
    predicted, gold = ({unit._replace(label="") for unit in units} for units in pair)
    return UnitPair(predicted, gold)
