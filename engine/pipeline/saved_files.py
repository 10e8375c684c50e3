# SPDX-License-Identifier: Apache-2.0
"""Files of a saved pipeline: their names, and what is read from them, each checked against `meta.json`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeGuard

from confection import Config
from safetensors import SafetensorError

from .. import vectors as tables
from ..components import Component, FileComponent, TrainableComponent
from ..components.state_files import LABELS, WEIGHTS, is_part, state_of_files, stored_sizes
from ..config.config import interpolate_config, parse_config
from ..config.size_limits import check_sizes, check_stored
from ..errors import EngineError, MissingMetaError, ModelFileError, NoPipelineError
from ..file_digests import FileRecord
from ..safe_files import MAX_CONFIG, MAX_FILE, MAX_VALUES, check_inner_path, check_name, parse_json, read_file
from .files_in_memory import FilesInMemory
from .own_steps import OwnStep, unwrapped

CONFIG, META, TOKENIZER = "config.cfg", "meta.json", "tokenizer.json"
VECTORS = "vectors.safetensors"
SOURCE = "source"
"""Key by which the config of a training takes a component from another pipeline."""
OWN_VECTORS = "vectors.bin"
"""What a class of vectors of somebody's own has to keep; `[nlp.vectors]` makes it."""

Files = dict[str, bytes]

LIMITS = {CONFIG: MAX_CONFIG, TOKENIZER: MAX_VALUES, LABELS: MAX_VALUES}
"""Bytes of a file by its name; all others have `MAX_FILE`."""


def read_meta(path: Path) -> dict[str, Any]:
    """The `meta.json` of a saved pipeline. Raises: ModelFileError."""
    if not path.is_dir():
        raise NoPipelineError(f"expected the directory of a saved pipeline, got {str(path)!r}, which is none")
    try:
        meta: dict[str, Any] = parse_json(_read(path / META, MAX_VALUES), path / META)
        if meta["format"] != 1:
            raise ModelFileError(
                f"{path / META}: expected format 1, got {meta['format']!r}; it needs a newer Freshet"
            )
        files = dict(meta["files"])
        for name, entry in files.items():
            check_inner_path(name, f"{path / META}: files")
            FileRecord(entry["size"], entry["sha256"])
        return {**meta, "files": files}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelFileError(
            f"{path / META}: expected the meta data of a saved pipeline, got {type(error).__name__}: {error}"
        ) from None


def read_config_of(path: Any, meta: Mapping[str, Any]) -> Config:
    """The config of a saved pipeline. Raises: ModelFileError where it is none, names a source, or describes
    models that are larger than what is stored of them."""
    file = path / CONFIG
    try:
        config = parse_config(read_checked(path, CONFIG, meta).decode("utf8"))
        check_saved(config, file)
        sections = interpolate_config(config).get("components", {})
        check_sizes(sections, file)
    except UnicodeDecodeError as error:
        raise ModelFileError(f"{file}: expected UTF-8, got another byte at {error.start}") from None
    except EngineError as error:
        raise error if isinstance(error, ModelFileError) else ModelFileError(f"{file}: {error}") from None
    for name, block in sections.items() if isinstance(path, Path) else ():
        if f"{name}/{WEIGHTS}" in meta["files"]:
            check_stored(block, stored_sizes(path / name / WEIGHTS), name, file)
    return config


def check_saved(config: Mapping[str, Any], file: Any) -> None:
    """Raises: ModelFileError where a saved pipeline's config has a component whose name is no folder's, or
    that comes from another pipeline."""
    sections = config.get("components", {})
    for name, block in sections.items() if isinstance(sections, Mapping) else ():
        check_name(name, f"{file}: components")
        if isinstance(block, Mapping) and SOURCE in block:
            raise ModelFileError(
                f"{file}: components -> {name} -> {SOURCE}: a saved pipeline holds all of its components; "
                f"`{SOURCE}` belongs to the config of a training. Train or assemble it again and save that"
            )


