# SPDX-License-Identifier: Apache-2.0
"""A pipeline's weights by name: taken, put back, and mixed with those of another one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt

from ..components import TrainableComponent
from ..pipeline.pipeline import Pipeline
from .parameters import parameters_of

Array = npt.NDArray[Any]
Weights = dict[str, Array]
"""Arrays by the parameter's key."""


def weights_of(pipeline: Pipeline) -> Weights:
    """Copies of all weights."""
    return {parameter.key: parameter.value().copy() for parameter in parameters_of(pipeline)}


def set_weights(pipeline: Pipeline, weights: Mapping[str, Array]) -> None:
    """Put weights in, those that have a name and a shape of the pipeline's; the others stay as they are."""
    for parameter in parameters_of(pipeline):
        array = weights.get(parameter.key)
        if array is not None and array.shape == parameter.value().shape:
            parameter.node.set_param(parameter.name, np.array(array))
    weights_were_changed(pipeline)


def weights_were_changed(pipeline: Pipeline) -> None:
    """Let the pipeline forget what it made of the weights of before."""
    for _, component in pipeline.components:
        if isinstance(component, TrainableComponent):
            component.weights_changed()
    pipeline.weights_changed()


@contextmanager
def with_weights(pipeline: Pipeline, weights: Mapping[str, Array]) -> Iterator[Pipeline]:
    """The pipeline with other weights; its own come back afterwards."""
    own = weights_of(pipeline)
    set_weights(pipeline, weights)
    try:
        yield pipeline
    finally:
        set_weights(pipeline, own)


def mix_weights(own: Mapping[str, Array], other: Mapping[str, Array], share: float) -> Weights:
    """`share * other + (1 - share) * own`, parameter by parameter of one form.

    Source: M. Wortsman et al., Robust Fine-Tuning of Zero-Shot Models, 2022 (arXiv 2109.01903).
    """
    ours, theirs = np.float32(1.0 - share), np.float32(share)
    return {key: np.asarray(ours * array + theirs * other[key], array.dtype) for key, array in own.items()}


def are_mixable(pipeline: Pipeline, other: Pipeline) -> bool:
    """Whether two pipelines have the same heads with the same labels, so that a number means the same in
    both. A head that grew has no counterpart in the pipeline of before."""
    ours, theirs = (
        {p.key: (p.value().shape, _labels(one, p.component)) for p in parameters_of(one)}
        for one in (pipeline, other)
    )
    return ours == theirs


def _labels(pipeline: Pipeline, name: str) -> Any:
    component = pipeline.component(name)
    return component.label_state() if isinstance(component, TrainableComponent) else None
