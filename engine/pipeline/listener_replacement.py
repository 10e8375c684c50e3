# SPDX-License-Identifier: Apache-2.0
"""A head that reads a shared embedding becomes one with a copy of that embedding of its own."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from thinc.api import Model

from ..components import TrainableComponent
from ..config.registry import canonical
from ..layers import LISTENER, LISTENERS
from ..layers.late_parts import TAKES_PLACE
from .errors import ArrangementError

LISTENER_FUNCTION = "freshet.Tok2VecListener.v1"
OF_TRANSFORMERS, OF_CURATED = "spacy-transformers.", "spacy-curated-transformers."
OWN_ENCODER = {
    "spacy-transformers.TransformerModel.v1": "spacy-transformers.Tok2VecTransformer.v1",
    "spacy-transformers.TransformerModel.v2": "spacy-transformers.Tok2VecTransformer.v2",
    "spacy-transformers.TransformerModel.v3": "spacy-transformers.Tok2VecTransformer.v3",
}
"""Architecture of a shared encoder, and of one of a head's own."""
MODEL = "model"


def upstreams_of(component: Any) -> list[str]:
    """Names of the embeddings that a component reads."""
    if not isinstance(component, TrainableComponent):
        return []
    nodes = (node for node in component.model.walk() if node.name in LISTENERS)
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
        node[last] = _own_block(name, node[last], copy.deepcopy(dict(embedding[MODEL])))
    return changed


def _own_block(name: str, listener: Mapping[str, Any], model: dict[str, Any]) -> dict[str, Any]:
    """What stands in place of a listener: the embedding's model, with what the listener says of it.

    Raises: ArrangementError where the encoder is of a kind of somebody's own.
    """
    function = _function(listener)
    if function.startswith(OF_CURATED):
        return {**model, "wrapped_listener": dict(listener)}
    if not function.startswith(OF_TRANSFORMERS):
        return model
    own = OWN_ENCODER.get(_function(model))
    if own is None:
        raise ArrangementError(
            f"expected an encoder of {', '.join(OWN_ENCODER)} to give {name!r} a copy of, got "
            f"{_function(model)}"
        )
    kept = {key: value for key, value in listener.items() if key in ("pooling", "grad_factor")}
    return {**model, **kept, "@architectures": own}


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
    if source.name in LISTENERS and TAKES_PLACE in target.attrs:
        target.attrs[TAKES_PLACE](target, source, embedding)
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
    if not isinstance(block, Mapping):
        return False
    function = _function(block)
    is_piece_listener = function.startswith((OF_TRANSFORMERS, OF_CURATED)) and "Listener." in function
    return function == LISTENER_FUNCTION or is_piece_listener


def _function(block: Mapping[str, Any]) -> str:
    return canonical("architectures", str(block.get("@architectures")))


def _listener_paths(block: Mapping[str, Any], path: tuple[str, ...]) -> list[str]:
    found = [".".join(path)] if _is_listener(block) else []
    for key, value in block.items():
        if isinstance(value, Mapping):
            found += _listener_paths(value, (*path, str(key)))
    return found
