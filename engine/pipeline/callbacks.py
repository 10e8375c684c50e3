# SPDX-License-Identifier: Apache-2.0
"""Callbacks that configs name: parts of another pipeline taken over, ranges for NVIDIA's profiler."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import wraps
from typing import Any

from thinc.api import Model
from thinc.util import use_nvtx_range

from ..components import TrainableComponent
from ..config.registry import registry
from ..errors import EngineError
from ..safe_files import named_path
from .build import load
from .pipeline import Pipeline

PIPE_FUNCTIONS = (
    "predict",
    "set_annotations",
    "update",
    "rehearse",
    "get_loss",
    "initialize",
    "begin_update",
    "finish_update",
)
"""Methods of a component that get a range."""


@registry.callbacks("freshet.copy_from_base_model.v1")
def copy_from_base_model(
    tokenizer: str | None = None, vocab: str | None = None
) -> Callable[[Pipeline], Pipeline]:
    """Before initialisation: take the tokenizer, and what the vocabulary holds (static vectors, norms), of
    saved pipelines, each from the one that is named.

    Raises: ModelFileError where there is none.
    """

    def copy(pipeline: Pipeline) -> Pipeline:
        if tokenizer is not None:
            pipeline.tokenizer = load(named_path(tokenizer)).tokenizer
        if vocab is not None:
            pipeline.use_vectors(load(named_path(vocab)).vectors)
        return pipeline

    return copy


@registry.callbacks("freshet.models_with_nvtx_range.v1")
def models_with_nvtx_range(
    forward_color: int = -1, backprop_color: int = -1
) -> Callable[[Pipeline], Pipeline]:
    """After the pipeline was made: a range for each layer, forward and back, in what a GPU's profiler
    shows."""

    def mark(pipeline: Pipeline) -> Pipeline:
        for _, component in _trainable(pipeline):
            for node in component.model.walk():
                _mark_layer(node, forward_color, backprop_color)
        return pipeline

    return mark


@registry.callbacks("freshet.models_and_pipes_with_nvtx_range.v1")
def models_and_pipes_with_nvtx_range(
    forward_color: int = -1,
    backprop_color: int = -1,
    additional_pipe_functions: Mapping[str, Sequence[str]] | None = None,
) -> Callable[[Pipeline], Pipeline]:
    """The same, and a range for each method of a component; `additional_pipe_functions`: more of them by
    component.

    Raises: EngineError where a component lacks one that is named.
    """
    mark_models = models_with_nvtx_range(forward_color, backprop_color)
    more = additional_pipe_functions or {}

    def mark(pipeline: Pipeline) -> Pipeline:
        mark_models(pipeline)
        for name, component in pipeline.components:
            for function in dict.fromkeys((*PIPE_FUNCTIONS, *more.get(name, ()))):
                if function in more.get(name, ()) and not hasattr(component, function):
                    raise EngineError(f"expected {name!r} to have a method {function!r} to mark; it has none")
                _mark_method(name, component, function)
        return pipeline

    return mark


def _trainable(pipeline: Pipeline) -> Iterator[tuple[str, TrainableComponent]]:
    return ((name, c) for name, c in pipeline.components if isinstance(c, TrainableComponent))


def _mark_layer(node: Model[Any, Any], forward_color: int, backprop_color: int) -> None:
    """Structure and names of the model stay, so that its weights and compiled forms do."""
    forward = node._func

    def marked(model: Model[Any, Any], X: Any, is_train: bool) -> tuple[Any, Callable[[Any], Any]]:
        with use_nvtx_range(f"{model.name} forward", forward_color):
            output, backprop = forward(model, X, is_train)

        def marked_backprop(d_output: Any) -> Any:
            with use_nvtx_range(f"{model.name} backprop", backprop_color):
                return backprop(d_output)

        return output, marked_backprop

    node._func = marked


def _mark_method(name: str, component: Any, function: str) -> None:
    method = getattr(component, function, None)
    if method is None:
        return

    @wraps(method)
    def marked(*args: Any, **kwargs: Any) -> Any:
        with use_nvtx_range(f"{name} {function}"):
            return method(*args, **kwargs)

    setattr(component, function, marked)
