# SPDX-License-Identifier: Apache-2.0
"""What a head learns from one batch: gold's gradient, and where a tutor may add its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from ..doc.batch import Batch
from ..doc.example import Example

Array = npt.NDArray[Any]
Losses = dict[str, float]
Gradient = tuple[Array, float]


@dataclass(frozen=True, slots=True)
class Lesson:
    """One batch as a head sees it.

    `inputs` is what the model reads; `gradient` turns its training scores into gold's gradient and loss;
    `overrules` takes a tutor's probabilities and marks those that gold contradicts (shape of the scores, or
    one column). `valid` marks what may be done in each state of a transition system, whose scores are not yet
    probabilities; None where the model's output is one of probabilities.
    """

    inputs: Any
    gradient: Callable[[Array], Gradient]
    overrules: Callable[[Array], Array]
    valid: Array | None = None


@runtime_checkable
class Teachable(Protocol):
    """A head that says what it learns before it learns it, so that others may join in."""

    name: str

    def lesson(self, batch: Batch, examples: Sequence[Example]) -> Lesson:
        """What gold says about this batch."""
        ...

    def begin_update(self, X: Any, dropout: float) -> tuple[Any, Callable[[Any], Any]]:
        """Forward pass with dropout, and its backward pass."""
        ...


def learn(
    head: Teachable, batch: Batch, examples: Sequence[Example], *, dropout: float, losses: Losses
) -> None:
    """Collect gold's gradients for one batch."""
    lesson = head.lesson(batch, examples)
    scores, backprop = head.begin_update(lesson.inputs, dropout)
    d_scores, loss = lesson.gradient(scores)
    losses[head.name] = losses.get(head.name, 0.0) + loss
    backprop(d_scores)


def overruled_classes(targets: Array, negative: Array | None = None) -> Callable[[Array], Array]:
    """Where the tutor's best class is not gold's; -1 in `targets` contradicts nobody. Where `negative`, gold
    says what is wrong."""

    def overrules(probabilities: Array) -> Array:
        same = probabilities.argmax(axis=1) == targets
        wrong = ~same if negative is None else np.where(negative, same, ~same)
        overruled: Array = ((targets >= 0) & wrong)[:, None]
        return overruled

    return overrules


def overruled_actions(wanted: Array) -> Callable[[Array], Array]:
    """Where the tutor's best action is none of the wanted ones; states in which nothing is wanted contradict
    nobody."""

    def overrules(probabilities: Array) -> Array:
        best = probabilities.argmax(axis=1)
        overruled: Array = (wanted.any(axis=1) & ~wanted[np.arange(len(best)), best])[:, None]
        return overruled

    return overrules
