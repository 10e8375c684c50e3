# SPDX-License-Identifier: Apache-2.0
"""Files that are read and written line by line; - is stdin or stdout."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def open_lines(file: str) -> Iterator[Iterable[bytes]]:
    """The lines of a file, or of stdin for -, without their ends and without the empty ones."""
    if file == "-":
        yield _strip_ends(sys.stdin.buffer)
    else:
        with Path(file).open("rb") as stream:
            yield _strip_ends(stream)


def _strip_ends(stream: BinaryIO) -> Iterator[bytes]:
    return (line for line in (raw.rstrip(b"\r\n") for raw in stream) if line)


def count_lines(file: str) -> int | None:
    """How many lines there will be; unknown of stdin."""
    if file == "-":
        return None
    with Path(file).open("rb") as stream:
        return sum(1 for _ in _strip_ends(stream))


@contextmanager
def open_sink(target: str) -> Iterator[BinaryIO]:
    """A file to write bytes to, or stdout for -."""
    if target == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
    else:
        with Path(target).open("wb") as stream:
            yield stream
