# SPDX-License-Identifier: Apache-2.0
"""What a pipeline says and what people said about the same texts, as sets of answers per layer."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass

from engine import Doc, Example, Pipeline
from engine.doc.example import entities_of, sentences_of
from engine.scoring.scorer import arcs_found, arcs_of_gold, label_pairs, span_pairs

PART = 64
"""Texts that are annotated together."""
THRESHOLD = 0.5

Answer = tuple[Hashable, str]
"""Where in the text, and the label there."""


@dataclass(frozen=True, slots=True)
class LayerAnswers:
    """One layer of one text: the pipeline's answers, and those of people."""

    layer: str
    found: frozenset[Answer]
    gold: frozenset[Answer]


def answers_of(pipeline: Pipeline, examples: Sequence[Example]) -> list[list[LayerAnswers]]:
    """For each example its layers that people annotated, with what the pipeline says of the text, tokens
    included."""
    answers: list[list[LayerAnswers]] = []
    for at in range(0, len(examples), PART):
        part = examples[at : at + PART]
        batch = pipeline.predict([example.text for example in part])
        answers += [
            list(_layers(Example(Doc(batch, i), example.reference))) for i, example in enumerate(part)
        ]
    return answers


def _layers(example: Example) -> Iterator[LayerAnswers]:
    for column in example.reference.batch.columns:
        if column == "dep":
            continue
        yield _layer(column, *label_pairs(example, column))
    if example.has("dep") and example.reference.batch.heads is not None:
        yield _layer("dep", arcs_found(example), arcs_of_gold(example))
    if example.has("sents"):
        yield _layer(
            "sents", *span_pairs(example, sentences_of(example.predicted), sentences_of(example.reference))
        )
    if example.has("ents"):
        yield _layer(
            "ents", *span_pairs(example, entities_of(example.predicted), entities_of(example.reference))
        )
    for key in example.reference.batch.spans:
        if key != "ents":
            yield _layer(f"spans.{key}", *_group_pairs(example, key))
    if example.cats:
        yield _layer("cats", *_cats(example))


def _layer(
    name: str, found: set[tuple[int, str]] | set[Answer], gold: set[tuple[int, str]] | set[Answer]
) -> LayerAnswers:
    return LayerAnswers(name, frozenset(found), frozenset(gold))


def _group_pairs(example: Example, key: str) -> tuple[set[Answer], set[Answer]]:
    """Spans of a group, which may overlap, in terms of gold tokens."""
    predicted, gold = (doc.batch.spans_of(key, doc.index) for doc in (example.predicted, example.reference))
    mapped = ((example.to_gold.span(start, end), label) for start, end, label in predicted)
    found: set[Answer] = {(span, label) for span, label in mapped if span is not None}
    return found, {((start, end), label) for start, end, label in gold}


def _cats(example: Example) -> tuple[set[Answer], set[Answer]]:
    """Categories that reach one half, among those that people gave a value."""
    predicted, gold = example.predicted.cats, example.cats
    found: set[Answer] = {("", label) for label in gold if predicted.get(label, 0.0) >= THRESHOLD}
    return found, {("", label) for label, value in gold.items() if value >= THRESHOLD}
