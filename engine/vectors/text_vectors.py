# SPDX-License-Identifier: Apache-2.0
"""Tables of vectors as text: word2vec and fastText with a first line of sizes, GloVe without, floret with its
settings; and word2vec's binary form."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from ..errors import EngineError
from ..vocab.strings import string_ids
from .floret import FloretVectors
from .keyed import KeyedVectors, attribute_name
from .opened_text import inner_suffix, opened

Floats = npt.NDArray[np.float32]

FLORET_FIELDS = 8
"""Fields of the first line of a floret file: rows, width, minn, maxn, hash_count, hash_seed, bow, eow."""

BLOCK = 4096
"""Rows that are read before they become part of the table."""

MAX_LINE, MAX_WORD, MAX_WIDTH = 1 << 22, 1 << 16, 1 << 16
"""Bytes of a line and of a word, numbers of a vector: a packed file may go on for ever without an end of
either."""


def read_word_vectors(
    path: Path, *, truncate: int = 0, attr: str = "ORTH", name: str | None = None
) -> KeyedVectors:
    """The words of a file and their vectors, in order, `truncate` of them at most (0: all). Where a word
    comes twice, the last one counts.

    Raises: EngineError with the line that does not fit.
    """
    with opened(path) as stream:
        rows = _binary_rows(stream, path) if inner_suffix(path) == ".bin" else _text_rows(stream, path)
        words, data = _gather(itertools.islice(rows, truncate or None), path)
    table = dict(zip(words, range(len(words)), strict=True))
    keys, places = string_ids(list(table)), np.array(list(table.values()), dtype=np.int64)
    texts = dict(zip(keys.tolist(), table, strict=True))
    return KeyedVectors.of(data, keys, places, attribute_name(attr), texts=texts, name=name)


def read_floret_vectors(path: Path, *, attr: str = "ORTH", name: str | None = None) -> FloretVectors:
    """The table of a floret file. Raises: EngineError where it is none, or a row is missing."""
    with opened(path) as stream:
        lines = _lines(stream, path)
        fields = next(lines, b"").decode("utf8", "replace").split()
        if len(fields) != FLORET_FIELDS:
            raise EngineError(
                f"{path}: expected a first line of a floret file (rows, width, minn, maxn, hash_count, "
                f"hash_seed, bow, eow), got {len(fields)} fields; other files are read without --mode floret"
            )
        n_rows, width, minn, maxn, count, seed = _numbers(fields[:6], path)
        numbers, data = _gather(_floret_rows(lines, n_rows, _width(width, path), path), path)
    if len(numbers) != n_rows:
        raise EngineError(f"{path}: expected {n_rows} rows, got {len(numbers)}; the file is cut")
    try:
        bow, eow = fields[6:]
        return FloretVectors(data, minn, maxn, count, seed, bow, eow, attribute_name(attr), name)
    except ValueError as error:
        raise EngineError(f"{path}: {error}") from None


def _lines(stream: IO[bytes], path: Path) -> Iterator[bytes]:
    """The lines of a file. Raises: EngineError where one is longer than any vector."""
    for number in itertools.count(1):
        line = stream.readline(MAX_LINE + 1)
        if not line:
            return
        if len(line) > MAX_LINE:
            raise EngineError(
                f"{path}, line {number}: expected a line of up to {MAX_LINE} bytes, got a longer one"
            )
        yield line


def _width(width: int, path: Path) -> int:
    if not 0 < width <= MAX_WIDTH:
        raise EngineError(f"{path}: expected vectors of 1 to {MAX_WIDTH} numbers, got {width}")
    return width


def _floret_rows(lines: Iterator[bytes], n_rows: int, width: int, path: Path) -> Iterator[tuple[str, Floats]]:
    """Rows with their number, in order. Raises: EngineError."""
    for n_read, line in enumerate(lines):
        row, vector = _row(line, width, f"{path}, line {n_read + 2}")
        if row != str(n_read) or n_read >= n_rows:
            raise EngineError(f"{path}, line {n_read + 2}: expected row {n_read} of {n_rows}, got {row!r}")
        yield row, vector


def _text_rows(stream: IO[bytes], path: Path) -> Iterator[tuple[str, Floats]]:
    """Words and vectors; the first line may say how many there are."""
    rows = _lines(stream, path)
    first = next(rows, b"")
    sizes = first.split()
    if len(sizes) == 2 and all(size.isdigit() for size in sizes):
        width, lines = _numbers([size.decode() for size in sizes], path)[1], enumerate(rows, start=2)
    else:
        width = len(_vector_part(first, path).split())
        lines = enumerate(itertools.chain([first], rows), start=1)
    width = _width(width, path)
    for number, line in lines:
        if line.strip():
            yield _row(line, width, f"{path}, line {number}")


def _vector_part(first: bytes, path: Path) -> bytes:
    """What follows the first word of a file without a line of sizes. Raises: EngineError."""
    parts = first.split(None, 1)
    if len(parts) != 2:
        raise EngineError(f"{path}: expected words and their vectors, got {first[:60]!r} as the first line")
    return parts[1]


def _row(line: bytes, width: int, where: str) -> tuple[str, Floats]:
    """A word, which may hold blanks, and its numbers. Raises: EngineError."""
    parts = line.rstrip().rsplit(None, width)
    if len(parts) != width + 1:
        raise EngineError(f"{where}: expected a word and {width} numbers, got {len(parts)} fields")
    try:
        vector = np.array(parts[1:], dtype=np.float32)
    except ValueError as error:
        raise EngineError(f"{where}: expected a word and {width} numbers: {error}") from None
    return parts[0].decode("utf8", "replace"), vector


def _binary_rows(stream: IO[bytes], path: Path) -> Iterator[tuple[str, Floats]]:
    """Words and vectors of word2vec's binary form: a line of sizes, then word, blank, numbers."""
    first = next(_lines(stream, path), b"").decode("utf8", "replace").split()
    if len(first) < 2:
        raise EngineError(f"{path}: expected a first line of two numbers, rows and width, got {len(first)}")
    n_rows, width = _numbers(first[:2], path)
    n_bytes = 4 * _width(width, path)
    for _ in range(n_rows):
        word = b"".join(itertools.islice(iter(lambda: stream.read(1) or b" ", b" "), MAX_WORD))
        if len(word) == MAX_WORD:
            raise EngineError(f"{path}: expected words of up to {MAX_WORD} bytes, got a longer one")
        numbers = stream.read(n_bytes)
        if len(numbers) != n_bytes:
            raise EngineError(f"{path}: expected {n_rows} vectors of {width} numbers; the file is cut")
        yield word.lstrip(b"\n").decode("utf8", "replace"), np.frombuffer(numbers, dtype="<f4")


def _gather(rows: Iterator[tuple[str, Floats]], path: Path) -> tuple[list[str], Floats]:
    """All words, and their vectors as one matrix. Raises: EngineError where there is none."""
    words: list[str] = []
    blocks: list[Floats] = []
    while block := list(itertools.islice(rows, BLOCK)):
        words += [word for word, _ in block]
        blocks.append(np.stack([vector for _, vector in block]))
    if not blocks:
        raise EngineError(f"{path}: expected words and their vectors, got none")
    data = np.concatenate(blocks)
    if not np.isfinite(data).all():
        warnings.warn(f"{path}: some numbers are not finite; words with them are of no use", stacklevel=4)
    return words, data


def _numbers(fields: list[str], path: Path) -> Any:
    try:
        return [int(field) for field in fields]
    except ValueError:
        told = " ".join(fields)[:80]
        raise EngineError(f"{path}: expected whole numbers in the first line, got {told!r}") from None
