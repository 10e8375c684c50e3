# SPDX-License-Identifier: Apache-2.0
"""A knowledge base as files and bytes, in the form of spaCy 3.

    contents   i64 entities, i64 length of a vector
               f32 vectors, one after the other
               for each entity: u64 hash, f32 frequency, i32 its vector's number
               i64 names
               for each name: u64 hash, i64 n, then n times: i64 entity's number from 1 on, f32 probability
    strings.json   the strings that hashes stand for

All numbers are little-endian. Source: files that spaCy 3.8 wrote, read byte by byte.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgpack
import numpy as np

from ..errors import ModelFileError
from ..safe_files import MAX_VALUES, parse_json, read_file

CONTENTS, STRINGS = "contents", "strings.json"
ENTITY = np.dtype([("hash", "<u8"), ("freq", "<f4"), ("vector", "<i4")])
NAMED = np.dtype([("entity", "<i8"), ("prob", "<f4")])


@dataclass(slots=True)
class AliasTable:
    """Which entities a name may mean, by their number, and how often."""

    places: list[int]
    probs: list[float]


@dataclass(frozen=True, slots=True)
class Contents:
    """All that is kept of a knowledge base."""

    vector_length: int
    ids: Sequence[int]
    freqs: Sequence[float]
    vectors: Sequence[Sequence[float]]
    aliases: Mapping[int, AliasTable]
    strings: Sequence[str]


def write_folder(path: Path, contents: Contents, exclude: set[str]) -> None:
    """Write both files."""
    path.mkdir(parents=True, exist_ok=True)
    (path / CONTENTS).write_bytes(contents_file(contents))
    if "strings" not in exclude:
        (path / STRINGS).write_bytes(strings_file(contents))


def read_folder(path: Path, exclude: set[str]) -> Contents:
    """What `write_folder` wrote. Raises: ModelFileError, which names the file."""
    strings: Sequence[str] = ()
    if "strings" not in exclude and (path / STRINGS).is_file():
        strings = read_strings(read_file(path / STRINGS, MAX_VALUES), path / STRINGS)
    try:
        data = read_file(path / CONTENTS)
    except OSError as error:
        what = f"{path / CONTENTS}: expected a file of a knowledge base, got: {error.strerror}"
        raise ModelFileError(what) from None
    return read_contents(data, strings, path / CONTENTS)


def strings_file(contents: Contents) -> bytes:
    """The file `strings.json`."""
    return json.dumps(sorted(contents.strings), ensure_ascii=False, indent=1).encode("utf8")


def read_strings(data: bytes, file: Path) -> list[str]:
    """The strings of `strings.json`. Raises: ModelFileError, which names the file."""
    try:
        texts = json.loads(data)
    except (ValueError, RecursionError):
        texts = None
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise ModelFileError(f"{file}: expected a list of strings; fetch the file again")
    return texts


def contents_file(contents: Contents) -> bytes:
    """The file `contents`."""
    n, length = len(contents.ids), contents.vector_length
    entities = np.zeros(n, dtype=ENTITY)
    entities["hash"], entities["freq"], entities["vector"] = list(contents.ids), contents.freqs, range(n)
    vectors = np.asarray(contents.vectors, dtype="<f4").reshape(n, length)
    parts = [struct.pack("<qq", n, length), vectors.tobytes(), entities.tobytes()]
    parts.append(struct.pack("<q", len(contents.aliases)))
    for key, table in contents.aliases.items():
        named = np.zeros(len(table.places), dtype=NAMED)
        named["entity"], named["prob"] = [place + 1 for place in table.places], table.probs
        parts += [struct.pack("<Qq", key, len(named)), named.tobytes()]
    return b"".join(parts)


def read_contents(data: bytes, strings: Sequence[str], file: Path) -> Contents:
    """The file `contents` as values. Raises: ModelFileError, which names the file."""
    try:
        return _Reader(data).contents(strings)
    except (ValueError, struct.error, OverflowError, IndexError) as error:
        raise ModelFileError(
            f"{file}: expected a knowledge base, got {len(data)} bytes that are none ({error}); fetch the "
            "file again"
        ) from None


class _Reader:
    """Walks through the bytes; what it is asked for must be there."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = memoryview(data), 0

    def contents(self, strings: Sequence[str]) -> Contents:
        """All of it. Raises: ValueError where numbers do not fit each other."""
        n, length = self._numbers("<qq")
        vectors = self._array(np.dtype("<f4"), n * length).reshape(n, length)
        entities = self._array(ENTITY, n)
        (n_aliases,) = self._numbers("<q")
        aliases = dict(self._alias(n) for _ in range(n_aliases))
        if self._at != len(self._data):
            raise ValueError(f"{len(self._data) - self._at} bytes too many")
        order = _checked(entities["vector"].astype(np.int64), n)
        ids, freqs = entities["hash"].tolist(), entities["freq"].tolist()
        return Contents(int(length), ids, freqs, vectors[order].tolist(), aliases, strings)

    def _alias(self, n_entities: int) -> tuple[int, AliasTable]:
        key, size = self._numbers("<Qq")
        named = self._array(NAMED, size)
        places = _checked(named["entity"].astype(np.int64) - 1, n_entities)
        return key, AliasTable(places.tolist(), named["prob"].tolist())

    def _numbers(self, form: str) -> tuple[int, ...]:
        values = struct.unpack_from(form, self._data, self._at)
        self._at += struct.calcsize(form)
        if min(values) < 0:
            raise ValueError(f"a size of {min(values)}")
        return values

    def _array(self, kind: np.dtype[Any], size: int) -> Any:
        end = self._at + size * kind.itemsize
        if end > len(self._data):
            raise ValueError(f"{end} bytes promised")
        values = np.frombuffer(self._data[self._at : end], dtype=kind)
        self._at = end
        return values


