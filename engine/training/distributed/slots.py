# SPDX-License-Identifier: Apache-2.0
"""A pipeline's trainable arrays with their gradients, by names that are the same on every worker."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from thinc.api import Model, Shim

from ...kernels.arrays import allocate
from ...pipeline.own_steps import unwrapped
from ...pipeline.pipeline import Pipeline

Array = npt.NDArray[Any]


class Slot(Protocol):
    """One array that learns: of a Thinc layer, or of a PyTorch module inside one."""

    @property
    def name(self) -> str:
        """Its name on every worker."""
        ...

    @property
    def key(self) -> tuple[int, str]:
        """What an optimizer calls it in this process."""
        ...

    def value(self) -> Array:
        """The weights themselves."""
        ...

    def set_value(self, value: Array) -> None:
        """Put weights in."""
        ...

    def take_gradient(self) -> Array | None:
        """The gradient that was added up since it was taken last; None where there was none."""
        ...

    def set_gradient(self, gradient: Array | None) -> None:
        """What the next update goes by."""
        ...


@dataclass(frozen=True, slots=True)
class LayerSlot:
    """An array of a Thinc layer."""

    name: str
    node: Model[Any, Any]
    param: str

    @property
    def key(self) -> tuple[int, str]:
        """Layer and array."""
        return self.node.id, self.param

    def value(self) -> Array:
        """The weights themselves."""
        array: Array = self.node.get_param(self.param)
        return array

    def set_value(self, value: Array) -> None:
        """Put a copy in."""
        self.node.set_param(self.param, aligned(value))

    def take_gradient(self) -> Array | None:
        """The sum so far; the next one begins as if there had never been one."""
        # Thinc knows gradients that are zero, and ones that never were; only its table tells them apart.
        gradient: Array | None = self.node._params._grads.pop(self.key, None)
        return gradient

    def set_gradient(self, gradient: Array | None) -> None:
        """Put it in place of what is there."""
        self.take_gradient()
        if gradient is not None:
            self.node.set_grad(self.param, gradient)


@dataclass(frozen=True, slots=True)
class ModuleSlot:
    """A tensor of a PyTorch module that Thinc wraps."""

    name: str
    shim: Shim
    param: str
    tensor: Any

    @property
    def key(self) -> tuple[int, str]:
        """Wrapper and tensor."""
        return self.shim.id, self.param

    def value(self) -> Array:
        """The weights, on the CPU."""
        array: Array = self.tensor.data.detach().cpu().numpy()
        return array

    def set_value(self, value: Array) -> None:
        """Copy them to where the tensor is."""
        self.tensor.data.copy_(self.tensor.data.new_tensor(np.ascontiguousarray(value)))

    def take_gradient(self) -> Array | None:
        """The sum so far, on the CPU."""
        if self.tensor.grad is None:
            return None
        gradient: Array = self.tensor.grad.detach().cpu().numpy().copy()
        self.tensor.grad = None
        return gradient

    def set_gradient(self, gradient: Array | None) -> None:
        """Copy it to where the tensor is."""
        self.tensor.grad = (
            None if gradient is None else self.tensor.data.new_tensor(np.ascontiguousarray(gradient))
        )


def aligned(array: Array) -> Array:
    """A copy that begins on a cache line, as what is learned in place does: sums in compiled loops and BLAS
    have the same bits wherever they begin alike."""
    copied: Array = allocate(array.shape)
    copied[...] = array
    return copied


def slots_of(pipeline: Pipeline, frozen: frozenset[str] = frozenset()) -> list[Slot]:
    """All arrays of components that are not frozen, each once, component by component."""
    seen: set[tuple[int, str]] = set()
    found: list[Slot] = []
    for name, model in _models(pipeline):
        for slot in _slots(name, model) if name not in frozen else ():
            if slot.key not in seen:
                seen.add(slot.key)
                found.append(slot)
    return found


def _models(pipeline: Pipeline) -> Iterator[tuple[str, Model[Any, Any]]]:
    for name, step in pipeline.running():
        model = getattr(unwrapped(step), "model", None)
        if isinstance(model, Model):
            yield name, model


def _slots(component: str, model: Model[Any, Any]) -> Iterator[Slot]:
    for index, node in enumerate(model.walk()):
        for param in node.param_names:
            if node.has_param(param):
                yield LayerSlot(f"{component}/{index:03d}.{node.name}.{param}", node, param)
        for number, shim in enumerate(node.shims):
            tensors = getattr(getattr(shim, "_model", None), "named_parameters", None)
            for param, tensor in tensors() if tensors is not None else ():
                if tensor.requires_grad:
                    place = f"{component}/{index:03d}.{node.name}.module{number}.{param}"
                    yield ModuleSlot(place, shim, param, tensor)
