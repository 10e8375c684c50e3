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
from ..components.losses import masked_softmax
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
    under a head's name, distances from the teacher under `NAME.rehearsal`. Heads that the teacher lacks, or
    has with other classes, learn from gold alone. Nothing here depends on what was annotated before: compiled
    forms, which keep rows of earlier batches, are not used.
    Source: Z. Li, D. Hoiem, Learning without Forgetting, 2016; Y. Xie et al., Regression Bugs Are In Your
    Model!, 2021.
    """
    losses = {} if losses is None else losses
    frozen, annotating = set(exclude), set(annotates)
    batch = batch_of(examples, student.tokenizer)
    view = replace(batch, columns={}, spans={}, cats={}, vectors={}, grads={})
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
            self.batch.vectors[student.name] = student.model.predict(self.batch)
        else:
            backward.append(student.forward(self.batch, dropout=self.dropout))
        if isinstance(teacher, EmbeddingComponent):
            self.view.vectors[teacher.name] = teacher.model.predict(self.view)
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
            d_teacher, distance = teacher_gradient(target, scores, ask_teacher(teacher, target, self.view))
            d_scores = d_scores + np.float32(self.weight) * d_teacher
            self._report(student.name + REHEARSAL, distance)
        backprop(d_scores)

    def _report(self, name: str, loss: float) -> None:
        self.losses[name] = self.losses.get(name, 0.0) + loss


def _can_teach(teacher: object, student: TrainableComponent) -> TypeGuard[TrainableComponent]:
    return isinstance(teacher, TrainableComponent) and teacher.label_state() == student.label_state()


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


def probabilities(scores: Array, valid: Array | None) -> Array:
    """Softmax over what is valid in each state; scores of classifiers are probabilities already."""
    return scores if valid is None else masked_softmax(scores, valid)
