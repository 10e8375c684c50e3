# SPDX-License-Identifier: Apache-2.0
"""A moving average of a pipeline's weights, which is steadier than the weights themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager

import numpy as np
import numpy.typing as npt

from ..components import TrainableComponent
from ..errors import EngineError
from ..layers.late_parts import FIXED
from ..pipeline.pipeline import Pipeline
from .parameters import parameters_of

Floats = npt.NDArray[np.float32]


class MovingAverage:
    """`average += (1 - decay) * (weights - average)` after every step; the decay grows to its value over the
    first steps: after `n` of them it is `(1 + n) / (ramp + n)` at most, so that the average is over about
    `n / ramp` of them. A larger `ramp` stays nearer to the newest weights while they still get better fast.

    Source: A. Soutif-Cormerais et al., Improving Online Continual Learning Performance and Stability with
    Temporal Ensembles, 2023 (arXiv 2306.16817).
    """

    def __init__(self, pipeline: Pipeline, decay: float, ramp: float = 10.0) -> None:
        if not 0.0 <= decay < 1.0:
            raise EngineError(f"expected an average's decay from 0 to below 1, got {decay}")
        if not ramp >= 1.0:
            raise EngineError(f"expected an average's ramp of 1 or more, got {ramp}")
        self.decay = decay
        self.ramp = ramp
        self.n_steps = 0
        self.arrays: dict[str, Floats] = {p.key: p.value().copy() for p in parameters_of(pipeline)}

    def update(self, pipeline: Pipeline) -> None:
        """Take in the weights after a step."""
        self.n_steps += 1
        decay = min(self.decay, (1 + self.n_steps) / (self.ramp + self.n_steps))
        for parameter in parameters_of(pipeline):
            if parameter.node.attrs.get(FIXED):
                continue
            average = self.arrays[parameter.key]
            average += np.float32(1.0 - decay) * (parameter.value() - average)

    def restart(self, pipeline: Pipeline) -> None:
        """Begin anew with the weights as they are."""
        self.n_steps = 0
        self.arrays = {p.key: p.value().copy() for p in parameters_of(pipeline)}

    def load(self, arrays: Mapping[str, Floats], n_steps: int) -> None:
        """Take over an average. Raises: EngineError where it belongs to another pipeline."""
        if set(arrays) != set(self.arrays):
            odd = ", ".join(sorted(set(arrays) ^ set(self.arrays))[:3])
            raise EngineError(f"expected averages of this pipeline's parameters; they differ at {odd}")
        self.arrays = {key: np.array(arrays[key], dtype=np.float32) for key in self.arrays}
        self.n_steps = n_steps

    @contextmanager
    def apply(self, pipeline: Pipeline) -> Iterator[None]:
        """The pipeline with the averaged weights; its own come back afterwards."""
        with ExitStack() as stack:
            for name, component in pipeline.components:
                if isinstance(component, TrainableComponent):
                    own = {
                        p.model_key: self.arrays[p.key]
                        for p in parameters_of(pipeline)
                        if p.component == name
                    }
                    stack.enter_context(component.use_params(own))
            pipeline.weights_changed()
            yield
        pipeline.weights_changed()
