# SPDX-License-Identifier: Apache-2.0
"""A pipeline's trainable arrays by names that outlive the process and that a config can mean."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from thinc.api import Model

from ..components import TrainableComponent
from ..pipeline.pipeline import Pipeline

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One array of one layer.

    `key` is `component/NNN.layer.name` as in saved weights; `path` is `component/part/layer.K/name`, where
    the part is the architecture's own name for it (embed, encode, lower, upper, ...) and K counts the layers
    of that kind in the part.
    """

    component: str
    key: str
    path: str
    node: Model[Any, Any]
    name: str

    @property
    def model_key(self) -> tuple[int, str]:
        """What an optimizer calls it in this process."""
        return self.node.id, self.name

    def value(self) -> Floats:
        """The array itself."""
        array: Floats = self.node.get_param(self.name)
        return array


def parameters_of(pipeline: Pipeline) -> Iterator[Parameter]:
    """All arrays that have a value, component by component."""
    for name, component in pipeline.components:
        if isinstance(component, TrainableComponent):
            yield from _parameters(name, component.model)


def _parameters(component: str, model: Model[Any, Any]) -> Iterator[Parameter]:
    parts = _parts(model)
    counts: Counter[tuple[str, str]] = Counter()
    for index, node in enumerate(model.walk()):
        if not node.param_names:
            continue
        part = parts.get(node.id, "")
        place = (
            f"{component}/{part}/{node.name}.{counts[part, node.name]}"
            if part
            else f"{component}/{node.name}.{counts[part, node.name]}"
        )
        counts[part, node.name] += 1
        for name in node.param_names:
            if node.has_param(name):
                yield Parameter(
                    component, f"{component}/{index:03d}.{node.name}.{name}", f"{place}/{name}", node, name
                )


def _parts(model: Model[Any, Any]) -> dict[int, str]:
    """The smallest named part around each layer, by the layer's id."""
    nearest: dict[int, tuple[int, str]] = {}
    for part in sorted(model.ref_names):
        root = model.maybe_get_ref(part)
        inside = [node.id for node in root.walk()] if root is not None else []
        for node_id in inside:
            if node_id not in nearest or len(inside) < nearest[node_id][0]:
                nearest[node_id] = (len(inside), part)
    return {node_id: part for node_id, (_, part) in nearest.items()}
