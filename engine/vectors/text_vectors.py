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
        fields = stream.readline().decode("utf8", "replace").split()
        if len(fields) != FLORET_FIELDS:
            raise EngineError(
                f"{path}: expected a first line of a floret file (rows, width, minn, maxn, hash_count, "
                f"hash_seed, bow, eow), got {len(fields)} fields; other files are read without --mode floret"
            )
        n_rows, width, minn, maxn, count, seed = _numbers(fields[:6], path)
        data = np.zeros((n_rows, width), dtype=np.float32)
        n_read = 0
        for number, line in enumerate(stream, start=2):
            row, vector = _row(line, width, f"{path}, line {number}")
            if row != str(n_read) or n_read >= n_rows:
                raise EngineError(f"{path}, line {number}: expected row {n_read} of {n_rows}, got {row!r}")
            data[n_read] = vector
            n_read += 1
    if n_read != n_rows:
        raise EngineError(f"{path}: expected {n_rows} rows, got {n_read}; the file is cut")
    try:
        bow, eow = fields[6:]
        return FloretVectors(data, minn, maxn, count, seed, bow, eow, attribute_name(attr), name)
    except ValueError as error:
        raise EngineError(f"{path}: {error}") from None


def _text_rows(stream: IO[bytes], path: Path) -> Iterator[tuple[str, Floats]]:
    """Words and vectors; the first line may say how many there are."""
    first = stream.readline()
    sizes = first.split()
    if len(sizes) == 2 and all(size.isdigit() for size in sizes):
        width, lines = int(sizes[1]), enumerate(stream, start=2)
    else:
        width = len(_vector_part(first, path).split())
        lines = enumerate(itertools.chain([first], stream), start=1)
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
    n_rows, width = _numbers(stream.readline().decode("utf8", "replace").split()[:2], path)
    n_bytes = 4 * width
    for _ in range(n_rows):
        word = b"".join(iter(lambda: stream.read(1) or b" ", b" ")).lstrip(b"\n")
        numbers = stream.read(n_bytes)
        if len(numbers) != n_bytes:
            raise EngineError(f"{path}: expected {n_rows} vectors of {width} numbers; the file is cut")
        yield word.decode("utf8", "replace"), np.frombuffer(numbers, dtype="<f4")


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
        raise EngineError(f"{path}: expected whole numbers in the first line, got {fields}") from None
