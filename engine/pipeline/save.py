# SPDX-License-Identifier: Apache-2.0
"""Pipelines on disk: config, meta, tokenizer rules, and per component weights (safetensors) and labels
(JSON)."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol, cast

from confection import Config

from .. import vectors as tables
from ..components import Component
from ..components.state_files import files_of_state, json_bytes
from ..errors import ModelFileError as ModelFileError  # its place until 0.2
from ..file_digests import FileRecord, digest_of
from ..safe_files import check_inner_path, check_name
from ..tokenizers import Tokenizer, kind_of_rules
from ..vectors import VectorTable
from ..vocab import Vocab
from .own_steps import unwrapped
from .saved_files import CONFIG, META, OWN_VECTORS, TOKENIZER, VECTORS, Files, has_files, keeps_state
from .vocab_data import VOCAB, vocab_file


class Saveable(Protocol):
    """What is saved of a pipeline."""

    lang: str
    tokenizer: Tokenizer
    steps: list[tuple[str, Component]]
    meta: dict[str, Any]

    @property
    def vectors(self) -> VectorTable | None:
        """The table of static vectors."""
        ...

    @property
    def vocab(self) -> Vocab:
        """Words and what is known of them."""
        ...

    @property
    def config(self) -> Config:
        """The whole config."""
        ...

    @property
    def labels(self) -> Mapping[str, Sequence[str]]:
        """Labels of each trainable component."""
        ...


def save(pipeline: Saveable, path: Path, *, half: bool = False, exclude: Collection[str] = ()) -> None:
    """Write the pipeline's files and a `meta.json` with size and sha256 of each; existing files are replaced
    one by one. The files of components in `exclude` are left out."""
    files = pipeline_files(pipeline, half=half, exclude=exclude)
    for name, _ in pipeline.steps:
        check_name(name, f"{path}: [nlp] pipeline")
    for name in files:
        check_inner_path(name, str(path))
    meta = meta_of(pipeline, files)
    for name, data in {**files, META: json_bytes(meta)}.items():
        target = path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = target.with_name(target.name + ".part")
        temporary.write_bytes(data)
        os.replace(temporary, target)
    pipeline.meta = meta


def pipeline_files(pipeline: Saveable, *, half: bool = False, exclude: Collection[str] = ()) -> Files:
    """Relative path and content of every file but `meta.json`."""
    files: Files = {
        CONFIG: pipeline.config.to_bytes(interpolate=False),
        TOKENIZER: pipeline.tokenizer.to_json().encode("utf8"),
    }
    for name, step in pipeline.steps:
        if name not in exclude:
            own = component_files(step, half=half)
            files.update({f"{name}/{file}".removesuffix("/"): data for file, data in own.items()})
    words = vocab_file(pipeline.vocab)
    if words is not None:
        files[VOCAB] = words
    return files | vector_files(pipeline)


def vector_files(pipeline: Saveable) -> Files:
    """The static vectors: a table as one file, and what a class of somebody's own gives as another one."""
    table = pipeline.vectors
    if table is None:
        return {}
    held = pipeline.vocab.vectors
    if isinstance(table, tables.SavedVectors):
        # the file of a mapped table itself, which all who write or hash files can read as bytes
        return {VECTORS: cast(bytes, tables.vectors_to_bytes(held.table_with_texts()))}
    data = held.to_bytes()
    return {OWN_VECTORS: data} if data else {}


def component_files(step: Component, *, half: bool = False) -> Mapping[str, bytes]:
    """Name and content of the files of one component; "" is the name of one that is all there is."""
    files = dict(files_of_state(unwrapped(step).state(), half=half)) if keeps_state(step) else {}
    return files | dict(step.files()) if has_files(step) else files


def meta_of(pipeline: Saveable, files: Mapping[str, bytes]) -> dict[str, Any]:
    """What `meta.json` says: the pipeline's own meta, and what is known from its files."""
    listed = {name: asdict(FileRecord.of(data)) for name, data in sorted(files.items())}
    known: dict[str, Any] = {
        "lang": pipeline.lang,
        "pipeline": [name for name, _ in pipeline.steps],
        "labels": pipeline.labels,
    }
    known["tokenizer_rules"] = kind_of_rules(pipeline.tokenizer)
    head = {"name": "pipeline", "version": "0.0.0", **pipeline.meta}
    return {**head, **known, "format": 1, "digest": digest_of(files), "files": listed}
