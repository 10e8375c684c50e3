# SPDX-License-Identifier: Apache-2.0
"""A pipeline's trainable arrays by names that outlive the process and that a config can mean."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from thinc.api import Model

from ..components import TrainableComponent
from ..components.parameter_places import places_of
from ..layers.late_parts import OWN_FILE
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
    def group(self) -> str:
        """Where it is kept: by component, and of a shared encoder by its layer, which may be frozen."""
        has_own_file = OWN_FILE in self.node.attrs
        return self.key.removesuffix(f".{self.name}") if has_own_file else self.component

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
            for index, node, place in places_of(component.model):
                for parameter in node.param_names:
                    if node.has_param(parameter):
                        key = f"{name}/{index:03d}.{node.name}.{parameter}"
                        yield Parameter(name, key, f"{name}/{place}/{parameter}", node, parameter)
