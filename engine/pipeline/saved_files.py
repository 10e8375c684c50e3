# SPDX-License-Identifier: Apache-2.0
"""Files of a saved pipeline: their names, and what is read from them, each checked against `meta.json`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeGuard

from safetensors import SafetensorError

from ..components import Component, FileComponent, TrainableComponent
from ..components.state_files import LABELS, WEIGHTS, is_part, state_of_files
from ..errors import EngineError, ModelFileError
from ..file_digests import FileRecord
from ..vectors import Vectors, vectors_from_bytes
from .own_steps import OwnStep, unwrapped

CONFIG, META, TOKENIZER = "config.cfg", "meta.json", "tokenizer.json"
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


def read_json(file: Path) -> dict[str, Any]:
    """The map of a JSON file. Raises: ModelFileError."""
    try:
        values = json.loads(file.read_bytes())
    except (OSError, ValueError) as error:
        raise ModelFileError(f"{file}: expected meta data as JSON, got {error}") from None
    if not isinstance(values, dict):
        raise ModelFileError(f"{file}: expected meta data as a map, got {type(values).__name__}")
    return values


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


def keeps_state(step: Component) -> bool:
    """Whether a component is kept as weights and labels, not as files of its own."""
    return step.keeps_weights if isinstance(step, OwnStep) else isinstance(step, TrainableComponent)


def has_files(step: Component) -> TypeGuard[FileComponent]:
    """Whether a component keeps files of its own, alone or, like what a linker knows, beside its weights."""
    return isinstance(step, FileComponent) and not (isinstance(step, OwnStep) and step.keeps_weights)


def load_states(steps: Iterable[tuple[str, Component]], path: Path, meta: Mapping[str, Any]) -> None:
    """Give every component its saved weights and labels, or its files. Raises: ModelFileError,
    EngineError."""
    for name, step in steps:
        if keeps_state(step):
            files = {file: read_checked(path, f"{name}/{file}", meta) for file in _of_state(step, name, meta)}
            unwrapped(step).load_state(state_of_files(files, path / name))
        if has_files(step):
            weights = (
                {f"{name}/{file}" for file in _of_state(step, name, meta)} if keeps_state(step) else set()
            )
            below = {file for file in meta["files"] if file == name or file.startswith(f"{name}/")}
            files = {
                file[len(name) + 1 :]: read_checked(path, file, meta) for file in sorted(below - weights)
            }
            load_files(step, path / name, files)


def _of_state(step: Component, name: str, meta: Mapping[str, Any]) -> list[str]:
    """Files of a component's state: all of its folder, but where it has files of its own beside that."""
    own = (file.removeprefix(f"{name}/") for file in meta["files"] if file.startswith(f"{name}/"))
    others = [file for file in own if file not in (WEIGHTS, LABELS)]
    return [WEIGHTS, LABELS, *(file for file in others if is_part(file) or not has_files(step))]


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
