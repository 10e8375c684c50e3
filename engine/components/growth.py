# SPDX-License-Identifier: Apache-2.0
"""More classes for a trained head: where their weights begin, so that nothing that it says changes.

    score of a new class = mean of the scores of classes that may stand in its place - margin
                         < the best of them, whatever the text

A mean is never above the largest, so a new class never wins before it has learned something; and it begins
where its likes are: a new entity type knows at once how entities begin and end. Heads that ask for each label
by itself have nothing to compare: there a new label begins at a low probability, the same for every text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from thinc.api import Model, Optimizer

from ..errors import ComponentError

Array = npt.NDArray[Any]

MARGIN = 4.0
"""By how much the score of a new class is lower than the mean of its likes: its probability is 2 % of theirs.
Less is learned sooner and takes more from the others' probabilities."""

SHOWN_MARGIN = 16.0
"""The same where people see probabilities of classes that exclude each other: a new one takes 1e-7 of the
others', which is within the rounding of a float32."""

CLASS_AXES: Mapping[str, Mapping[str, int]] = {
    "softmax": {"W": 0, "b": 0},
    "linear": {"W": 0, "b": 0},
    "sparse_linear": {"W": 0, "b": 0},
    "precomputable_affine": {"W": 1, "b": 0, "pad": 2},
}
"""Layers that can be grown, and which axis of their parameters counts classes."""

BIAS = "b"


@dataclass(frozen=True, slots=True)
class NewClass:
    """Where a new class begins: at the mean of the classes `like`, at zero where there are none; its bias so
    much lower."""

    like: tuple[int, ...] = ()
    lower: float = MARGIN


@dataclass(frozen=True, slots=True)
class Growth:
    """What a head grew by: new classes in its output layer, before the class that had the number `at`."""

    node: Model[Any, Any]
    at: int
    classes: tuple[NewClass, ...]
    shapes: Mapping[str, tuple[int, ...]]

    def widen(self, name: str, array: Array) -> Array:
        """Another array of values for the parameter `name`, such as an average of it, with the new classes.
        Shape: as the parameter was, flat or not; the result alike."""
        return self._inserted(name, array, self._rows)

    def widen_optimizer(self, optimizer: Optimizer) -> None:
        """Widen what an optimizer keeps of the layer: its averages, and its moments, which are zero for the
        new classes, so that their first steps are some times as large as those of the others."""
        tables = (
            (optimizer.mom1, self.widen_with_zeros),
            (optimizer.mom2, self.widen_with_zeros),
            (optimizer.averages or {}, self.widen),
        )
        for table, widen in tables:
            for name in self.node.param_names:
                if (self.node.id, name) in table:
                    table[self.node.id, name] = widen(name, table[self.node.id, name])

    def widen_with_zeros(self, name: str, array: Array) -> Array:
        """The same with zeros: moments of an optimizer that has seen nothing of the new classes yet."""
        return self._inserted(name, array, lambda name, stack: np.zeros_like(stack[: len(self.classes)]))

    def _inserted(self, name: str, array: Array, rows: Any) -> Array:
        shape = self.shapes[name]
        axis = CLASS_AXES[self.node.name][name]
        stack = np.moveaxis(array.reshape(self._by_class(shape)), axis, 0)
        more = np.broadcast_to(rows(name, stack), (len(self.classes), *stack.shape[1:]))
        grown = np.concatenate([stack[: self.at], more, stack[self.at :]]).astype(array.dtype, copy=False)
        grown = np.moveaxis(grown, 0, axis)
        # what was flat stays so: optimizers keep moments in one dimension, sparse layers their weights
        flat = array.ndim == 1 or len(shape) == 1
        return np.ascontiguousarray(grown.reshape(-1) if flat else grown)

    def _by_class(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """The shape with an axis for classes; a sparse layer's table has one row for each."""
        n_classes = self.shapes[BIAS][0]
        return shape if shape[0] == n_classes or len(shape) > 1 else (n_classes, shape[0] // n_classes)

    def _rows(self, name: str, stack: Array) -> Array:
        lower = [one.lower if name == BIAS else 0.0 for one in self.classes]
        zero = np.zeros(stack.shape[1:], dtype=np.float64)
        means = [
            stack[list(one.like)].mean(axis=0, dtype=np.float64) if one.like else zero for one in self.classes
        ]
        return np.stack([mean - by for mean, by in zip(means, lower, strict=True)])


def grow_model(name: str, model: Model[Any, Any], at: int, classes: Sequence[NewClass]) -> Growth:
    """Give the output layer of a head's model new classes. `name` is the head's, for errors.

    Raises: EngineError where its output layer is none that can be grown.
    """
    *outer, node = path_to_output(model)
    if not _can_grow(node):
        raise ComponentError(
            f"expected the scores of {name!r} to come from a layer of {', '.join(sorted(CLASS_AXES))} to "
            f"give it new labels, got {node.name}; train the head anew with all labels"
        )
    shapes = {param: node.get_param(param).shape for param in node.param_names}
    growth = Growth(node, at, tuple(classes), shapes)
    values = {param: growth.widen(param, node.get_param(param)) for param in node.param_names}
    with_gradient = [param for param in node.param_names if node.has_grad(param)]
    for param in node.param_names:
        node.set_param(param, None)  # a layer without values lets its dimensions be set
    for one in (*outer, node):
        if one.has_dim("nO"):
            one.set_dim("nO", shapes[BIAS][0] + len(classes), force=True)
    for param, value in values.items():
        node.set_param(param, value)
    for param in with_gradient:
        node.set_grad(param, np.zeros_like(values[param]))
    return growth


def path_to_output(model: Model[Any, Any]) -> Iterator[Model[Any, Any]]:
    """From a model down to the layer with weights that its scores come from: of each chain the last part that
    has any."""
    node: Model[Any, Any] | None = model
    while node is not None:
        yield node
        parts = [] if node.name == "concatenate" else node.layers
        node = next((part for part in reversed(parts) if any(one.param_names for one in part.walk())), None)


def _can_grow(node: Model[Any, Any]) -> bool:
    # in the older table of counted words the weights of neighbouring classes are the same ones
    return node.name in CLASS_AXES and not node.attrs.get("v1_indexing", False)
