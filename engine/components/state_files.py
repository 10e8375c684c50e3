# SPDX-License-Identifier: Apache-2.0
"""A trained component's state as files: weights (safetensors) and labels (JSON), and what is kept as it
is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors

from ..errors import ModelFileError
from .state import State

WEIGHTS, LABELS = "weights.safetensors", "labels.json"
PART = ("weights.", ".safetensors")
"""What stands around the name of a part whose weights are in a file of their own."""


def files_of_state(state: State, *, half: bool = False) -> dict[str, bytes]:
    """Name and content of the files; `half` stores weights as 16-bit floats."""
    arrays = _arrays_to_store(state, half)
    parts: dict[str, bytes] = {}
    for part in state.parts:
        own = {name: arrays.pop(name) for name in list(arrays) if name.startswith(f"{part}.")}
        parts[part.join(PART)] = save_tensors(own)
    return {
        WEIGHTS: save_tensors(arrays, {"nodes": json.dumps(state.nodes)}),
        LABELS: json_bytes(state.labels),
        **parts,
        **state.files,
    }


def state_of_files(files: Mapping[str, bytes], folder: Path | str = "") -> State:
    """What `files_of_state` gave. Raises: ModelFileError, which names the file below `folder`."""
    for name in (WEIGHTS, LABELS):
        if name not in files:
            raise ModelFileError(f"{Path(folder) / name}: expected this file of a trained component")
    weights = files[WEIGHTS]
    try:
        labels = json.loads(files[LABELS])
        header = json.loads(weights[8 : 8 + int.from_bytes(weights[:8], "little")])
        arrays = load_tensors(weights)
        parts = [name for name in files if is_part(name)]
        for part in parts:
            arrays |= load_tensors(files[part])
        others = {name: data for name, data in files.items() if name not in (WEIGHTS, LABELS, *parts)}
        names = tuple(part.removeprefix(PART[0]).removesuffix(PART[1]) for part in parts)
        return State(arrays, labels, json.loads(header["__metadata__"]["nodes"]), others, names)
    except (SafetensorError, ValueError, KeyError) as error:
        raise ModelFileError(
            f"{Path(folder) / WEIGHTS}: expected weights as safetensors with layer data, got {error}"
        ) from None


def is_part(name: str) -> bool:
    """Whether a file holds the weights of a part."""
    return name != WEIGHTS and name.startswith(PART[0]) and name.endswith(PART[1])


def json_bytes(value: Mapping[str, Any]) -> bytes:
    """A JSON value as a file."""
    return json.dumps(value, ensure_ascii=False, indent=1).encode("utf8") + b"\n"


def _arrays_to_store(state: State, half: bool) -> dict[str, Any]:
    kind = np.float16 if half else np.float32
    return {
        name: np.ascontiguousarray(array, dtype=kind if np.issubdtype(array.dtype, np.floating) else None)
        for name, array in state.arrays.items()
    }
