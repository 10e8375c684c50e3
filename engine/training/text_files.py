# SPDX-License-Identifier: Apache-2.0
"""Text files of people: lines of UTF-8, and where they are none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import EngineError
from ..safe_files import open_file


def read_lines(path: Path, encoding: str = "utf-8-sig") -> Iterator[str]:
    """The lines of a file, lazily. Raises: EngineError, with file, line and byte, where it is no UTF-8."""
    with naming_bytes(path), path.open(encoding=encoding) as lines:
        yield from lines


@contextmanager
def naming_bytes(path: Path) -> Iterator[None]:
    """What cannot be decoded inside of this block becomes an error with file, line and byte."""
    try:
        yield
    except UnicodeDecodeError:
        raise EngineError(_first_wrong_byte(path)) from None


def _first_wrong_byte(path: Path) -> str:
    """Where it stands, looked for anew: a reader of text only knows the place within its buffer."""
    before = 0
    with open_file(path) as lines:
        for number, line in enumerate(lines, 1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError as error:
                return (
                    f"{path}:{number}: expected UTF-8, got other bytes: 0x{line[error.start]:02x} at byte "
                    f"{before + error.start}; convert the file to UTF-8"
                )
            before += len(line)
    return f"{path}: expected UTF-8, got other bytes; convert the file to UTF-8"
