# SPDX-License-Identifier: Apache-2.0
"""A calibration from documents that the pipeline has not learned from."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from ..doc.batch import Batch
from ..doc.biluo import MISSING
from ..doc.doc import Doc
from ..doc.example import Example, entities_of
from ..pipeline.pipeline import Pipeline
from ..scoring.unit_pairs import UnitPair, unit_pairs
from .calibration import Calibration
from .confidences import LAYERS, category_surprises
from .risk_curve import risk_curve_of
from .scale import fit_scale
from .sums import (
    CATS,
    ENTS,
    SENTS,
    TEXT,
    Sums,
)

N_TOGETHER = 64
"""Texts that are annotated together."""

HALF = 0.5

Floats = npt.NDArray[Any]


@dataclass(slots=True)
class _Answers:
    """Surprises and whether they were right, by what they are of; `texts` by layer, NaN where people did not
    say all."""

    surprises: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    right: dict[str, list[bool]] = field(default_factory=lambda: defaultdict(list))
    texts: list[dict[str, tuple[float, bool]]] = field(default_factory=list)

    def add(self, name: str, surprises: Sequence[float], right: Sequence[bool]) -> None:
        """Take in some."""
        self.surprises[name] += surprises
        self.right[name] += right


def calibrate(
    pipeline: Pipeline, to_come: Sequence[Example], others: Sequence[Example] = ()
) -> Calibration | None:
    """Scales and risk curve from what people said of held-out documents; None where no head says how sure it
    is of a layer that they spoke of.

    `to_come` are like the texts to come, and the curve is theirs alone, for it makes promises about them;
    `others` help to fit the scales. A document counts where people said all about a layer. Whole texts are
    judged by the layers that people said all about in at least half of the documents, and by those documents
    that have them all.
    """
    answers = _judge_all(pipeline, to_come)
    n_to_come = len(answers.texts)
    _judge_all(pipeline, others, answers)
    counts = {layer: sum(layer in text for text in answers.texts) for layer in LAYERS}
    layers = tuple(layer for layer, n in counts.items() if n and 2 * n >= len(answers.texts))
    if not layers:
        return None
    curve = risk_curve_of(*_whole_texts(answers.texts[:n_to_come], layers))
    surprises, wrong = _whole_texts(answers.texts, layers)
    answers.add(TEXT, surprises.tolist(), (~wrong).tolist())
    fitted = {
        name: fit_scale(np.array(values), np.array(answers.right[name], dtype=bool))
        for name, values in answers.surprises.items()
    }
    scales = {name: scale for name, scale in fitted.items() if scale is not None}
    return Calibration(pipeline.digest, layers, scales, curve)


def judge_texts(
    pipeline: Pipeline, examples: Sequence[Example], layers: tuple[str, ...] = (ENTS,)
) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """The pipeline's surprise at each text of which people said all about these layers, and whether it is
    wrong in any of them."""
    return _whole_texts(_judge_all(pipeline, examples).texts, layers)


def _judge_all(pipeline: Pipeline, examples: Sequence[Example], answers: _Answers | None = None) -> _Answers:
    """Answers about all of them, on top of what is known."""
    answers = answers or _Answers()
    for at in range(0, len(examples), N_TOGETHER):
        _judge(pipeline, examples[at : at + N_TOGETHER], answers)
    return answers


def _whole_texts(
    texts: Sequence[Mapping[str, tuple[float, bool]]], layers: tuple[str, ...]
) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Surprise of each text that has all these layers, and whether any of them is wrong."""
    judged = [text for text in texts if set(layers) <= set(text)]
    surprises = np.array([sum(text[layer][0] for layer in layers) for text in judged], dtype=np.float64)
    wrong = [not all(text[layer][1] for layer in layers) for text in judged]
    return surprises, np.array(wrong, dtype=bool)


def _judge(pipeline: Pipeline, examples: Sequence[Example], answers: _Answers) -> None:
    batch = pipeline.tokenizer.tokenize([example.text for example in examples])
    batch.surprises = {}
    pipeline.predict_batch(batch)
    sums = Sums(batch)
    by_layer = {layer: sums.texts((layer,)) for layer in LAYERS if layer in sums}
    ents, sents = sums.entities(), sums.sentences()
    for index, gold in enumerate(examples):
        example = Example(Doc(batch, index), gold.reference)
        pairs = unit_pairs(example)
        complete = {
            layer: (float(surprises[index]), pairs[layer].predicted == pairs[layer].gold)
            for layer, surprises in by_layer.items()
            if layer in pairs and _is_complete(layer, example, batch)
        }
        if complete:
            answers.texts.append(complete)
        if ENTS in complete and ents is not None:
            answers.add(ENTS, ents.of(index), _right_entities(example, pairs[ENTS]))
        if ENTS in complete and sents is not None:
            answers.add(SENTS, sents.of(index), _right_sentences(example, pairs[ENTS]))
        if CATS in by_layer:
            _judge_categories(example, answers)


def _is_complete(layer: str, example: Example, batch: Batch) -> bool:
    """Whether people said all about a layer of a document."""
    if layer == CATS:
        return set(batch.cats) <= set(example.cats)
    return not any(label == MISSING for _, _, label in entities_of(example.reference))


def _right_entities(example: Example, pair: UnitPair) -> list[bool]:
    """Of which of the entities gold says the same."""
    batch, index = example.predicted.batch, example.predicted.index
    gold = {(unit.start, unit.end, unit.label) for unit in pair.gold}
    places = [(example.to_gold.span(start, end), label) for start, end, label in batch.spans_of(ENTS, index)]
    return [span is not None and (*span, label) in gold for span, label in places]


def _right_sentences(example: Example, pair: UnitPair) -> list[bool]:
    """In which of the sentences, as `Sums.sentences` counts them, no entity is missing or too much."""
    batch, index = example.predicted.batch, example.predicted.index
    assert batch.sent_starts is not None
    starts = batch.sent_starts[batch.rows(index)] == 1
    starts[:1] = True
    bounds = [*np.flatnonzero(starts).tolist(), len(starts)]
    odd = [(unit.start, unit.end) for unit in pair.predicted ^ pair.gold]
    spans = [example.to_gold.span(start, end) for start, end in itertools.pairwise(bounds)]
    return [s is not None and not any(s[0] < end and start < s[1] for start, end in odd) for s in spans]


def _judge_categories(example: Example, answers: _Answers) -> None:
    scores: Mapping[str, float] = example.predicted.cats
    known = [label for label in scores if label in example.cats]
    values = category_surprises(np.array([scores[label] for label in known]))
    answers.add(CATS, values.tolist(), [example.cats[label] >= HALF for label in known])
