# SPDX-License-Identifier: Apache-2.0
"""Files that are read and written line by line; - is stdin or stdout."""

from __future__ import annotations

import sys
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from ..errors import WorkerError
from ..terminal import VisibleSink


@contextmanager
def open_lines(file: str) -> Iterator[Iterable[bytes]]:
    """The lines of a file, or of stdin for -, without their ends, without the empty ones and without a byte
    order mark."""
    with open_numbered_lines(file) as lines:
        yield (line for _, line in lines)


@contextmanager
def open_numbered_lines(file: str) -> Iterator[Iterable[tuple[int, bytes]]]:
    """The same lines, each with its number in the file, from 1 on."""
    if file == "-":
        yield _strip_ends(sys.stdin.buffer)
    else:
        with Path(file).open("rb") as stream:
            yield _strip_ends(stream)


def _strip_ends(stream: BinaryIO) -> Iterator[tuple[int, bytes]]:
    for number, raw in enumerate(stream, 1):
        line = raw.removeprefix(BOM_UTF8 if number == 1 else b"").rstrip(b"\r\n")
        if line:
            yield number, line


def require_utf8(file: str) -> None:
    """Look through a file before anything is done with it. Raises: WorkerError with the first line that is
    not UTF-8; of stdin nothing can be known before."""
    if file != "-":
        with open_numbered_lines(file) as lines:
            for number, line in lines:
                decode_line(line, file, number)


def decode_line(line: bytes, file: str, number: int) -> str:
    """A line's text. Raises: WorkerError with file and line where it is not UTF-8."""
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError as error:
        name = "stdin" if file == "-" else file
        raise WorkerError(
            f"{name}:{number}: expected UTF-8, got byte {line[error.start]:#04x} at {error.start} of the "
            "line; write it anew as UTF-8, such as by `iconv -f latin1 -t utf-8`"
        ) from None


def count_lines(file: str) -> int | None:
    """How many lines there will be; unknown of stdin."""
    if file == "-":
        return None
    with Path(file).open("rb") as stream:
        return sum(1 for _ in _strip_ends(stream))


@contextmanager
def open_sink(target: str) -> Iterator[BinaryIO]:
    """A file to write bytes to, or stdout for -."""
    if target == "-" and sys.stdout.isatty():
        yield cast(BinaryIO, VisibleSink())
    elif target == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
    else:
        with Path(target).open("wb") as stream:
            yield stream
