# SPDX-License-Identifier: Apache-2.0
"""What a head learns from one batch: gold's gradient, and where a teacher may add its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from ..doc.batch import Batch
from ..doc.example import Example
from ..scoring.units import HALF

Array = npt.NDArray[Any]
Losses = dict[str, float]
Gradient = tuple[Array, float]


@dataclass(frozen=True, slots=True)
class DistillationTarget:
    """One batch as a head sees it.

    `inputs` is what the model reads; `gradient` turns its training scores into gold's gradient and loss;
    `corrected_mask` takes a teacher's probabilities and marks those that gold contradicts (shape of the
    scores, or one column). `valid` marks what may be done in each state of a transition system, whose scores
    are not yet probabilities; None where the model's output is one of probabilities, which sum to one over
    the classes where these are `exclusive`.
    """

    inputs: Any
    gradient: Callable[[Array], Gradient]
    corrected_mask: Callable[[Array], Array]
    valid: Array | None = None
    exclusive: bool = True


@runtime_checkable
class Distillable(Protocol):
    """A head that says what it learns before it learns it, so that others may join in."""

    name: str

    def distillation_target(self, batch: Batch, examples: Sequence[Example]) -> DistillationTarget:
        """What gold says about this batch."""
        ...

    def begin_update(self, X: Any, dropout: float) -> tuple[Any, Callable[[Any], Any]]:
        """Forward pass with dropout, and its backward pass."""
        ...


def learn(
    head: Distillable, batch: Batch, examples: Sequence[Example], *, dropout: float, losses: Losses
) -> None:
    """Collect gold's gradients for one batch."""
    target = head.distillation_target(batch, examples)
    scores, backprop = head.begin_update(target.inputs, dropout)
    d_scores, loss = target.gradient(scores)
    losses[head.name] = losses.get(head.name, 0.0) + loss
    backprop(d_scores)


def probability_target(
    inputs: Any, truths: Array, known: Array, *, loss: Callable[[Array], Any], exclusive: bool
) -> DistillationTarget:
    """Squared error of probabilities where gold says something (`known`); `loss` makes one number of the
    squares. Shape: `truths` and `known` as the scores."""

    def gradient(scores: Array) -> tuple[Array, float]:
        d_scores = (scores - truths) * known
        return d_scores, float(loss(d_scores**2))

    def corrected_mask(teacher: Array) -> Array:
        corrected: Array = (known > 0) & ((teacher > HALF) != (truths > HALF))
        return corrected

    return DistillationTarget(inputs, gradient, corrected_mask, exclusive=exclusive)


def corrected_classes(targets: Array, negative: Array | None = None) -> Callable[[Array], Array]:
    """Where the teacher's best class is not gold's; -1 in `targets` contradicts nobody. Where `negative`,
    gold says what is wrong."""

    def corrected_mask(probabilities: Array) -> Array:
        same = probabilities.argmax(axis=1) == targets
        wrong = ~same if negative is None else np.where(negative, same, ~same)
        corrected: Array = ((targets >= 0) & wrong)[:, None]
        return corrected

    return corrected_mask


def corrected_actions(wanted: Array) -> Callable[[Array], Array]:
    """Where the teacher's best action is none of the wanted ones; states in which nothing is wanted
    contradict nobody."""

    def corrected_mask(probabilities: Array) -> Array:
        best = probabilities.argmax(axis=1)
        corrected: Array = (wanted.any(axis=1) & ~wanted[np.arange(len(best)), best])[:, None]
        return corrected

    return corrected_mask
