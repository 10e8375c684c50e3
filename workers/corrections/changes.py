# SPDX-License-Identifier: Apache-2.0
"""What a correction changed in the annotation that it corrects, by layer and label: evidence of the model's
quality."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set

from engine.scoring.units import HALF, Unit, cat_units, count_labels, span_units, token_units
from schemas import VALUE_LAYERS, Annotation, Correction, LabelledSpan, Layer

Changes = Mapping[str, Mapping[str, Sequence[int]]]
"""Layer -> label -> `[kept, added, removed]`: said by model and person, by the person alone, by the model
alone."""

COLUMNS = {"tags": "tag", "pos": "pos", "morphs": "morph", "lemmas": "lemma"}


def find_changes(correction: Correction, annotation: Annotation) -> dict[str, dict[str, list[int]]]:
    """What the person kept, added and removed, of the layers that both sides have.

    Of a partial layer only what the person spoke of counts: entities that touch the named spans, named
    categories and words.
    """
    found = {}
    for name, layer in correction.layers.items():
        pair = _gold_and_predicted(name, layer, correction, annotation)
        if pair is not None:
            gold, predicted = pair
            counts = count_labels(predicted, gold)
            found[name] = {label: [int(c.tp), int(c.fn), int(c.fp)] for label, c in counts.items()}
    return found


def tally_labels(correction: Correction) -> dict[str, dict[str, int]]:
    """How often a correction says each label, by layer: the stuff of label distributions.

    Lemmas are no labels and are left out; of categories those count that are at least as much true as not.
    """
    found: dict[str, dict[str, int]] = {}
    for name, layer in correction.layers.items():
        labels = [span.label for span in layer.spans if span.label] if name in ("ents", "spans") else []
        labels += [label for label, score in layer.scores.items() if score >= HALF]
        labels += [value for value in (layer.values if name != "lemmas" else ()) if value] + [
            label for label in layer.labels if label
        ]
        if labels:
            found[name] = dict(Counter(labels))
    return found


def _gold_and_predicted(
    name: str, layer: Layer, correction: Correction, annotation: Annotation
) -> tuple[Set[Unit], Set[Unit]] | None:
    if name == "ents" and annotation.ents is not None:
        gold, predicted = _entities(layer.spans), _entities(annotation.ents)
        return gold, _keep_touched(predicted, layer) if layer.status == "partial" else predicted
    if name == "cats" and annotation.cats is not None:
        asked = set(layer.scores) | (set(annotation.cats) if layer.status == "complete" else set())
        return cat_units(layer.scores), cat_units(annotation.cats, among=asked)
    if name in VALUE_LAYERS and COLUMNS[name] in annotation.tokens:
        return _labels(layer, correction, annotation, COLUMNS[name])
    return None


def _keep_touched(predicted: Set[Unit], layer: Layer) -> set[Unit]:
    """The predicted entities that a partial layer says something about; one that is wrong with another label
    stays open."""
    wrong = _entities(layer.wrong)
    spans = sorted((span.start, span.end) for span in layer.spans)
    ends = [end for _, end in spans]  # in order as well, for these spans do not overlap

    def is_touched(unit: Unit) -> bool:
        first = bisect_right(ends, unit.start)
        return first < len(spans) and spans[first][0] < unit.end

    return {unit for unit in predicted if unit in wrong or is_touched(unit)}


def _entities(spans: Iterable[LabelledSpan]) -> set[Unit]:
    return span_units("ents", ((span.start, span.end, span.label) for span in spans if span.label))


def _labels(
    layer: Layer, correction: Correction, annotation: Annotation, column: str
) -> tuple[set[Unit], set[Unit]]:
    """Labels of tokens, predicted ones where the person gave one."""
    places, tokens = correction.tokens or (), annotation.tokens
    gold = token_units(column, (p.start for p in places), (p.end for p in places), layer.values)
    asked = {(unit.start, unit.end) for unit in gold}
    predicted = token_units(column, tokens["start"], tokens["end"], tokens[column])
    return gold, {unit for unit in predicted if (unit.start, unit.end) in asked}
