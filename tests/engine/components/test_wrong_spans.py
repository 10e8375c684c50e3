# SPDX-License-Identifier: Apache-2.0
"""Spans that people said are wrong, while nobody said what is right."""

from __future__ import annotations

import numpy as np
import pytest
from thinc.api import Adam

import engine
from engine import Example, Pipeline
from engine.annotation import example_of
from engine.components import SpanCategorizer
from engine.scoring.unit_pairs import unit_pairs
from engine.training.distillation import update_with_teacher
from schemas import Correction, LabelledSpan, Layer

from ..toy import alone, shared, toy_examples, toy_pipeline

TEXT = "New York City sleeps"


def trained(factory: str, steps: int = 40, **settings: float) -> Pipeline:
    """A toy pipeline that knows its corpus."""
    sections = shared(factory)
    sections[factory] |= settings
    nlp = toy_pipeline(sections)
    optimizer = Adam(0.01)
    for _ in range(steps):
        nlp.update(toy_examples(nlp), optimizer=optimizer)
    return nlp


def correction(text: str = TEXT, **layers: Layer) -> Correction:
    """A correction with these layers."""
    return Correction("c", "ada", "2026-11-21T06:00:00Z", "m", text, layers)


def rejected(nlp: Pipeline, layer: str, label: str = "LOC", text: str = TEXT, end: int = 13) -> Example:
    """The example of somebody who said no to a span, and nothing else."""
    wrong = Layer("partial", wrong=[LabelledSpan(0, end, label)])
    return example_of(correction(text, **{layer: wrong}), nlp.tokenizer)


def entities(nlp: Pipeline, text: str = TEXT) -> list[tuple[str, str]]:
    """What a pipeline finds."""
    return [(e.text, e.label) for e in nlp(text).ents]


def groups(nlp: Pipeline, text: str = TEXT) -> list[tuple[str, str]]:
    """What a span categorizer finds."""
    return sorted((s.text, s.label) for s in nlp(text).spans["sc"])


@pytest.mark.parametrize("exploration", [0.0, 1.0])
def test_an_entity_that_was_rejected_is_found_no_longer(exploration: float) -> None:
    """From one rejection, while what else was known stays."""
    nlp = trained("ner", exploration=exploration)
    assert entities(nlp) == [("New York City", "LOC")]
    known, optimizer = toy_examples(nlp)[0], Adam(0.005)
    for _ in range(30):
        nlp.update([rejected(nlp, "ents"), known], optimizer=optimizer)
    assert ("New York City", "LOC") not in entities(nlp)
    assert entities(nlp, known.text) == [("Ada", "PER"), ("Grace Hopper", "PER"), ("Kigali", "LOC")]


def test_what_was_not_rejected_stays_possible() -> None:
    """Another end or another type of the same entity is learned beside it."""
    nlp, optimizer = trained("ner"), Adam(0.01)
    said = Layer("partial", [LabelledSpan(0, 8, "LOC")], wrong=[LabelledSpan(0, 13, "LOC")])
    example = example_of(correction(ents=said), nlp.tokenizer)
    for _ in range(40):
        nlp.update([example], optimizer=optimizer)
    assert ("New York", "LOC") in entities(nlp)


def test_a_teacher_does_not_bring_a_rejected_entity_back() -> None:
    """Its opinion stands where nobody contradicts it, and this one was contradicted."""
    teacher, student, optimizer = trained("ner"), trained("ner"), Adam(0.005)
    known = toy_examples(student)[0]
    for _ in range(40):
        update_with_teacher(student, teacher, [rejected(student, "ents"), known], weight=2.0)
        student.finish_update(optimizer)
    assert entities(teacher) == [("New York City", "LOC")]
    assert ("New York City", "LOC") not in entities(student)
    assert entities(student, known.text) == entities(teacher, known.text)


def test_rejections_of_what_nobody_would_find_change_nothing() -> None:
    """Of a type that the head lacks, or of words inside a token: no gradient at all."""
    nlp = trained("ner", steps=1)
    for example in (rejected(nlp, "ents", "EVENT"), rejected(nlp, "ents", end=2)):
        assert nlp.update([example])["ner"] == 0.0


