# SPDX-License-Identifier: Apache-2.0
"""What a correction changed in the annotation that it corrects, by layer and label: evidence of the model's
quality."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any

from schemas import Annotation, Correction, LabelledSpan, Layer
from schemas.correction import VALUE_LAYERS

Changes = Mapping[str, Mapping[str, Sequence[int]]]
"""Layer -> label -> `[kept, added, removed]`: said by model and person, by the person alone, by the model
alone."""

COLUMNS = {"tags": "tag", "pos": "pos", "morphs": "morph", "lemmas": "lemma"}
YES = 0.5
"""From this score on a category counts as said."""


def find_changes(correction: Correction, annotation: Annotation) -> dict[str, dict[str, list[int]]]:
    """What the person kept, added and removed, of the layers that both sides have.

    Of a partial layer only what the person spoke of counts: entities that touch the named spans, named
    categories and words.
    """
    found = {}
    for name, layer in correction.layers.items():
        pair = _gold_and_predicted(name, layer, correction, annotation)
        if pair is not None:
            found[name] = _count_changes(*pair)
    return found


def count_labels(correction: Correction) -> dict[str, dict[str, int]]:
    """How often a correction says each label, by layer: the stuff of label distributions.

    Lemmas are no labels and are left out; of categories those count that are at least as much true as not.
    """
    found: dict[str, dict[str, int]] = {}
    for name, layer in correction.layers.items():
        labels = [span.label for span in layer.spans if span.label] if name in ("ents", "spans") else []
        labels += [label for label, score in layer.scores.items() if score >= YES]
        labels += [value for value in (layer.values if name != "lemmas" else ()) if value] + [
            label for label in layer.labels if label
        ]
        if labels:
            found[name] = dict(Counter(labels))
    return found


Items = set[tuple[Any, str]]
"""Things said: a place (or nothing) and a label."""


def _gold_and_predicted(
    name: str, layer: Layer, correction: Correction, annotation: Annotation
) -> tuple[Items, Items] | None:
    if name == "ents" and annotation.ents is not None:
        predicted = _entities(annotation.ents)
        if layer.status == "partial":
            predicted = _spoken_of(predicted, layer)
        return _entities(layer.spans), predicted
    if name == "cats" and annotation.cats is not None:
        known = set(layer.scores) | (set(annotation.cats) if layer.status == "complete" else set())
        return _categories(layer.scores, known), _categories(annotation.cats, known)
    if name in VALUE_LAYERS and COLUMNS[name] in annotation.tokens:
        gold = _values(layer, correction)
        return gold, _predicted_values({place for place, _ in gold}, annotation.tokens, COLUMNS[name])
    return None


def _spoken_of(predicted: Items, layer: Layer) -> Items:
    """The predicted entities that a partial layer says something about; one that is wrong with another label
    stays open."""
    wrong = {((span.start, span.end), span.label) for span in layer.wrong}
    spans = sorted((span.start, span.end) for span in layer.spans)
    ends = [end for _, end in spans]  # in order as well, for these spans do not overlap

    def touches(start: int, end: int) -> bool:
        first = bisect_right(ends, start)
        return first < len(spans) and spans[first][0] < end

    return {item for item in predicted if item in wrong or touches(*item[0])}


def _entities(spans: Iterable[LabelledSpan]) -> Items:
    return {((span.start, span.end), span.label) for span in spans if span.label}


def _categories(scores: Mapping[str, float], known: Container[str]) -> Items:
    return {(None, label) for label, score in scores.items() if score >= YES and label in known}


def _values(layer: Layer, correction: Correction) -> Items:
    rows = zip(correction.tokens or (), layer.values, strict=True)
    return {((token.start, token.end), value) for token, value in rows if value is not None}


def _predicted_values(spoken: Container[Any], tokens: Mapping[str, Any], column: str) -> Items:
    rows = zip(tokens["start"], tokens["end"], tokens[column], strict=True)
    return {((start, end), value) for start, end, value in rows if (start, end) in spoken}


def _count_changes(gold: Items, predicted: Items) -> dict[str, list[int]]:
    counts: dict[str, list[int]] = {}
    for i, items in enumerate((gold & predicted, gold - predicted, predicted - gold)):
        for _, label in items:
            counts.setdefault(label, [0, 0, 0])[i] += 1
    return dict(sorted(counts.items()))
