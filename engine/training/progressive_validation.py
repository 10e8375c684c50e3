# SPDX-License-Identifier: Apache-2.0
"""Progressive validation: every example is scored before it is learned; old results fade."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..doc.doc import Doc
from ..doc.example import Example
from ..doc.example_batch import batch_of
from ..pipeline.pipeline import Pipeline
from ..scoring.unit_pairs import UnitPair, unit_pairs
from ..scoring.units import Counts, count_labels
from .adwin import Adwin

Witness = Callable[[Example, Mapping[str, UnitPair]], None]
"""Is told what pipeline and person say of each layer of an example."""

LAYERS = ("tag", "pos", "morph", "lemma", "dep", "sents", "ents", "cats")
NOTHING = Counts(0.0, 0.0, 0.0)


class ProgressiveValidation:
    """Faded counts per layer and label, and one drift detector per layer.

    With each example of a layer the layer's older counts are multiplied by `fading`: 0.995 remembers some 200
    examples.
    Source: J. Gama, R. Sebastião, P. P. Rodrigues, On evaluating stream learning algorithms, 2013.
    """

    def __init__(self, fading: float = 0.995, delta: float = 0.002) -> None:
        self.fading = fading
        self.delta = delta
        self.counts: dict[str, dict[str, Counts]] = {}
        self.detectors: dict[str, Adwin] = {}
        self.drifts: Counter[str] = Counter()
        self.n_examples = 0

    def score(
        self, pipeline: Pipeline, examples: Sequence[Example], witness: Witness | None = None
    ) -> list[str]:
        """Annotate the examples' texts with the present weights and count; the layers whose error has
        drifted."""
        if not examples:
            return []
        batch = pipeline.predict_batch(batch_of(examples, pipeline.tokenizer))
        drifted: list[str] = []
        for i, example in enumerate(examples):
            pairs = unit_pairs(Example(Doc(batch, i), example.reference))
            drifted += self._add(pairs)
            if witness is not None:
                witness(example, pairs)
        return sorted(set(drifted))

    def add(self, example: Example) -> list[str]:
        """Count an annotated example; the layers whose error has drifted."""
        return self._add(unit_pairs(example))

    def _add(self, pairs: Mapping[str, UnitPair]) -> list[str]:
        self.n_examples += 1
        drifted = []
        for layer in LAYERS:
            if layer not in pairs:
                continue
            self._count(layer, pairs[layer])
            detector = self.detectors.setdefault(layer, Adwin(self.delta))
            detector.update(1.0 - _f1(Counts.of(*pairs[layer])))
            if detector.drift_detected:
                self.drifts[layer] += 1
                drifted.append(layer)
        return drifted

    def scores(self) -> dict[str, Any]:
        """F of each layer, and of each label of it under `LAYER_per_label`."""
        scores: dict[str, Any] = {}
        for layer, labels in sorted(self.counts.items()):
            scores[layer] = _f1(sum(labels.values(), Counts()))
            scores[f"{layer}_per_label"] = {label: _f1(counts) for label, counts in sorted(labels.items())}
        return scores

    def mean(self) -> float:
        """Mean F over the layers; 0 before any example."""
        scores = self.scores()
        return float(sum(scores[layer] for layer in self.counts)) / max(len(self.counts), 1)

    def state(self) -> dict[str, Any]:
        """All of it as JSON values."""
        detectors = {layer: detector.state() for layer, detector in sorted(self.detectors.items())}
        return {
            "counts": {
                layer: {label: [c.tp, c.fp, c.fn] for label, c in labels.items()}
                for layer, labels in self.counts.items()
            },
            "detectors": detectors,
            "drifts": dict(self.drifts),
            "n_examples": self.n_examples,
        }

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Take over what `state` gave."""
        self.counts = {
            layer: {label: Counts(*row) for label, row in labels.items()}
            for layer, labels in state["counts"].items()
        }
        self.drifts, self.n_examples = Counter(state["drifts"]), state["n_examples"]
        self.detectors = {}
        for layer, detector in state["detectors"].items():
            self.detectors[layer] = Adwin(self.delta)
            self.detectors[layer].load_state(detector)

    def _count(self, layer: str, pair: UnitPair) -> None:
        labels = self.counts.setdefault(layer, {})
        for label, counts in labels.items():
            labels[label] = counts.fade(self.fading)
        for label, counts in count_labels(*pair).items():
            labels[label] = labels.get(label, NOTHING) + counts


def _f1(counts: Counts) -> float:
    """F1; what has nothing to say, and says nothing, is right."""
    return 1.0 if counts.is_empty else counts.f1
