# SPDX-License-Identifier: Apache-2.0
"""What a backfill has done: a journal while it runs, a manifest when it has ended.

The journal is a line for each shard, written once the shard's file has its name; a line that a kill cut off
counts for nothing, and its shard is done again. The manifest is sorted and says nothing of times or workers,
so that two backfills of the same files by the same model end in the same bytes.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson

from ..errors import WorkerError
from .shards import Shard

MANIFEST = "_manifest.json"
JOURNAL = "_manifest.journal"
CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class FileDigest:
    """A file by its content. Units: `size` in bytes."""

    size: int
    sha256: str

    @classmethod
    def of(cls, path: str) -> FileDigest:
        """Of a file that is there."""
        total, size = hashlib.sha256(), 0
        with Path(path).open("rb") as stream:
            while data := stream.read(CHUNK):
                total.update(data)
                size += len(data)
        return cls(size, total.hexdigest())


@dataclass(frozen=True, slots=True)
class ShardReport:
    """What became of a shard. `left_out`: lines that hold no text; `failures`: the first of them, as
    `(line, reason)`."""

    name: str
    target: str
    input: FileDigest
    output: FileDigest
    documents: int
    words: int
    left_out: int
    failures: tuple[tuple[int, str], ...] = ()

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> ShardReport:
        """The report that a line of the journal holds."""
        values = {**row, "input": FileDigest(**row["input"]), "output": FileDigest(**row["output"])}
        values["failures"] = tuple((int(number), str(reason)) for number, reason in row["failures"])
        return cls(**values)


@dataclass(frozen=True, slots=True)
class Recipe:
    """What decides which bytes come out: the model, and how texts are read and annotations written."""

    model: str
    model_digest: str
    text_key: str
    output_format: str


class Manifest:
    """The journal of one folder. Only one process writes it."""

    def __init__(self, folder: Path, recipe: Recipe) -> None:
        self.folder, self.recipe = folder, recipe
        self.done: dict[str, ShardReport] = {}

    def open(self, *, force: bool = False) -> None:
        """Read what was done before. Raises: WorkerError where another model did it, or another recipe, and
        it is not to begin anew."""
        self.folder.mkdir(parents=True, exist_ok=True)
        manifest, journal = self.folder / MANIFEST, self.folder / JOURNAL
        if force:
            manifest.unlink(missing_ok=True)
            journal.unlink(missing_ok=True)
        rows = [*_manifest_rows(manifest), *_journal_rows(journal)]
        for row in rows:
            if "recipe" in row:
                self._check(Recipe(**row["recipe"]))
            else:
                report = ShardReport.from_row(row)
                self.done[report.name] = report
        if not rows:
            self._append({"recipe": asdict(self.recipe)})

    def is_done(self, shard: Shard) -> bool:
        """Whether the shard's annotations lie there whole, and are those of the input as it is now."""
        report = self.done.get(shard.name)
        target = Path(shard.target)
        if report is None or not target.is_file() or target.stat().st_size != report.output.size:
            return False
        return FileDigest.of(shard.source) == report.input and FileDigest.of(shard.target) == report.output

    def note(self, report: ShardReport) -> None:
        """A shard is done: on the disk before anything else happens."""
        self.done[report.name] = report
        self._append(asdict(report))

    def finish(self, shards: Iterable[Shard]) -> None:
        """Write the manifest of these shards in place of the journal."""
        reports = [asdict(self.done[shard.name]) for shard in sorted(shards, key=lambda shard: shard.name)]
        data = orjson.dumps({"recipe": asdict(self.recipe), "shards": reports}, option=orjson.OPT_INDENT_2)
        temporary = self.folder / f".{MANIFEST}.part"
        temporary.write_bytes(data + b"\n")
        os.replace(temporary, self.folder / MANIFEST)
        (self.folder / JOURNAL).unlink(missing_ok=True)

    def _check(self, found: Recipe) -> None:
        for name, value in asdict(self.recipe).items():
            if getattr(found, name) != value:
                raise WorkerError(
                    f"{self.folder}: expected annotations by {name} {value!r}, found a backfill by "
                    f"{getattr(found, name)!r}; choose another folder, or --force to begin anew"
                )

    def _append(self, row: Mapping[str, Any]) -> None:
        with (self.folder / JOURNAL).open("ab") as stream:
            stream.write(b"\n" + orjson.dumps(row) + b"\n")  # begins a line even where a kill cut one off
            stream.flush()
            os.fsync(stream.fileno())


def _manifest_rows(file: Path) -> list[dict[str, Any]]:
    if not file.is_file():
        return []
    found = orjson.loads(file.read_bytes())
    return [{"recipe": found["recipe"]}, *found["shards"]]


def _journal_rows(file: Path) -> list[dict[str, Any]]:
    """The lines that are whole."""
    rows = []
    for line in file.read_bytes().splitlines() if file.is_file() else ():
        try:
            rows.append(orjson.loads(line))
        except orjson.JSONDecodeError:
            continue
    return rows
