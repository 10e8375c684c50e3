# SPDX-License-Identifier: Apache-2.0
"""Progressive validation: every example is a test before it is a lesson; old results fade."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence, Set
from typing import Any

from ..doc.doc import Doc
from ..doc.example import Example, entities_of, sentences_of
from ..doc.example_batch import batch_of
from ..pipeline.pipeline import Pipeline
from ..scoring.scorer import arcs_found, arcs_of_gold, label_pairs, span_pairs
from .adwin import Adwin

Answers = Set[tuple[Hashable, str]]
COLUMNS = ("tag", "pos", "morph", "lemma")
HALF = 0.5


class Progressive:
    """Faded counts per layer and label, and one drift detector per layer.

    With each example of a layer the layer's older counts are multiplied by `fading`: 0.995 remembers some 200
    examples.
    Source: J. Gama, R. Sebastião, P. P. Rodrigues, On evaluating stream learning algorithms, 2013.
    """

    def __init__(self, fading: float = 0.995, delta: float = 0.002) -> None:
        self.fading = fading
        self.delta = delta
        self.counts: dict[str, dict[str, list[float]]] = {}
        self.detectors: dict[str, Adwin] = {}
        self.drifts: Counter[str] = Counter()
        self.n_examples = 0

    def score(self, pipeline: Pipeline, examples: Sequence[Example]) -> list[str]:
        """Annotate the examples' texts with the present weights and count; the layers whose error has
        drifted."""
        if not examples:
            return []
        batch = pipeline.predict_batch(batch_of(examples, pipeline.tokenizer))
        drifted: list[str] = []
        for i, example in enumerate(examples):
            drifted += self.add(Example(Doc(batch, i), example.reference))
        return sorted(set(drifted))

    def add(self, example: Example) -> list[str]:
        """Count an annotated example; the layers whose error has drifted."""
        self.n_examples += 1
        drifted = []
        for layer, found, gold in answers_of(example):
            self._count(layer, found, gold)
            detector = self.detectors.setdefault(layer, Adwin(self.delta))
            if detector.add(1.0 - _fscore(len(found & gold), len(found - gold), len(gold - found))):
                self.drifts[layer] += 1
                drifted.append(layer)
        return drifted

    def scores(self) -> dict[str, Any]:
        """F of each layer, and of each label of it under `LAYER_per_label`."""
        scores: dict[str, Any] = {}
        for layer, labels in sorted(self.counts.items()):
            totals = [sum(row[i] for row in labels.values()) for i in range(3)]
            scores[layer] = _fscore(*totals)
            scores[f"{layer}_per_label"] = {label: _fscore(*row) for label, row in sorted(labels.items())}
        return scores

    def mean(self) -> float:
        """Mean F over the layers; 0 before any example."""
        scores = self.scores()
        return float(sum(scores[layer] for layer in self.counts)) / max(len(self.counts), 1)

    def state(self) -> dict[str, Any]:
        """All of it as JSON values."""
        detectors = {layer: detector.state() for layer, detector in sorted(self.detectors.items())}
        return {
            "counts": self.counts,
            "detectors": detectors,
            "drifts": dict(self.drifts),
            "n_examples": self.n_examples,
        }

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Take over what `state` gave."""
        self.counts = {
            layer: {label: list(row) for label, row in labels.items()}
            for layer, labels in state["counts"].items()
        }
        self.drifts, self.n_examples = Counter(state["drifts"]), state["n_examples"]
        self.detectors = {}
        for layer, detector in state["detectors"].items():
            self.detectors[layer] = Adwin(self.delta)
            self.detectors[layer].load_state(detector)

    def _count(self, layer: str, found: Answers, gold: Answers) -> None:
        labels = self.counts.setdefault(layer, {})
        for row in labels.values():
            row[:] = [value * self.fading for value in row]
        for place, answers in enumerate((found & gold, found - gold, gold - found)):
            for label, n in Counter(label for _, label in answers).items():
                labels.setdefault(label, [0.0, 0.0, 0.0])[place] += n


def answers_of(example: Example) -> Iterator[tuple[str, Answers, Answers]]:
    """Each layer that people annotated, with the pipeline's answers and with theirs."""
    for column in COLUMNS:
        if example.has(column):
            yield column, *label_pairs(example, column)
    if example.has("dep") and example.reference.batch.heads is not None:
        yield "dep", arcs_found(example), arcs_of_gold(example)
    if example.has("sents"):
        yield "sents", *span_pairs(example, sentences_of(example.predicted), sentences_of(example.reference))
    if example.has("ents"):
        yield "ents", *span_pairs(example, entities_of(example.predicted), entities_of(example.reference))
    if example.cats:
        predicted = example.predicted.cats
        found = {("", label) for label in example.cats if predicted.get(label, 0.0) >= HALF}
        yield "cats", found, {("", label) for label, value in example.cats.items() if value >= HALF}


def _fscore(right: float, wrong: float, missed: float) -> float:
    total = 2 * right + wrong + missed
    return 2 * right / total if total else 1.0
