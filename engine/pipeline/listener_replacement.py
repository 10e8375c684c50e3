# SPDX-License-Identifier: Apache-2.0
"""A head that reads a shared embedding becomes one with a copy of that embedding of its own."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from thinc.api import Model

from ..components import TrainableComponent
from ..config.registry import canonical
from ..layers import LISTENER
from .errors import ArrangementError

LISTENER_FUNCTION = "freshet.Tok2VecListener.v1"
MODEL = "model"


def upstreams_of(component: Any) -> list[str]:
    """Names of the embeddings that a component reads."""
    if not isinstance(component, TrainableComponent):
        return []
    nodes = (node for node in component.model.walk() if node.name == LISTENER)
    return list(dict.fromkeys(str(node.attrs["source"]) for node in nodes if node.attrs["source"]))


def with_own_embedding(
    name: str, block: Mapping[str, Any], embedding: Mapping[str, Any], listeners: Sequence[str]
) -> dict[str, Any]:
    """The section of a component in which listeners, by dotted paths such as `model.tok2vec`, are the
    embedding's model. Raises: ArrangementError where there is no listener at a path."""
    changed = copy.deepcopy(dict(block))
    for listener in listeners:
        *parents, last = listener.split(".")
        node: Any = changed
        for key in parents:
            node = node.get(key) if isinstance(node, dict) else None
        found = node.get(last) if isinstance(node, dict) else None
        if not _is_listener(found):
            known = ", ".join(_listener_paths(block, ())) or "none"
            raise ArrangementError(
                f"expected the path of a listener of component {name!r}, got {listener!r}; there are: {known}"
            )
        node[last] = copy.deepcopy(embedding[MODEL])
    return changed


def take_model(
    component: TrainableComponent, fresh: TrainableComponent, embedding: TrainableComponent
) -> None:
    """Give a component the model of a fresh one, which has the embedding in place of its listeners, with the
    weights of both."""
    _copy_weights(component.model, fresh.model, embedding.model)
    component.model = fresh.model
    component.weights_changed()


def _copy_weights(source: Model[Any, Any], target: Model[Any, Any], embedding: Model[Any, Any]) -> None:
    """From a tree of layers to one of the same shape, which has the embedding's where the other has a
    listener."""
    if source.name == LISTENER and target.name != LISTENER:
        _copy_weights(embedding, target, embedding)
        return
    for name in source.dim_names:
        if source.has_dim(name) and name in target.dim_names and target.has_dim(name) is None:
            target.set_dim(name, source.get_dim(name))
    for name in source.param_names:
        if source.has_param(name):
            target.set_param(name, source.get_param(name).copy())
    if "seed" in source.attrs:
        target.attrs["seed"] = source.attrs["seed"]
    for ours, theirs in zip(source.layers, target.layers, strict=True):
        _copy_weights(ours, theirs, embedding)


def _is_listener(block: object) -> bool:
    return isinstance(block, Mapping) and _function(block) == LISTENER_FUNCTION


def _function(block: Mapping[str, Any]) -> str:
    return canonical("architectures", str(block.get("@architectures")))


def _listener_paths(block: Mapping[str, Any], path: tuple[str, ...]) -> list[str]:
    found = [".".join(path)] if _is_listener(block) else []
    for key, value in block.items():
        if isinstance(value, Mapping):
            found += _listener_paths(value, (*path, str(key)))
    return found
