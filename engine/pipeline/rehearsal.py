# SPDX-License-Identifier: Apache-2.0
"""Training that goes on from what is known, and rehearsal: staying close to what the pipeline said before."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from thinc.api import Optimizer

from ..components import EmbeddingComponent, TrainableComponent
from ..components.losses import masked_softmax
from ..components.targets import Distillable
from ..doc.batch import Batch
from ..doc.doc import Doc
from ..doc.example import Example
from ..doc.example_batch import batch_of
from ..errors import EngineError
from ..kernels import one_library_thread
from ..layers.listener import link
from .arrangement import Arrangement
from .learning import Learning
from .own_steps import OwnStep

Array = npt.NDArray[Any]
Losses = dict[str, float]
Settings = Mapping[str, Mapping[str, Any]]

INITIAL_MODEL = "_rehearsal_model"
"""Attribute in which a component of somebody's own keeps the model that it rehearses."""


class Rehearsal(Arrangement, Learning):
    """A copy of what was known is the teacher; several heads on one embedding are rehearsed together."""

    _teachers: dict[str, TrainableComponent] | None = None

    def resume_training(self, *, sgd: Optimizer | None = None) -> Optimizer:
        """Go on with trained components: keep what they say now for `rehearse`, and give the optimizer."""
        self._teachers = {
            name: self._copy(name, self, name)[0]
            for name, step in self.steps
            if isinstance(step, TrainableComponent) and step.is_initialized
        }
        embeddings: list[str] = []
        for name, teacher in self._teachers.items():
            link(teacher.model, embeddings)
            embeddings += [name] if isinstance(teacher, EmbeddingComponent) else []
        self._give_vectors()
        for _, component in self.components:
            if hasattr(component, INITIAL_MODEL):
                setattr(component, INITIAL_MODEL, component.model.copy())
        if sgd is not None or self._optimizer is None:
            self._optimizer = sgd or self.create_optimizer()
        return self._optimizer

    def rehearse(
        self,
        examples: Sequence[Example],
        *,
        sgd: Optimizer | Literal[False] | None = None,
        losses: Losses | None = None,
        component_cfg: Settings | None = None,
        exclude: Iterable[str] = (),
    ) -> Losses:
        """Learn from a batch to say what was said when `resume_training` was called; gold is not looked at.

        Raises: EngineError where training was not resumed.
        """
        if self._teachers is None:
            raise EngineError("expected nlp.resume_training() before nlp.rehearse, it was not called")
        losses = {} if losses is None else losses
        frozen = set(exclude)
        batch = batch_of(examples, self.tokenizer)
        lesson = _Lesson(batch, examples, losses, self._teachers)
        with one_library_thread():
            for name, step in self.running() if batch.n_tokens else []:
                if name in frozen:
                    lesson.pass_over(step)
                elif isinstance(step, OwnStep) and hasattr(step.component, "rehearse"):
                    own = [Example(Doc(batch, i), each.reference) for i, each in enumerate(examples)]
                    settings = (component_cfg or {}).get(name, {})
                    step.component.rehearse(own, sgd=None, losses=losses, **settings)
                else:
                    lesson.learn(name, step)
            for go_back in reversed(lesson.backward):
                go_back(losses)
        if sgd is not False:
            self.finish_update(sgd or self._own_optimizer(), frozen)
        return losses


class _Lesson:
    """One batch, as the pipeline sees it and, in `view`, as its teachers do."""

    def __init__(
        self,
        batch: Batch,
        examples: Sequence[Example],
        losses: Losses,
        teachers: Mapping[str, TrainableComponent],
    ) -> None:
        self.batch, self.examples, self.losses, self.teachers = batch, examples, losses, teachers
        self.view = replace(batch, columns={}, spans={}, cats={}, vectors={}, grads={}, pieces={})
        self.backward: list[Callable[[Losses], None]] = []

    def pass_over(self, step: Any) -> None:
        """A component that does not change."""
        if isinstance(step, EmbeddingComponent):
            step.predict(self.batch)
            self._encode_by_teacher(step.name)

    def learn(self, name: str, step: Any) -> None:
        """Gradients of one component."""
        if isinstance(step, EmbeddingComponent):
            self.backward.append(step.forward(self.batch, dropout=0.0))
            self._encode_by_teacher(name)
        elif isinstance(step, TrainableComponent) and isinstance(step, Distillable):
            teacher = self.teachers.get(name)
            if teacher is not None and teacher.label_state() == step.label_state():
                self._draw_near(step, teacher)

    def _encode_by_teacher(self, name: str) -> None:
        teacher = self.teachers.get(name)
        if isinstance(teacher, EmbeddingComponent):
            teacher.encode(self.view)

    def _draw_near(self, head: Any, teacher: TrainableComponent) -> None:
        """Soft cross-entropy between what both say."""
        target = head.distillation_target(self.batch, self.examples)
        scores, backprop = head.begin_update(target.inputs, 0.0)
        inputs = self.view if isinstance(target.inputs, Batch) else (self.view, *target.inputs[1:])
        answer = teacher.begin_update(inputs, 0.0)[0]
        gradient = _probabilities(scores, target.valid) - _probabilities(answer, target.valid)
        backprop(np.ascontiguousarray(gradient, dtype=np.float32))
        loss = float(np.vdot(gradient, gradient))
        self.losses[head.name] = self.losses.get(head.name, 0.0) + loss


def _probabilities(scores: Array, valid: Array | None) -> Array:
    return scores if valid is None else masked_softmax(scores, valid)
