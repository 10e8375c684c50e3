# SPDX-License-Identifier: Apache-2.0
"""A component's model, layer by layer: before its weights are drawn, after, and after a few steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from thinc.api import Model

from ..components import Component, TrainableComponent
from ..errors import EngineError
from ..pipeline.pipeline import Pipeline
from ..training.loop import LoopSettings, learn_batch
from ..training.train import initialize, resolve_corpora, training_settings

N_STEPS = 3


@dataclass(frozen=True, slots=True)
class Shown:
    """What is shown of a layer; `layers`: numbers of those to show, all if empty."""

    layers: Sequence[int] = ()
    dimensions: bool = False
    parameters: bool = False
    gradients: bool = False
    attributes: bool = False


def debug_model(
    pipeline: Pipeline,
    name: str,
    shown: Shown,
    steps: Sequence[int],
    tell: Callable[[str], object],
) -> None:
    """Tell the layers of a component's model at each of the wanted steps: 0 before weights are drawn, 1
    after, 2 after a training of three steps, 3 with what it predicts. Raises: EngineError where the
    component has no model, or data does not fit."""
    component = component_with_model(pipeline, name)
    if 0 in steps:
        _tell(component, "before weights are drawn", shown, tell)
    settings = training_settings(pipeline)
    corpora = resolve_corpora(pipeline.config, settings)
    initialize(pipeline, corpora["train"], settings)
    if 1 in steps:
        _tell(component, "weights drawn", shown, tell)
    if not {2, 3} & set(steps):
        return
    examples = [example for _, example in zip(range(8), corpora["train"](pipeline), strict=False)]
    others = [other for other in pipeline.names if not _needed(pipeline, other, name)]
    held = LoopSettings(frozen_components=others)
    for _ in range(N_STEPS):
        learn_batch(pipeline, settings["optimizer"], examples, held, dropout=0.0, losses={})
    if shown.gradients:
        pipeline.update(examples, sgd=False, exclude=others)
    if 2 in steps:
        _tell(component, f"after {N_STEPS} steps", shown, tell)
    if 3 in steps:
        pipeline.evaluate(examples)
        for example in examples[:N_STEPS]:
            tell(f"{example.text[:60]!r}: {pipeline.predict([example.text]).n_tokens} tokens annotated")


def component_with_model(pipeline: Pipeline, name: str) -> TrainableComponent:
    """Raises: EngineError where there is no such component, or it has no model."""
    component: Component = pipeline.component(name)
    if not isinstance(component, TrainableComponent):
        raise EngineError(f"expected a component with a model, got {name!r}, which follows rules")
    return component


def describe(model: Model[Any, Any], shown: Shown) -> Iterator[str]:
    """A line for each layer, and below it what is wanted of it."""
    for number, node in enumerate(model.walk()):
        if shown.layers and number not in shown.layers:
            continue
        yield f"Layer {number}: model ID {node.id}: {node.name!r}"
        if shown.dimensions:
            for dimension in node.dim_names:
                yield f" - dim {dimension}: {node.maybe_get_dim(dimension)}"
        if shown.parameters:
            for parameter in node.param_names:
                yield f" - param {parameter}: {_array(node.maybe_get_param(parameter))}"
        if shown.gradients:
            for parameter in node.param_names:
                yield f" - grad {parameter}: {_array(node.maybe_get_grad(parameter))}"
        if shown.attributes:
            for key, value in node.attrs.items():
                yield f" - attr {key}: {str(value)[:80]}"


def _needed(pipeline: Pipeline, other: str, name: str) -> bool:
    sources = {
        node.attrs.get("source") for node in component_with_model(pipeline, name).model.walk() if node.attrs
    }
    return other == name or other in sources


def _tell(component: TrainableComponent, title: str, shown: Shown, tell: Callable[[str], object]) -> None:
    tell(f"=== {component.name}: {title}")
    for line in describe(component.model, shown):
        tell(line)


def _array(value: Any) -> str:
    if value is None:
        return "unset"
    sample = ", ".join(f"{number:.4f}" for number in value.reshape(-1)[:5].tolist())
    return f"{tuple(value.shape)}, [{sample}{', ...' if value.size > 5 else ''}]"
