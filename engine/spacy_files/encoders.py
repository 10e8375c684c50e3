# SPDX-License-Identifier: Apache-2.0
"""Encoders, their tokenizers and piece encoders in saved models: what spacy-transformers and
spacy-curated-transformers keep inside them.

Imported where a saved model has layers of another library, and not before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from thinc.api import Model

from ..components.transformer.curated_models import CuratedEncoder
from ..components.transformer.encoder_part import EncoderPart
from ..components.transformer.pieces_reader import files_of_attributes
from ..components.transformer.scalar_weight import NAME as SCALAR_WEIGHT
from ..components.transformer.scalar_weight import SCALE, WEIGHTS
from ..errors import ModelFileError
from ..layers.late_parts import late_parts
from ..transformer import (
    Pretrained,
    TransformerError,
    hugging_face_names,
    read_folder,
    read_pretrained,
    read_state,
)
from .model_file import SavedNode
from .msgpack import unpack

Array = npt.NDArray[Any]
Node: TypeAlias = Model[Any, Any]

PIECE_ATTRS = (
    "bos_piece",
    "byte_bpe_processor",
    "eos_piece",
    "lowercase",
    "normalize",
    "sentencepiece_processor",
    "strip_accents",
    "unk_piece",
    "vocab",
    "wordpiece_processor",
)
"""What nodes of piece encoders keep."""

PROCESSORS = ("byte_bpe_processor", "sentencepiece_processor", "vocab", "wordpiece_processor")


def take_encoders(model: Node, saved: Sequence[SavedNode], file: Path) -> dict[str, Array]:
    """Give a model's encoders what the file holds of them; comes back what is the parameters' of layers that
    the file has in another form, as a component's state names them.

    Raises: ModelFileError where there are not as many as the config says, or something of one is missing.
    """
    shims = [(node, unpack(shim, file)) for node in saved for shim in node.shims]
    weightings = [state for state in _states(shims, file) if WEIGHTS in state]
    encoders = [(node, shim) for node, shim in shims if not _is_weighting(shim, file)]
    parts = [(node, part) for _, node, part in late_parts(model) if isinstance(part, EncoderPart)]
    if len(parts) != len(encoders):
        raise ModelFileError(
            f"{file}: expected {len(parts)} encoders, as the config says, got {len(encoders)}; config and "
            "weights do "
            "not belong together"
        )
    for (node, part), (_, shim) in zip(parts, encoders, strict=True):
        try:
            part.take(node, _found(node, part, shim, saved, file))
        except TransformerError as error:
            raise ModelFileError(f"{file}: {error}") from None
    return {**_encoder_arrays(model), **_weighting_arrays(model, weightings, file)}


def take_folder(model: Node, folder: Path) -> dict[str, Array]:
    """The same of a folder in Hugging Face's layout, which earliest versions wrote."""
    for _, node, part in late_parts(model):
        if isinstance(part, EncoderPart):
            part.take(node, read_folder(folder, str(folder)))
    return _encoder_arrays(model)


def _found(
    node: Node, part: EncoderPart, shim: Mapping[str, Any], saved: Sequence[SavedNode], file: Path
) -> Pretrained:
    if isinstance(part, CuratedEncoder):
        state = hugging_face_names(part.family, _state(shim, file))
        return Pretrained(
            str(file), part.curated(), state, files_of_attributes(_piece_attributes(saved, file))
        )
    config, tokenizer = dict(shim.get("config") or {}), dict(shim.get("tokenizer") or {})
    name = str(node.attrs.get("model_name", ""))
    if not config or not shim.get("state"):
        try:
            return read_pretrained(name)
        except TransformerError as error:
            raise ModelFileError(
                f"{file}: expected the weights of {name!r} in it, it was saved without them, and they are "
                "not found "
                f"elsewhere: {error}"
            ) from None
    tokenizer.pop("kwargs", None)
    files = {
        key: value.encode("utf8") if isinstance(value, str) else bytes(value)
        for key, value in tokenizer.items()
    }
    return Pretrained(name or str(file), config, _state(shim, file), files)


def _state(shim: Mapping[str, Any], file: Path) -> dict[str, Array]:
    state = shim.get("state")
    if not isinstance(state, bytes) or not state:
        raise ModelFileError(
            f"{file}: expected the weights of an encoder, there are none; it was saved untrained"
        )
    return read_state(state, str(file))


def _states(shims: Sequence[tuple[SavedNode, Any]], file: Path) -> Iterator[dict[str, Array]]:
    for _, shim in shims:
        if _is_weighting(shim, file):
            yield _state(shim, file)


def _is_weighting(shim: Mapping[str, Any], file: Path) -> bool:
    """Whether it holds the few numbers of a weighted mean of layers."""
    state = shim.get("state")
    return isinstance(state, bytes) and len(state) < 20_000 and set(_state(shim, file)) == {WEIGHTS, SCALE}


def _piece_attributes(saved: Sequence[SavedNode], file: Path) -> dict[str, Any]:
    found = {key: value for node in saved for key, value in node.attrs.items() if key in PIECE_ATTRS}
    if not any(key in found for key in PROCESSORS):
        raise ModelFileError(f"{file}: expected one of {', '.join(PROCESSORS)} in it, there is none")
    return found


def _encoder_arrays(model: Node) -> dict[str, Array]:
    inside = {child.id for _, node, _ in late_parts(model) for child in node.layers}
    return {
        f"{index:03d}.{node.name}.{name}": node.get_param(name)
        for index, node in enumerate(model.walk())
        if node.id in inside
        for name in node.param_names
    }


def _weighting_arrays(model: Node, states: Sequence[Mapping[str, Array]], file: Path) -> dict[str, Array]:
    places = [(index, node) for index, node in enumerate(model.walk()) if node.name == SCALAR_WEIGHT]
    if len(places) != len(states):
        raise ModelFileError(f"{file}: expected {len(places)} weighted means of layers, got {len(states)}")
    arrays: dict[str, Array] = {}
    for (index, node), state in zip(places, states, strict=True):
        for name in (WEIGHTS, SCALE):
            if state[name].reshape(-1).shape != node.get_param(name).shape:
                raise ModelFileError(
                    f"{file}: expected {name} of {node.get_param(name).size} numbers, got others"
                )
            arrays[f"{index:03d}.{node.name}.{name}"] = np.asarray(state[name], np.float32).reshape(-1)
    return arrays
