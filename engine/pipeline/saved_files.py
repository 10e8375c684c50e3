# SPDX-License-Identifier: Apache-2.0
"""Files of a saved pipeline: their names, and what is read from them, each checked against `meta.json`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.numpy import load as load_tensors

from ..components import Component, FileComponent, State, TrainableComponent
from ..errors import EngineError, ModelFileError
from ..file_digests import FileRecord
from ..vectors import Vectors, vectors_from_bytes

CONFIG, META, TOKENIZER = "config.cfg", "meta.json", "tokenizer.json"
WEIGHTS, LABELS = "weights.safetensors", "labels.json"
VECTORS = "vectors.safetensors"

Files = dict[str, bytes]


def read_meta(path: Path) -> dict[str, Any]:
    """The `meta.json` of a saved pipeline. Raises: ModelFileError."""
    if not path.is_dir():
        raise ModelFileError(f"expected the directory of a saved pipeline, got {str(path)!r}, which is none")
    try:
        meta: dict[str, Any] = json.loads((path / META).read_bytes())
        if meta["format"] != 1:
            raise ModelFileError(
                f"{path / META}: expected format 1, got {meta['format']!r}; it needs a newer Freshet"
            )
        return {**meta, "files": dict(meta["files"])}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelFileError(
            f"{path / META}: expected the meta data of a saved pipeline, got {type(error).__name__}: {error}"
        ) from None


def read_checked(path: Path, name: str, meta: Mapping[str, Any]) -> bytes:
    """A file's content, checked against the size and sha256 in meta. Raises: ModelFileError."""
    entry = meta["files"].get(name)
    file = path / name
    if entry is None:
        raise ModelFileError(f"{file}: expected an entry in {META}; the pipeline was not saved as a whole")
    try:
        data = file.read_bytes()
    except OSError as error:
        raise ModelFileError(
            f"{file}: expected a file of {entry['size']} bytes, got {error.strerror}"
        ) from None
    FileRecord(entry["size"], entry["sha256"]).check(data, file)
    return data


def read_vectors(path: Path, meta: Mapping[str, Any]) -> Vectors | None:
    """The static vectors that were saved with a pipeline, if any. Raises: ModelFileError."""
    if VECTORS not in meta["files"]:
        return None
    try:
        return vectors_from_bytes(read_checked(path, VECTORS, meta))
    except (SafetensorError, ValueError, KeyError, TypeError) as error:
        raise ModelFileError(
            f"{path / VECTORS}: expected static vectors as safetensors, got {error}"
        ) from None


def load_states(components: Iterable[tuple[str, Component]], path: Path, meta: Mapping[str, Any]) -> None:
    """Give every component its saved weights and labels, or its files. Raises: ModelFileError,
    EngineError."""
    for name, component in components:
        if isinstance(component, TrainableComponent):
            component.load_state(read_state(path, name, meta))
        if isinstance(component, FileComponent):
            names = [file for file in meta["files"] if file.startswith(f"{name}/")]
            files = {file.removeprefix(f"{name}/"): read_checked(path, file, meta) for file in names}
            load_files(component, path / name, files)


def load_files(component: FileComponent, folder: Path, files: Files) -> None:
    """Give a component its files. Raises: ModelFileError, which names the folder."""
    try:
        component.load_files(files)
    except (EngineError, ValueError, TypeError, LookupError, AttributeError) as error:
        what = (
            str(error)
            if isinstance(error, EngineError)
            else f"expected what was saved, got {type(error).__name__}: {error}"
        )
        raise ModelFileError(f"{folder}: {what}") from None


def read_state(path: Path, name: str, meta: Mapping[str, Any]) -> State:
    """The saved state of one component. Raises: ModelFileError."""
    weights = read_checked(path, f"{name}/{WEIGHTS}", meta)
    labels = json.loads(read_checked(path, f"{name}/{LABELS}", meta))
    try:
        arrays = load_tensors(weights)
        header = json.loads(weights[8 : 8 + int.from_bytes(weights[:8], "little")])
        return State(arrays, labels, json.loads(header["__metadata__"]["nodes"]))
    except (SafetensorError, ValueError, KeyError) as error:
        raise ModelFileError(
            f"{path / name / WEIGHTS}: expected weights as safetensors with layer data, got {error}"
        ) from None
