# SPDX-License-Identifier: Apache-2.0
"""Learning from people while staying close to a teacher, for a whole pipeline: each shared embedding is
computed once for both."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeGuard

import numpy as np
import numpy.typing as npt

from ..components import EmbeddingComponent, TrainableComponent
from ..components.losses import TINY, masked_softmax
from ..components.targets import Distillable, DistillationTarget
from ..doc.batch import Batch
from ..doc.example import Example
from ..doc.example_batch import batch_of
from ..kernels import one_library_thread
from ..pipeline.pipeline import Pipeline

Array = npt.NDArray[Any]
Losses = dict[str, float]

REHEARSAL = ".rehearsal"
"""Ending of the name under which a head's distance from its teacher is reported."""


def update_with_teacher(
    student: Pipeline,
    teacher: Pipeline | None,
    examples: Sequence[Example],
    *,
    weight: float,
    dropout: float = 0.0,
    losses: Losses | None = None,
    exclude: Iterable[str] = (),
    annotates: Iterable[str] = (),
) -> Losses:
    """Add up the gradients of one batch: gold's, and `weight` times the teacher's where gold does not
    contradict the teacher.

    Each pipeline encodes the batch once; then every head learns from both at once. A classifier is drawn
    towards the teacher's probabilities by soft cross-entropy, a transition system in the states that it
    learns from anyhow. A layer that gold leaves out is learned from the teacher alone. Losses of gold stand
    under a head's name, distances from the teacher under `NAME.rehearsal`. Of classes that the teacher lacks
    it has no opinion: it teaches how the others stand among themselves. Heads that the teacher lacks, or that
    lack a class of the teacher's, learn from gold alone. Nothing here depends on what was annotated before:
    compiled forms, which keep rows of earlier batches, are not used.
    Source: Z. Li, D. Hoiem, Learning without Forgetting, 2016; Y. Xie et al., Regression Bugs Are In Your
    Model!, 2021.
    """
    losses = {} if losses is None else losses
    frozen, annotating = set(exclude), set(annotates)
    batch = batch_of(examples, student.tokenizer)
    view = replace(batch, columns={}, spans={}, cats={}, vectors={}, grads={}, pieces={})
    step = _Step(batch, view, examples, weight, dropout, losses)
    teachers = {} if teacher is None else dict(teacher.running())
    backward: list[Callable[[Losses], None]] = []
    with one_library_thread():
        for name, component in student.running() if batch.n_tokens else []:
            if isinstance(component, EmbeddingComponent):
                backward += step.encode(component, teachers.get(name), is_frozen=name in frozen)
                continue
            if isinstance(component, TrainableComponent) and name not in frozen:
                step.learn(component, teachers.get(name))
            if name in annotating:
                component.predict(batch)
        for backprop in reversed(backward):
            backprop(losses)
    return losses


@dataclass(frozen=True, slots=True)
class _Step:
    """One batch, as the student sees it and, in `view`, as the teacher does: the same tokens, vectors of its
    own."""

    batch: Batch
    view: Batch
    examples: Sequence[Example]
    weight: float
    dropout: float
    losses: Losses

    def encode(
        self, student: EmbeddingComponent, teacher: object, *, is_frozen: bool
    ) -> list[Callable[[Losses], None]]:
        """Put both sides' vectors onto the batch; what comes back is called after all heads."""
        backward = []
        if is_frozen:
            student.encode(self.batch)
        else:
            backward.append(student.forward(self.batch, dropout=self.dropout))
        if isinstance(teacher, EmbeddingComponent):
            teacher.encode(self.view)
        return backward

    def learn(self, student: TrainableComponent, teacher: object) -> None:
        """One head's gradients."""
        if not isinstance(student, Distillable):
            student.update(self.batch, self.examples, dropout=self.dropout, losses=self.losses)  # type: ignore[attr-defined]  # every head has it
            return
        target = student.distillation_target(self.batch, self.examples)
        scores, backprop = student.begin_update(target.inputs, self.dropout)
        d_scores, loss = target.gradient(scores)
        self._report(student.name, loss)
        if self.weight and _can_teach(teacher, student):
            answer = ask_teacher(teacher, target, self.view)
            if teacher.label_state() == student.label_state():
                d_teacher, distance = teacher_gradient(target, scores, answer)
            else:
                places = places_of_classes(teacher, student)
                d_teacher, distance = partial_teacher_gradient(target, scores, answer, places)
            d_scores = d_scores + np.float32(self.weight) * d_teacher
            self._report(student.name + REHEARSAL, distance)
        backprop(d_scores)

    def _report(self, name: str, loss: float) -> None:
        self.losses[name] = self.losses.get(name, 0.0) + loss


def _can_teach(teacher: object, student: TrainableComponent) -> TypeGuard[TrainableComponent]:
    if not isinstance(teacher, TrainableComponent) or type(teacher) is not type(student):
        return False
    if teacher.label_state() == student.label_state():
        return True
    return bool(teacher.class_names) and set(teacher.class_names) <= set(student.class_names)


def places_of_classes(teacher: TrainableComponent, student: TrainableComponent) -> Array:
    """The student's number of each class of the teacher. Shape: `(n_classes_of_teacher,)`."""
    places = {name: i for i, name in enumerate(student.class_names)}
    return np.array([places[name] for name in teacher.class_names], dtype=np.int64)


def ask_teacher(teacher: TrainableComponent, target: DistillationTarget, view: Batch) -> Array:
    """The teacher's answer to the same question, on its own vectors, without dropout."""
    inputs = view if isinstance(target.inputs, Batch) else (view, *target.inputs[1:])
    scores: Array = teacher.begin_update(inputs, 0.0)[0]
    return scores


def teacher_gradient(target: DistillationTarget, scores: Array, teacher_scores: Array) -> tuple[Array, float]:
    """Gradient of soft cross-entropy against the teacher's probabilities, nothing where gold contradicts it;
    its sum of squares."""
    student, teacher = probabilities(scores, target.valid), probabilities(teacher_scores, target.valid)
    gradient = np.where(target.corrected_mask(teacher), np.float32(0.0), student - teacher)
    return gradient, float(np.vdot(gradient, gradient))


def partial_teacher_gradient(
    target: DistillationTarget, scores: Array, teacher_scores: Array, places: Array
) -> tuple[Array, float]:
    """The same where the teacher knows only the student's classes `places`: both sides' probabilities are
    those among these classes, and the others have no gradient; a state that only they are valid in has none.
    """
    known = np.zeros(scores.shape[1], dtype=bool)
    known[places] = True
    answer = np.zeros_like(scores)
    answer[:, places] = teacher_scores
    if target.valid is not None:
        asked = target.valid & known
        can_answer = asked.any(axis=1, keepdims=True)
        asked = np.where(can_answer, asked, target.valid)
        student, teacher = masked_softmax(scores, asked), masked_softmax(answer, asked)
    else:
        can_answer = np.ones((len(scores), 1), dtype=bool)
        student, teacher = np.where(known, scores, np.float32(0.0)), answer
        if target.exclusive:
            student = student / np.maximum(student.sum(axis=1, keepdims=True), TINY)
    silent = target.corrected_mask(teacher) | ~can_answer | ~known
    gradient = np.where(silent, np.float32(0.0), student - teacher)
    return gradient, float(np.vdot(gradient, gradient))


def probabilities(scores: Array, valid: Array | None) -> Array:
    """Softmax over what is valid in each state; scores of classifiers are probabilities already."""
    return scores if valid is None else masked_softmax(scores, valid)