def test_the_group_of_wrong_entities_may_have_another_name() -> None:
    """As spaCy's configs give it."""
    sections = alone("ner")
    sections["ner"]["incorrect_spans_key"] = "no"
    nlp = toy_pipeline(sections)
    gold = nlp.tokenizer(TEXT)
    gold.set_ents([(0, 4, "-")])
    gold.set_spans("no", [(0, 3, "LOC")])
    assert nlp.update([Example(nlp.tokenizer(TEXT), gold)])["ner"] > 0.0


@pytest.mark.parametrize("factory", ["spancat", "spancat_singlelabel"])
def test_a_span_that_was_rejected_is_found_no_longer(factory: str) -> None:
    """From one rejection, while the other spans stay."""
    nlp = trained(factory, steps=60)
    assert groups(nlp) == [("New York City", "LOC")]
    known, optimizer = toy_examples(nlp)[0], Adam(0.005)
    for _ in range(40):
        nlp.update([rejected(nlp, "spans"), known], optimizer=optimizer)
    assert groups(nlp) == []
    assert len(groups(nlp, known.text)) == 3


@pytest.mark.parametrize("factory", ["spancat", "spancat_singlelabel"])
def test_a_span_that_was_accepted_alone_is_learned(factory: str) -> None:
    """The other spans of the text stay as they are: nobody said anything about them."""
    nlp = trained(factory, steps=60)
    said = Layer("partial", [LabelledSpan(4, 8, "PER")])
    example, optimizer = example_of(correction(spans=said), nlp.tokenizer), Adam(0.005)
    component = nlp.component(factory)
    assert isinstance(component, SpanCategorizer)
    batch = nlp.tokenizer.tokenize([TEXT])
    spans, lengths = component.suggest(batch)
    _, weights, denied = component.targets(batch, [example], spans, lengths)
    assert spans[weights.any(axis=1)].tolist() == [[1, 2]]
    assert not denied.any()
    for _ in range(40):
        nlp.update([example, *toy_examples(nlp)[:1]], optimizer=optimizer)
    assert ("York", "PER") in groups(nlp)


def test_exclusive_labels_leave_open_what_is_right() -> None:
    """One is denied; the others, and "no label", share what it had."""
    nlp = trained("spancat_singlelabel", steps=1)
    component = nlp.component("spancat_singlelabel")
    assert isinstance(component, SpanCategorizer)
    batch = nlp.tokenizer.tokenize([TEXT])
    nlp.component("tok2vec").predict(batch)
    target = component.distillation_target(batch, [rejected(nlp, "spans")])
    scores = np.tile(np.array([[0.2, 0.5, 0.3]], dtype="float32"), (len(component.suggest(batch)[0]), 1))
    gradient, _ = target.gradient(scores)
    denied = gradient[gradient.any(axis=1)]
    place = component.labels.index("LOC")
    p = scores[0, place]
    assert denied.shape == (1, 3)
    assert denied[0, place] == pytest.approx(p)
    assert denied[0, 2] == pytest.approx(-0.3 * p / (1 - p))


@pytest.mark.parametrize("layer", ["ents", "spans"])
def test_rejections_judge(layer: str) -> None:
    """Who finds a rejected span is wrong; who finds anything else there is neither right nor wrong."""
    nlp = engine.blank("en")
    example = rejected(nlp, layer)
    name = "ents" if layer == "ents" else "spans.sc"

    def counts(*found: tuple[int, int, str]) -> tuple[int, int]:
        predicted = nlp.tokenizer(TEXT)
        if layer == "ents":
            predicted.set_ents(found)
        else:
            predicted.set_spans("sc", found)
        pair = unit_pairs(Example(predicted, example.reference))[name]
        return len(pair.predicted), len(pair.gold)

    assert counts((0, 3, "LOC")) == (1, 0)
    assert counts((0, 3, "PER")) == counts((0, 2, "LOC")) == counts() == (0, 0)
    assert set(unit_pairs(example)) == {name}
