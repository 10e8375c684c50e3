# SPDX-License-Identifier: Apache-2.0
"""Pipelines on disk: config, meta, tokenizer rules, and per component weights (safetensors) and labels
(JSON)."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from confection import Config
from safetensors.numpy import save as save_tensors

from ..components import Component, FileComponent, State, TrainableComponent
from ..errors import ModelFileError as ModelFileError  # its place until 0.2
from ..file_digests import FileRecord, digest_of
from ..tokenizers import Tokenizer, kind_of_rules
from ..vectors import VectorTable, vectors_to_bytes
from .saved_files import CONFIG, LABELS, META, TOKENIZER, VECTORS, WEIGHTS, Files


class Saveable(Protocol):
    """What is saved of a pipeline."""

    lang: str
    config: Config
    tokenizer: Tokenizer
    components: list[tuple[str, Component]]
    vectors: VectorTable | None
    meta: dict[str, Any]

    @property
    def labels(self) -> Mapping[str, Sequence[str]]:
        """Labels of each trainable component."""
        ...


def save(pipeline: Saveable, path: Path, *, half: bool = False) -> None:
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


def pipeline_files(pipeline: Saveable, *, half: bool = False) -> Files:
    """Relative path and content of every file but `meta.json`."""
    files: Files = {
        CONFIG: pipeline.config.to_bytes(interpolate=False),
        TOKENIZER: pipeline.tokenizer.to_json().encode("utf8"),
    }
    for name, component in pipeline.components:
        if isinstance(component, TrainableComponent):
            state = component.state()
            files[f"{name}/{WEIGHTS}"] = save_tensors(
                _arrays_to_store(state, half), {"nodes": json.dumps(state.nodes)}
            )
            files[f"{name}/{LABELS}"] = _json(state.labels)
        elif isinstance(component, FileComponent):
            files.update({f"{name}/{file}": data for file, data in component.files().items()})
    if pipeline.vectors is not None:
        files[VECTORS] = vectors_to_bytes(pipeline.vectors)
    return files


def meta_of(pipeline: Saveable, files: Mapping[str, bytes]) -> dict[str, Any]:
    """What `meta.json` says: the pipeline's own meta, and what is known from its files."""
    listed = {name: asdict(FileRecord.of(data)) for name, data in sorted(files.items())}
    known: dict[str, Any] = {
        "lang": pipeline.lang,
        "pipeline": [name for name, _ in pipeline.components],
        "labels": pipeline.labels,
    }
    rules = getattr(pipeline.tokenizer, "rule_set", None)
    if rules is not None:
        known["tokenizer_rules"] = kind_of_rules(rules)
    head = {"name": "pipeline", "version": "0.0.0", **pipeline.meta}
    return {**head, **known, "format": 1, "digest": digest_of(files), "files": listed}


def _arrays_to_store(state: State, half: bool) -> dict[str, Any]:
    kind = np.float16 if half else np.float32
    return {name: np.ascontiguousarray(array, dtype=kind) for name, array in state.arrays.items()}


def _json(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1).encode("utf8") + b"\n"
