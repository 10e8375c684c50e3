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

from ..config.size_limits import StoredSizes
from ..errors import ModelFileError
from ..safe_files import check_depth, open_file, parse_json
from .state import State

MAX_HEADER = 100_000_000
"""Bytes of a header, as the library that reads the whole file has it."""

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
            raise ModelFileError(f"{Path(str(folder)) / name}: expected this file of a trained component")
    weights = files[WEIGHTS]
    labels = _checked_labels(
        parse_json(files[LABELS], Path(str(folder)) / LABELS), Path(str(folder)) / LABELS
    )
    try:
        arrays = load_tensors(weights)  # first: it holds the header to its form and its largest size
        header = json.loads(weights[8 : 8 + int.from_bytes(weights[:8], "little")])
        nodes = check_depth(json.loads(header["__metadata__"]["nodes"]), Path(str(folder)) / WEIGHTS)
        parts = [name for name in files if is_part(name)]
        for part in parts:
            arrays |= load_tensors(files[part])
        others = {name: data for name, data in files.items() if name not in (WEIGHTS, LABELS, *parts)}
        names = tuple(part.removeprefix(PART[0]).removesuffix(PART[1]) for part in parts)
        return State(arrays, labels, nodes, others, names)
    except (SafetensorError, ValueError, LookupError, TypeError, RecursionError, OverflowError) as error:
        raise ModelFileError(
            f"{Path(str(folder)) / WEIGHTS}: expected weights as safetensors with layer data, got {error}"
        ) from None


def _checked_labels(labels: Any, file: Path) -> Any:
    """Raises: ModelFileError where they are no map, or a label is no text and no number."""
    listed = labels.get("labels", []) if isinstance(labels, dict) else None
    if not isinstance(listed, list) or not all(type(label) in (str, int) for label in listed):
        raise ModelFileError(
            f"{file}: expected a map of labels, got {str(labels)[:80]}; fetch the file again"
        )
    return labels


def stored_sizes(file: Path) -> StoredSizes:
    """How many arrays a file of weights has, and the largest of their dimensions: its header is read for
    this, and no weights. A damaged file says nothing here: whoever reads all of it names what is wrong."""
    try:
        with open_file(file) as stream:
            header = stream.read(min(int.from_bytes(stream.read(8), "little"), MAX_HEADER))
        arrays = json.loads(header)
        arrays.pop("__metadata__", None)
        return StoredSizes.of([int(size) for size in array["shape"]] for array in arrays.values())
    except (OSError, ValueError, LookupError, TypeError, AttributeError, OverflowError, RecursionError):
        return StoredSizes(0, 0)


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
