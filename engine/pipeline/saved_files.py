# SPDX-License-Identifier: Apache-2.0
"""Files of a saved pipeline: their names, and what is read from them, each checked against `meta.json`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeGuard

from safetensors import SafetensorError

from .. import vectors as tables
from ..components import Component, FileComponent, TrainableComponent
from ..components.state_files import LABELS, WEIGHTS, is_part, state_of_files
from ..errors import EngineError, ModelFileError
from ..file_digests import FileRecord
from .files_in_memory import FilesInMemory
from .own_steps import OwnStep, unwrapped

CONFIG, META, TOKENIZER = "config.cfg", "meta.json", "tokenizer.json"
VECTORS = "vectors.safetensors"
OWN_VECTORS = "vectors.bin"
"""What a class of vectors of somebody's own has to keep; `[nlp.vectors]` makes it."""

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


def read_checked(path: Path | FilesInMemory, name: str, meta: Mapping[str, Any]) -> bytes:
    """A file's content, checked against the size and sha256 in meta. Raises: ModelFileError."""
    entry, file = record_of(path, name, meta), path / name
    try:
        data = file.read_bytes()
    except OSError as error:
        raise ModelFileError(f"{file}: expected a file of {entry.size} bytes, got {error.strerror}") from None
    entry.check(data, Path(str(file)))
    return data


def check_file(path: Path, name: str, meta: Mapping[str, Any]) -> None:
    """Check a large file against meta without holding it. Raises: ModelFileError."""
    entry, file = record_of(path, name, meta), path / name
    try:
        entry.check_file(file)
    except OSError as error:
        raise ModelFileError(f"{file}: expected a file of {entry.size} bytes, got {error.strerror}") from None


def record_of(path: Path | FilesInMemory, name: str, meta: Mapping[str, Any]) -> FileRecord:
    """What meta says of a file. Raises: ModelFileError where it says nothing."""
    entry = meta["files"].get(name)
    if entry is None:
        raise ModelFileError(
            f"{path / name}: expected an entry in {META}; the pipeline was not saved as a whole"
        )
    return FileRecord(entry["size"], entry["sha256"])


def read_vectors(path: Path | FilesInMemory, meta: Mapping[str, Any]) -> tables.SavedVectors | None:
    """The static vectors that were saved with a pipeline, if any: mapped from their file, which is checked,
    but of which a process keeps only what it reads. Raises: ModelFileError."""
    if VECTORS not in meta["files"]:
        return None
    try:
        if isinstance(path, FilesInMemory):
            return tables.vectors_from_bytes(read_checked(path, VECTORS, meta))
        check_file(path, VECTORS, meta)
        return tables.vectors_of_file(path / VECTORS)
    except (SafetensorError, ValueError, KeyError, TypeError) as error:
        raise ModelFileError(
            f"{path / VECTORS}: expected static vectors as safetensors, got {error}"
        ) from None


def load_vectors_of(pipeline: Any, path: Any, meta: Mapping[str, Any]) -> None:
    """Give a pipeline the static vectors that were saved with it. Raises: ModelFileError."""
    pipeline.use_vectors(read_vectors(path, meta))
    if OWN_VECTORS in meta["files"]:
        pipeline.vocab.vectors.from_bytes(read_checked(path, OWN_VECTORS, meta))


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
