# SPDX-License-Identifier: Apache-2.0
"""Multipliers of the learn rate by group of parameters; a rate of zero freezes a group."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase

import numpy as np
from thinc.api import Optimizer

from ..components import TrainableComponent
from ..components.parameter_places import tell_places
from ..errors import EngineError
from ..layers.optimizing import take_step
from ..pipeline.pipeline import Pipeline
from .parameters import parameters_of


class LearnRateMultipliers:
    """Multipliers of the learn rate by pattern over parameter paths, such as `tok2vec/embed/*`; the first
    that matches counts, else 1.

    Raises: EngineError for a factor below zero or a pattern that matches nothing in the pipeline; the message
    lists what exists.
    """

    def __init__(self, pipeline: Pipeline, multipliers: Mapping[str, float]) -> None:
        paths = [parameter.path for parameter in parameters_of(pipeline)]
        for pattern, multiplier in multipliers.items():
            if multiplier < 0:
                raise EngineError(
                    f"expected a factor of the learn rate of 0 or more for {pattern!r}, got {multiplier}"
                )
            if not any(fnmatchcase(path, pattern) for path in paths):
                raise EngineError(
                    f"expected a pattern over parameters, got {pattern!r}, which matches none; there are: "
                    f"{', '.join(paths)}"
                )
        self._multipliers = {path: _first_match(path, multipliers) for path in paths}

    def multiplier(self, path: str) -> float:
        """Of a parameter's path."""
        return self._multipliers.get(path, 1.0)

    def finish_update(self, pipeline: Pipeline, optimizer: Optimizer, exclude: Iterable[str] = ()) -> None:
        """Change the weights by the gradients added up so far, each group at its own rate; frozen ones keep
        weights and moments."""
        frozen = {*exclude, *pipeline.disabled}
        for name, component in pipeline.components:
            if isinstance(component, TrainableComponent):
                tell_places(optimizer, name, component.model)
        for parameter in parameters_of(pipeline):
            node, name = parameter.node, parameter.name
            if parameter.component in frozen or not node.has_grad(name):
                continue
            multiplier = self.multiplier(parameter.path)
            if multiplier == 0.0:
                node.set_grad(name, np.zeros_like(node.get_grad(name)))
                continue
            value, gradient = node.get_param(name), node.get_grad(name)
            node.set_param(
                name, take_step(optimizer, parameter.model_key, value, gradient, lr_scale=multiplier)
            )
        for name, component in pipeline.components:
            if isinstance(component, TrainableComponent) and name not in frozen:
                component.weights_changed()
        pipeline.weights_changed()


def _first_match(path: str, multipliers: Mapping[str, float]) -> float:
    return next(
        (float(multiplier) for pattern, multiplier in multipliers.items() if fnmatchcase(path, pattern)), 1.0
    )
