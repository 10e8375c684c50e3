# SPDX-License-Identifier: Apache-2.0
"""Shards read and written: JSONL, plain lines, Parquet, DocBin. A file is written under another name and
renamed when it is whole."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson

from engine.extras import PARQUET
from engine.spacy_files.docbin import DocBinWriter

from ..errors import WorkerError
from .files import TEXT_KEY, AnnotatedSlice
from .shards import Shard, ShardFormat

ROWS_AT_ONCE = 4096
PART = ".part"
"""What stands behind the name of a file that is not whole."""

Add = Callable[[AnnotatedSlice], None]


def lines_of(file: Path, form: ShardFormat) -> Iterator[bytes]:
    """The texts of a file that is no DocBin, as lines: JSON, or plain ones. Raises: WorkerError."""
    if form is ShardFormat.parquet:
        yield from _parquet_rows(file)
        return
    if form is ShardFormat.document:
        yield _whole_text(file)
        return
    with file.open("rb") as stream:
        first = stream.readline().removeprefix(b"\xef\xbb\xbf")
        for raw in itertools.chain((first,), stream):
            if line := raw.rstrip(b"\r\n"):
                yield line


def _whole_text(file: Path) -> bytes:
    try:
        return orjson.dumps({TEXT_KEY: file.read_text(encoding="utf-8-sig")})
    except UnicodeDecodeError as error:
        raise WorkerError(f"{file}: expected UTF-8, got other bytes at {error.start}") from None


def _parquet_rows(file: Path) -> Iterator[bytes]:
    """Each row as the line of JSON that it would be; what is null is left out."""
    PARQUET.require("a Parquet file")
    import pyarrow
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(file) as table:
            for rows in table.iter_batches(batch_size=ROWS_AT_ONCE):
                for row in rows.to_pylist():
                    known = {key: value for key, value in row.items() if value is not None}
                    yield orjson.dumps(known, default=str, option=orjson.OPT_NON_STR_KEYS)
    except pyarrow.ArrowException as error:
        raise WorkerError(f"{file}: expected a Parquet file: {error}") from None


@contextmanager
def open_target(shard: Shard) -> Iterator[Add]:
    """What takes the slices of a shard. The file has its name once all went well, and its bytes are on the
    disk by then; else nothing of it stays."""
    target = Path(shard.target)
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.{os.getpid()}{PART}")
    try:
        with _WRITERS[shard.written_as](temporary) as add:
            yield add
        _sync(temporary)
        os.replace(temporary, target)
        _sync(target.parent)
    finally:
        temporary.unlink(missing_ok=True)


def remove_parts(folder: Path) -> None:
    """Take away what a killed run left half written."""
    for part in folder.rglob(f".*{PART}"):
        part.unlink(missing_ok=True)


@contextmanager
def _write_lines(path: Path) -> Iterator[Add]:
    with path.open("wb") as stream:

        def add(part: AnnotatedSlice) -> None:
            stream.write(b"\n".join([*(line.value for line in part.lines if not line.failure), b""]))

        yield add


@contextmanager
def _write_documents(path: Path) -> Iterator[Add]:
    writer = DocBinWriter()
    yield lambda part: writer.add(part.batch)
    writer.write(path)


@contextmanager
def _write_rows(path: Path) -> Iterator[Add]:
    """Columns `id` and `annotation`, the annotation's JSON as text."""
    import pyarrow
    from pyarrow import parquet

    schema = pyarrow.schema([("id", pyarrow.string()), ("annotation", pyarrow.string())])
    with parquet.ParquetWriter(path, schema, compression="zstd") as writer:

        def add(part: AnnotatedSlice) -> None:
            values = [line.value for line in part.lines if not line.failure]
            ids = [orjson.loads(value)["id"] for value in values]
            texts: Any = [value.decode("utf8") for value in values]
            writer.write_table(pyarrow.table({"id": ids, "annotation": texts}, schema=schema))

        yield add


_WRITERS = {
    ShardFormat.jsonl: _write_lines,
    ShardFormat.parquet: _write_rows,
    ShardFormat.spacy: _write_documents,
}


def _sync(path: Path) -> None:
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
