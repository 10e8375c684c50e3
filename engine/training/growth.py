# SPDX-License-Identifier: Apache-2.0
"""Labels that a pipeline does not have yet: which of them examples bring, and giving them to its heads with
all that is kept beside the weights."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from thinc.api import Optimizer

from ..components import Growth, TrainableComponent
from ..doc.example import Example
from ..errors import EngineError
from ..pipeline.pipeline import Pipeline
from .ema import MovingAverage
from .parameters import parameters_of

Labels = Mapping[str, Sequence[str]]
"""Labels by the name of the head."""

ALL_HEADS = "*"


def growable_heads(pipeline: Pipeline) -> dict[str, TrainableComponent]:
    """Heads at work that labels can be added to, by name."""
    return {
        name: head
        for name, head in pipeline.running()
        if isinstance(head, TrainableComponent) and head.can_grow
    }


def chosen_heads(pipeline: Pipeline, names: Iterable[str]) -> list[str]:
    """The heads of these names, `*` for all that labels can be added to.

    Raises: EngineError where a name is none of theirs.
    """
    growable, names = growable_heads(pipeline), list(names)
    unknown = [name for name in names if name not in (*growable, ALL_HEADS)]
    if unknown:
        raise EngineError(
            f"expected names of heads that labels can be added to, or {ALL_HEADS!r}, got {unknown[0]!r}; "
            f"there are: {', '.join(growable) or 'none'}"
        )
    return list(growable) if ALL_HEADS in names else [name for name in growable if name in names]


def new_labels(pipeline: Pipeline, examples: Sequence[Example]) -> dict[str, list[str]]:
    """Labels that gold says and that the head of their layer lacks, in order of first appearance."""
    found = {name: head.unknown_labels(examples) for name, head in growable_heads(pipeline).items()}
    return {name: labels for name, labels in found.items() if labels}


def labels_beyond(pipeline: Pipeline, other: Pipeline) -> dict[str, list[str]]:
    """Labels that heads of another pipeline have and those of this one lack."""
    theirs = other.labels
    found = {
        name: [label for label in theirs.get(name, ()) if label not in head.labels]
        for name, head in growable_heads(pipeline).items()
    }
    return {name: labels for name, labels in found.items() if labels}


def grow_heads(
    pipeline: Pipeline,
    labels: Labels,
    optimizer: Optimizer | None = None,
    averages: Iterable[MovingAverage] = (),
) -> None:
    """Give heads more labels; what they say stays as it is until they learn, also with averaged weights.

    Raises: EngineError where labels cannot be added.
    """
    averages = list(averages)
    for name, more in labels.items():
        head = pipeline.component(name)
        if not isinstance(head, TrainableComponent):
            raise EngineError(f"expected a trainable head to add labels to, got {name!r}, which is none")
        growth = head.add_labels(more)
        if growth is not None:
            _widen_copies(pipeline, growth, optimizer, averages)
            _let_sizes_open(pipeline.config.get("components", {}).get(name, {}).get("model", {}))
    pipeline.weights_changed()


def _widen_copies(
    pipeline: Pipeline, growth: Growth, optimizer: Optimizer | None, averages: Sequence[MovingAverage]
) -> None:
    if optimizer is not None:
        growth.widen_optimizer(optimizer)
    for parameter in parameters_of(pipeline) if averages else []:
        if parameter.node is growth.node:
            for average in averages:
                average.arrays[parameter.key] = growth.widen(parameter.name, average.arrays[parameter.key])


def _let_sizes_open(model: Any) -> None:
    """Take numbers of classes out of a head's config: they are saved with the weights."""
    for key, value in model.items() if isinstance(model, dict) else ():
        if key == "nO":
            model[key] = None
        elif key != "tok2vec":
            _let_sizes_open(value)