def _checked(places: Any, n_entities: int) -> Any:
    if len(places) and not (places.min() >= 0 and places.max() < n_entities):
        raise ValueError(f"an entity outside of {n_entities}")
    return places


def write_bytes(contents: Contents) -> bytes:
    """A msgpack map of JSON texts: header, vectors, entities, names."""
    numbers = range(len(contents.ids))
    entries = [list(row) for row in zip(contents.ids, contents.freqs, numbers, strict=True)]
    tables = contents.aliases.items()
    heads = [[key, len(table.places)] for key, table in tables]
    indices = [[place + 1 for place in table.places] for _, table in tables]
    probs = [table.probs for _, table in tables]
    packed: bytes = msgpack.packb(
        {
            "header": _dumps([len(entries), len(heads), contents.vector_length]),
            "entity_vectors": _dumps([list(vector) for vector in contents.vectors]),
            "entries": _dumps(entries),
            "aliases": _dumps([_dumps(heads), _dumps(indices), _dumps(probs)]),
            "strings": _dumps(list(contents.strings)),
        }
    )
    return packed


def read_bytes(data: bytes) -> Contents:
    """What `write_bytes`, or spaCy, gave. Raises: ModelFileError where it is something else."""
    file = Path("knowledge base")
    try:
        value = {key: parse_json(text, file) for key, text in msgpack.unpackb(data, raw=False).items()}
        _, _, length = value["header"]
        heads, indices, probs = (parse_json(text, file) for text in value["aliases"])
        ids, freqs, numbers = zip(*value["entries"], strict=True) if value["entries"] else ((), (), ())
        aliases = {
            key: AliasTable([place - 1 for place in places], list(chances))
            for (key, _), places, chances in zip(heads, indices, probs, strict=True)
        }
        _checked(np.array([place for table in aliases.values() for place in table.places]), len(ids))
        vectors = [value["entity_vectors"][number] for number in numbers]
        return Contents(int(length), ids, freqs, vectors, aliases, value.get("strings", []))
    except (ValueError, TypeError, LookupError, AttributeError, msgpack.UnpackException) as error:
        raise ModelFileError(
            f"{file}: expected the bytes of one, got {type(error).__name__}: {error}; save it again"
        ) from None


def _dumps(value: Iterable[Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