def read_json(file: Path) -> dict[str, Any]:
    """The map of a JSON file. Raises: ModelFileError."""
    try:
        values = parse_json(read_file(file, MAX_VALUES), file, "meta data as JSON")
    except OSError as error:
        kind = MissingMetaError if isinstance(error, FileNotFoundError) else ModelFileError
        raise kind(f"{file}: expected meta data as JSON, got {error}") from None
    if not isinstance(values, dict):
        raise ModelFileError(f"{file}: expected meta data as a map, got {type(values).__name__}")
    return values


def read_checked(path: Path | FilesInMemory, name: str, meta: Mapping[str, Any]) -> bytes:
    """A file's content, checked against the size and sha256 in meta. Raises: ModelFileError."""
    entry, file = record_of(path, name, meta), path / check_inner_path(name, str(path))
    try:
        data = _read(file, LIMITS.get(name.rpartition("/")[2], MAX_FILE))
    except OSError as error:
        raise ModelFileError(f"{file}: expected a file of {entry.size} bytes, got {error.strerror}") from None
    entry.check(data, Path(str(file)))
    return data


def _read(file: Any, limit: int) -> bytes:
    """A file of a folder, or of the bytes of a pipeline."""
    data: bytes = read_file(file, limit) if isinstance(file, Path) else file.read_bytes()
    return data


def check_file(path: Path, name: str, meta: Mapping[str, Any]) -> None:
    """Check a large file against meta without holding it. Raises: ModelFileError."""
    entry, file = record_of(path, name, meta), path / check_inner_path(name, str(path))
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
    if isinstance(path, FilesInMemory):
        return vectors_of(read_checked(path, VECTORS, meta), path / VECTORS)
    check_file(path, VECTORS, meta)
    with _naming(path / VECTORS):
        return tables.vectors_of_file(path / VECTORS)


def vectors_of(data: bytes, file: Any) -> tables.SavedVectors:
    """The static vectors of a file. Raises: ModelFileError, which names it."""
    with _naming(file):
        return tables.vectors_from_bytes(data)


@contextmanager
def _naming(file: Any) -> Iterator[None]:
    try:
        yield
    except (SafetensorError, ValueError, LookupError, TypeError, AttributeError, OverflowError) as error:
        raise ModelFileError(f"{file}: expected static vectors as safetensors, got {error}") from None


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
        of_state: list[str] = []
        if keeps_state(step):
            of_state = _of_state(step, name, meta)
            _load_state(
                step, path / name, {file: read_checked(path, f"{name}/{file}", meta) for file in of_state}
            )
        if has_files(step):
            others = sorted(set(_below(name, meta)).difference(of_state))
            files = {file: read_checked(path, f"{name}/{file}" if file else name, meta) for file in others}
            load_files(step, path / name, files)


def _below(name: str, meta: Mapping[str, Any]) -> list[str]:
    """Files of a component by their names in its folder; "" is one that is all there is."""
    return [file[len(name) + 1 :] for file in meta["files"] if file == name or file.startswith(f"{name}/")]


def _of_state(step: Component, name: str, meta: Mapping[str, Any]) -> list[str]:
    """Files of a component's state: all of its folder, but where it has files of its own beside that."""
    others = [file for file in _below(name, meta) if file not in ("", WEIGHTS, LABELS)]
    return [WEIGHTS, LABELS, *(file for file in others if is_part(file) or not has_files(step))]


def _load_state(step: Component, folder: Path, files: Files) -> None:
    """Give a component its weights and labels. Raises: ModelFileError, which names the file."""
    state = state_of_files(files, folder)
    try:
        unwrapped(step).load_state(state)
    except (TypeError, LookupError, ValueError, AttributeError, OverflowError) as error:
        if isinstance(error, EngineError):
            raise
        what = f"{type(error).__name__}: {error}"
        raise ModelFileError(
            f"{folder / LABELS}: expected the labels of its kind of component, got {what}"
        ) from error


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
