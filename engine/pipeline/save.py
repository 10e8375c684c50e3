# SPDX-License-Identifier: Apache-2.0
"""Pipelines on disk: config, meta, tokenizer rules, and per component weights (safetensors) and labels
(JSON)."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors

from ..components import FileComponent, State, TrainableComponent
from ..errors import EngineError
from ..vectors import vectors_from_bytes, vectors_to_bytes

if TYPE_CHECKING:
    from .pipeline import Pipeline

CONFIG, META, TOKENIZER = "config.cfg", "meta.json", "tokenizer.json"
WEIGHTS, LABELS = "weights.safetensors", "labels.json"
VECTORS = "vectors.safetensors"

Files = dict[str, bytes]


class ModelFileError(EngineError):
    """A file of a saved pipeline that is missing, truncated or changed; the message names it."""


def save(pipeline: Pipeline, path: Path, *, half: bool = False) -> None:
    """Write the pipeline's files and a `meta.json` with size and sha256 of each; existing files are replaced
    one by one."""
    files = pipeline_files(pipeline, half=half)
    meta = meta_of(pipeline, files)
    for name, data in {**files, META: _json(meta)}.items():
        target = path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = target.with_name(target.name + ".part")
        temporary.write_bytes(data)
        os.replace(temporary, target)
    pipeline.meta = meta


def pipeline_files(pipeline: Pipeline, *, half: bool = False) -> Files:
    """Relative path and content of every file but `meta.json`."""
    files: Files = {
        CONFIG: pipeline.config.to_bytes(interpolate=False),
        TOKENIZER: pipeline.tokenizer.to_json().encode("utf8"),
    }
    for name, component in pipeline.components:
        if isinstance(component, TrainableComponent):
            state = component.state()
            files[f"{name}/{WEIGHTS}"] = save_tensors(
                _stored(state, half), {"nodes": json.dumps(state.nodes)}
            )
            files[f"{name}/{LABELS}"] = _json(state.labels)
        elif isinstance(component, FileComponent):
            files.update({f"{name}/{file}": data for file, data in component.files().items()})
    if pipeline.vectors is not None:
        files[VECTORS] = vectors_to_bytes(pipeline.vectors)
    return files


def meta_of(pipeline: Pipeline, files: Mapping[str, bytes]) -> dict[str, Any]:
    """What `meta.json` says: the pipeline's own meta, and what is known from its files."""
    listed = {
        name: {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        for name, data in sorted(files.items())
    }
    known = {
        "lang": pipeline.lang,
        "pipeline": [name for name, _ in pipeline.components],
        "labels": pipeline.labels,
    }
    head = {"name": "pipeline", "version": "0.0.0", **pipeline.meta}
    return {**head, **known, "format": 1, "digest": digest_of(files), "files": listed}


def digest_of(files: Mapping[str, bytes]) -> str:
    """One sha256 over the names and contents of all files."""
    total = hashlib.sha256()
    for name in sorted(files):
        total.update(f"{name}\0{hashlib.sha256(files[name]).hexdigest()}\n".encode())
    return total.hexdigest()


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
    if len(data) != entry["size"]:
        raise ModelFileError(
            f"{file}: expected {entry['size']} bytes, got {len(data)}; the file is truncated or "
            "changed, fetch it again"
        )
    if hashlib.sha256(data).hexdigest() != entry["sha256"]:
        raise ModelFileError(
            f"{file}: expected sha256 {entry['sha256'][:12]}..., got another; the file was changed, "
            "fetch it again"
        )
    return data


def load_vectors(pipeline: Pipeline, path: Path, meta: Mapping[str, Any]) -> None:
    """Give the pipeline the static vectors that were saved with it, if any. Raises: ModelFileError."""
    if VECTORS in meta["files"]:
        try:
            pipeline.use_vectors(vectors_from_bytes(read_checked(path, VECTORS, meta)))
        except (SafetensorError, ValueError, KeyError, TypeError) as error:
            raise ModelFileError(
                f"{path / VECTORS}: expected static vectors as safetensors, got {error}"
            ) from None


def load_states(pipeline: Pipeline, path: Path, meta: Mapping[str, Any], skip: Iterable[str] = ()) -> None:
    """Give every component its saved weights and labels, or its files. Raises: ModelFileError,
    EngineError."""
    skipped = set(skip)
    for name, component in pipeline.components:
        if isinstance(component, TrainableComponent) and name not in skipped:
            component.load_state(read_state(path, name, meta))
        elif isinstance(component, FileComponent) and name not in skipped:
            load_files(
                component,
                path / name,
                {file: read_checked(path, f"{name}/{file}", meta) for file in _files_of(name, meta)},
            )


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


def _files_of(name: str, meta: Mapping[str, Any]) -> list[str]:
    return [file.removeprefix(f"{name}/") for file in meta["files"] if file.startswith(f"{name}/")]


def _stored(state: State, half: bool) -> dict[str, Any]:
    kind = np.float16 if half else np.float32
    return {name: np.ascontiguousarray(array, dtype=kind) for name, array in state.arrays.items()}


def _json(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1).encode("utf8") + b"\n"
