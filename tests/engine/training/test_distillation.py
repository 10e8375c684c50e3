# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest
from thinc.api import Adam

import engine
from engine import Pipeline
from engine.components import EmbeddingComponent, TrainableComponent
from engine.components.targets import Distillable
from engine.doc.example import Example
from engine.doc.example_batch import batch_of
from engine.training.distillation import REHEARSAL, update_with_teacher

from ..toy import shared, toy_examples, toy_pipeline, weights

HEADS = ("tagger", "morphologizer", "senter", "parser", "ner", "textcat")


def trained(seed: int = 0, steps: int = 30) -> Pipeline:
    """Six heads on one encoder that know the toy corpus."""
    nlp = toy_pipeline(shared(*HEADS), seed)
    optimizer = Adam(0.01)
    for _ in range(steps):
        nlp.update(toy_examples(nlp), optimizer=optimizer)
    return nlp


def copy_of(nlp: Pipeline) -> Pipeline:
    """A pipeline of its own with the same weights."""
    other = engine.build(nlp.config, tokenizer=nlp.tokenizer)
    for (_, source), (_, target) in zip(nlp.components, other.components, strict=True):
        if isinstance(source, TrainableComponent) and isinstance(target, TrainableComponent):
            target.load_state(source.state())
    return other


def plain(nlp: Pipeline, text: str) -> Example:
    """A text that nobody annotated."""
    return Example(nlp.tokenizer(text), nlp.tokenizer(text))


def gradients(nlp: Pipeline) -> dict[str, np.ndarray]:
    """All gradients, by component and place."""
    found = {}
    for name, component in nlp.components:
        assert isinstance(component, TrainableComponent)
        for i, node in enumerate(component.model.walk()):
            found.update(
                {f"{name}/{i}/{p}": node.get_grad(p).copy() for p in node.param_names if node.has_grad(p)}
            )
    return found


def test_every_head_of_a_pipeline_can_be_taught() -> None:
    """Six kinds of head, none left to gold alone."""
    nlp = toy_pipeline(shared(*HEADS))
    assert all(isinstance(c, Distillable) for _, c in nlp.components if not isinstance(c, EmbeddingComponent))


def test_a_student_that_equals_its_tutor_learns_nothing_from_it() -> None:
    """On texts without annotation the gradients are zero, through all heads and the shared encoder."""
    nlp = trained(steps=3)
    losses = update_with_teacher(
        nlp, copy_of(nlp), [plain(nlp, "Grace met Ada in York. Rain fell?")], weight=1.0
    )
    assert {f"{head}{REHEARSAL}" for head in HEADS} <= set(losses)
    assert all(losses[f"{head}{REHEARSAL}"] < 1e-9 for head in HEADS)
    largest = max(float(np.abs(gradient).max()) for gradient in gradients(nlp).values())
    assert largest < 1e-3, largest


def test_rehearsal_alone_brings_a_student_to_its_teacher() -> None:
    """From raw texts a student with other weights comes to annotate as its teacher does; both losses are
    reported apart."""
    teacher, student = trained(seed=1), trained(seed=2, steps=1)
    examples = [plain(student, example.text) for example in toy_examples(student)]
    optimizer = Adam(0.01)
    distances = []
    for _ in range(60):
        losses = update_with_teacher(student, teacher, examples, weight=1.0)
        student.finish_update(optimizer)
        distances.append(sum(losses[f"{head}{REHEARSAL}"] for head in HEADS))
        assert losses["tagger"] == 0.0
    assert distances[-1] < 0.1 * distances[0]
    text = examples[0].text
    assert student(text).tags == teacher(text).tags
    assert [(e.text, e.label) for e in student(text).ents] == [(e.text, e.label) for e in teacher(text).ents]


@pytest.mark.parametrize("weight", [0.5, 100.0])
def test_where_a_person_overrules_the_tutor_only_the_person_counts(weight: float) -> None:
    """The gradient of a corrected token is gold's, whatever the teacher's weight; on the other tokens both
    count."""
    teacher = trained()
    student = copy_of(teacher)
    example = toy_examples(student)[0]
    tags = list(example.reference.tags)
    wrong = tags.index("VBD")
    example.reference.set_tags(["NN" if i == wrong else tag for i, tag in enumerate(tags)])
    assert teacher(example.text).tags[wrong] == "VBD"
    head = student.component("tagger")
    assert isinstance(head, Distillable)
    batch, view = (batch_of([example], student.tokenizer) for _ in range(2))
    for nlp, target in ((student, batch), (teacher, view)):
        nlp.component("tok2vec").predict(target)
    target = head.distillation_target(batch, [example])
    scores = teacher.component("tagger").begin_update(view, 0.0)[0]  # type: ignore[attr-defined]
    corrected = target.corrected_mask(scores)[:, 0]
    assert corrected.tolist() == [i == wrong for i in range(len(tags))]


def test_what_a_person_says_is_learned_against_the_teacher() -> None:
    """After some steps the student has the corrected entity and keeps the rest."""
    teacher = trained()
    student = copy_of(teacher)
    example = toy_examples(student)[0]
    example.reference.set_ents(
        [
            (2, 4, "LOC") if label == "PER" and start == 2 else (start, end, label)
            for start, end, label in _ents(example)
        ]
    )
    optimizer = Adam(0.01)
    for _ in range(40):
        update_with_teacher(student, teacher, [example], weight=0.5)
        student.finish_update(optimizer)
    found = {(e.text, e.label) for e in student(example.text).ents}
    assert ("Grace Hopper", "LOC") in found
    assert ("Ada", "PER") in found
    assert student(example.text).tags == teacher(example.text).tags


def test_the_tutor_stays_as_it_is() -> None:
    """Teaching changes no weight of the teacher and leaves no annotation on its side."""
    teacher, student = trained(steps=2), trained(seed=3, steps=2)
    before = weights(teacher)
    update_with_teacher(student, teacher, toy_examples(student), weight=0.5, dropout=0.2)
    student.finish_update(Adam(0.1))
    assert all(np.array_equal(before[key], array) for key, array in weights(teacher).items())
    assert not gradients(teacher) or all(not gradient.any() for gradient in gradients(teacher).values())


def test_a_frozen_encoder_takes_no_gradient() -> None:
    """The heads learn on an encoder that is left out."""
    teacher, student = trained(steps=2), trained(seed=3, steps=2)
    before = weights(student)
    update_with_teacher(student, teacher, toy_examples(student), weight=0.5, exclude=["tok2vec"])
    student.finish_update(Adam(0.1), ["tok2vec"])
    after = weights(student)
    assert all(np.array_equal(before[key], after[key]) for key in before if key.startswith("tok2vec/"))
    assert any(not np.array_equal(before[key], after[key]) for key in before if key.startswith("ner/"))


def _ents(example: Example) -> list[tuple[int, int, str]]:
    return [(e.start, e.end, e.label) for e in example.reference.ents]
