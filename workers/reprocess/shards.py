# SPDX-License-Identifier: Apache-2.0
"""Which files a backfill reads and which ones it writes: one for one."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from engine.extras import PARQUET
from engine.spacy_files.docbin import SUFFIX

from ..errors import WorkerError


class ShardFormat(StrEnum):
    """How a file holds texts, or annotations. `document`: all of it is one text."""

    jsonl = "jsonl"
    text = "txt"
    document = "document"
    parquet = "parquet"
    spacy = "spacy"


FORMATS = {
    ".jsonl": ShardFormat.jsonl,
    ".ndjson": ShardFormat.jsonl,
    ".txt": ShardFormat.text,
    ".parquet": ShardFormat.parquet,
    SUFFIX: ShardFormat.spacy,
}
"""Formats by a file's suffix."""


@dataclass(frozen=True, slots=True)
class Shard:
    """A file to annotate: its `name` among the others, which stands for its topic, where it lies, where its
    annotations go, and both forms. Names are POSIX paths, the same on every machine."""

    name: str
    source: str
    target: str
    read_as: ShardFormat
    written_as: ShardFormat


def find_shards(given: str, folder: Path, written_as: ShardFormat | None = None) -> list[Shard]:
    """The shards of a file, a folder (and those below it) or a glob, by name; their annotations go to the
    same names below `folder`, in the form that they came in (texts become JSONL) or another one. In a folder
    a file of another kind is one text; else a .txt file holds a text a line.

    Raises: WorkerError where there are none, or two would be written to one place; MissingExtraError for
    Parquet without its extra.
    """
    base, files = _files(given)
    other = ShardFormat.document if Path(given).is_dir() else ShardFormat.text
    shards = [_shard(file, base, folder, written_as, other) for file in files]
    if not shards:
        raise WorkerError(f"expected files to annotate at {given!r}, found none")
    _require_extras(shards)
    _refuse_collisions(shards)
    return shards


def is_many(given: str) -> bool:
    """Whether a command's word means a folder or a glob."""
    return Path(given).is_dir() or (glob.has_magic(given) and not Path(given).exists())


def _files(given: str) -> tuple[Path, list[Path]]:
    """The folder that names are told from, and the files in it, sorted."""
    place = Path(given)
    if place.is_dir():
        return place, _sorted(file for file in place.rglob("*") if file.is_file())
    if place.is_file():
        return place.parent, [place]
    if not glob.has_magic(given):
        raise WorkerError(f"expected a file, a folder or a glob, got {given!r}, which is not there")
    found = _sorted(file for file in map(Path, glob.glob(given, recursive=True)) if file.is_file())
    return Path(os.path.commonpath([file.parent for file in found]) if found else "."), found


def _sorted(files: Iterable[Path]) -> list[Path]:
    """By name, without hidden ones and a backfill's own."""
    return sorted(file for file in files if not file.name.startswith((".", "_")))


def shard_of(file: Path, target: Path, name: str = "", written_as: ShardFormat | None = None) -> Shard:
    """One file into another one, whose suffix says the form: JSONL where it says none for annotations.

    Raises: MissingExtraError for Parquet without its extra.
    """
    form = written_as or _form_of_annotations(FORMATS.get(target.suffix.lower(), ShardFormat.jsonl))
    read_as = FORMATS.get(file.suffix.lower(), ShardFormat.text)
    shard = Shard(name or file.name, str(file.resolve()), str(target.resolve()), read_as, form)
    _require_extras([shard])
    return shard


def _shard(file: Path, base: Path, folder: Path, written_as: ShardFormat | None, other: ShardFormat) -> Shard:
    name, read_as = file.relative_to(base).as_posix(), form_among_others(file, other)
    form = written_as or _form_of_annotations(read_as)
    target = folder / Path(name).with_suffix(f".{form}")
    return Shard(name, str(file.resolve()), str(target.resolve()), read_as, form)


def form_among_others(file: Path, other: ShardFormat = ShardFormat.document) -> ShardFormat:
    """How a file of a folder is read: in its own form, and as `other` where it holds plain text."""
    form = FORMATS.get(file.suffix.lower(), other)
    return other if form is ShardFormat.text else form


def _form_of_annotations(form: ShardFormat) -> ShardFormat:
    """The same; texts become JSONL."""
    return ShardFormat.jsonl if form in (ShardFormat.text, ShardFormat.document) else form


def _require_extras(shards: Iterable[Shard]) -> None:
    if any(ShardFormat.parquet in (shard.read_as, shard.written_as) for shard in shards):
        PARQUET.require("a Parquet file")


def _refuse_collisions(shards: list[Shard]) -> None:
    targets: dict[str, str] = {}
    for shard in shards:
        if shard.target == shard.source:
            raise WorkerError(f"expected another folder for the annotations, got that of {shard.source!r}")
        if shard.target in targets:
            raise WorkerError(
                f"{targets[shard.target]!r} and {shard.name!r} would both be written to {shard.target!r}; "
                "rename one of them, or annotate them into two folders"
            )
        targets[shard.target] = shard.name
