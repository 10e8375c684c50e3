# SPDX-License-Identifier: Apache-2.0
"""Weights of one embedding as a file, as `pretrain` writes it, ours or spaCy's, and the layer that they
belong to."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from thinc.api import Model

from ..components import TrainableComponent
from ..components.component import put_weights
from ..errors import EngineError, ModelFileError
from ..safe_files import read_file
from .model_file import read_model
from .weight_transfer import graft

COMPONENT, LAYER = "tok2vec", ""
"""Whose layer it is where `[pretraining]` does not say."""


def embedding_layer(pipeline: Any, pretraining: Mapping[str, Any]) -> Model[Any, Any]:
    """The layer that `component` and `layer` of `[pretraining]` name: the whole model, or what the model
    calls by that name.

    Raises: EngineError where there is no such component or layer.
    """
    name, layer = pretraining.get("component") or COMPONENT, pretraining.get("layer") or LAYER
    component = pipeline.get_pipe(name)
    model: Any = getattr(component, "model", None)
    if not isinstance(model, Model):
        raise EngineError(f"pretraining -> component: expected a component with a model, got {name!r}")
    if not layer:
        return model
    found = model.maybe_get_ref(layer) if layer in model.ref_names else None
    if found is None:
        known = ", ".join(sorted(each for each in model.ref_names if model.maybe_get_ref(each)))
        raise EngineError(
            f"pretraining -> layer: expected a layer of {name!r} by its name, got {layer!r}; there are: "
            f"{known or 'none'}. Empty means the whole model"
        )
    return found


def load_embedding(pipeline: Any, pretraining: Mapping[str, Any], path: str | Path) -> None:
    """Put weights that were pretrained onto the embedding. Raises: EngineError, ModelFileError where there
    are none, or they are of another embedding."""
    file = Path(path)
    try:
        data = read_file(file)
    except OSError as error:
        raise EngineError(
            f"initialize -> init_tok2vec: expected a file of pretrained weights, got {str(path)!r}: "
            f"{error.strerror}; `freshet pretrain` writes model-last.bin"
        ) from None
    load_weights(embedding_layer(pipeline, pretraining), data, file)
    for _, component in pipeline.components:
        if isinstance(component, TrainableComponent):
            component.weights_changed()


def load_weights(layer: Model[Any, Any], data: bytes, file: Path) -> None:
    """Put the weights of a Thinc model file onto a layer. Raises: ModelFileError."""
    state = graft(layer, read_model(data, file), {}, file)
    try:
        put_weights(layer, state, layer.name)
    except EngineError as error:
        raise ModelFileError(f"{file}: {error}") from None


def weights_to_bytes(layer: Model[Any, Any]) -> bytes:
    """The weights of a layer as a Thinc model file, which `load_weights` reads."""
    data: bytes = layer.to_bytes()
    return data
