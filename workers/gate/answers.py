# SPDX-License-Identifier: Apache-2.0
"""What a pipeline says and what people said about the same texts, as sets of units per layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engine import Doc, Example, Pipeline
from engine.scoring.unit_pairs import UnitPair, unit_pairs
from engine.scoring.units import Counts

N_TOGETHER = 64
"""Texts that are annotated together."""

Answers = Sequence[Mapping[str, UnitPair]]
"""For each text its layers that people annotated: what the pipeline predicts, and gold."""


def answers_of(pipeline: Pipeline, examples: Sequence[Example]) -> Answers:
    """Each example annotated anew by the pipeline, tokens included, beside its gold."""
    answers: list[Mapping[str, UnitPair]] = []
    for at in range(0, len(examples), N_TOGETHER):
        part = examples[at : at + N_TOGETHER]
        batch = pipeline.predict([example.text for example in part])
        answers += [unit_pairs(Example(Doc(batch, i), example.reference)) for i, example in enumerate(part)]
    return answers


def count_layers(answers: Mapping[str, UnitPair]) -> dict[str, Counts]:
    """What is right, superfluous and missing in one text, by layer."""
    return {layer: Counts.of(*pair) for layer, pair in answers.items()}
