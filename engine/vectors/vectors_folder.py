# SPDX-License-Identifier: Apache-2.0
"""A table in the files that spaCy keeps one in: `vectors` (NumPy), `key2row` (msgpack), `vectors.cfg` and
`strings.json`; and the same as one piece of bytes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgpack
import numpy as np

from ..errors import ModelFileError
from ..safe_files import MAX_VALUES, parse_json, read_file
from .floret import FloretVectors
from .keyed import KeyedVectors, attribute_name, texts_by_key
from .mapped_file import mapped, matrix_to_bytes, read_matrix

VECTORS, KEY2ROW, SETTINGS, STRINGS = "vectors", "key2row", "vectors.cfg", "strings.json"
ORTH = "ORTH"

Table = KeyedVectors | FloretVectors


def write_folder(folder: Path, table: Table, mode: str) -> None:
    """Write the files, in a folder that is made where it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files_of(table, mode).items():
        (folder / name).write_bytes(data)


def read_folder(folder: Path) -> Table:
    """The table of such a folder; rows are mapped. Raises: ModelFileError."""
    files: dict[str, bytes | memoryview] = {}
    for name in (VECTORS, KEY2ROW, SETTINGS, STRINGS):
        if (folder / name).is_file():
            file = folder / name
            files[name] = mapped(file) if name == VECTORS else read_file(file, MAX_VALUES)
    return table_of(files, folder)


def table_to_bytes(table: Table, mode: str) -> bytes:
    """The files, packed."""
    data: bytes = msgpack.packb(dict(files_of(table, mode)))
    return data


def table_from_bytes(data: bytes) -> Table:
    """The table of what `table_to_bytes` gave. Raises: ModelFileError."""
    try:
        files = msgpack.unpackb(data)
    except (ValueError, msgpack.exceptions.UnpackException) as error:
        raise ModelFileError(f"expected vectors as bytes, got something else: {error}") from None
    return table_of(files, Path("bytes"))


def files_of(table: Table, mode: str) -> Mapping[str, bytes]:
    """Name and content of each file."""
    settings: dict[str, Any] = {"mode": mode}
    if isinstance(table, FloretVectors):
        settings.update(table.settings)
    if table.attr != ORTH or isinstance(table, FloretVectors):
        settings["attr"] = table.attr
    if table.name is not None:
        settings["name"] = table.name
    files = {VECTORS: matrix_to_bytes(table.data), SETTINGS: json.dumps(settings).encode()}
    if isinstance(table, FloretVectors):
        return {**files, KEY2ROW: msgpack.packb({}), STRINGS: b"[]"}
    keys, rows = table.pairs()
    packed = msgpack.packb(dict(zip(keys.tolist(), rows.tolist(), strict=True)))
    texts = sorted(text for text in table.texts or () if text)
    return {**files, KEY2ROW: packed, STRINGS: json.dumps(texts, ensure_ascii=False).encode("utf8")}


def table_of(files: Mapping[str, bytes | memoryview], where: Path) -> Table:
    """The table that such files hold. Raises: ModelFileError, which names the folder."""
    try:
        data = read_matrix(files[VECTORS], where / VECTORS)
        settings = parse_json(bytes(files.get(SETTINGS, b"{}")), where / SETTINGS)
        if settings.get("mode") == "floret":
            return floret_table(data, settings)
        pairs = msgpack.unpackb(files[KEY2ROW], strict_map_key=False)
        texts = parse_json(bytes(files.get(STRINGS, b"[]")), where / STRINGS)
        return keyed_table(data, pairs, settings, texts)
    except (LookupError, TypeError, ValueError, OverflowError, AttributeError) as error:
        if isinstance(error, ModelFileError):
            raise
        what = f"{type(error).__name__}: {error}"
        raise ModelFileError(f"{where}: expected the files of a table of vectors, got {what}") from None


def keyed_table(
    data: Any, pairs: Mapping[int, int], settings: Mapping[str, Any], texts: list[str]
) -> KeyedVectors:
    """A table of words from what its files hold. Raises: ValueError, TypeError."""
    keys = np.fromiter(pairs.keys(), dtype=np.uint64, count=len(pairs))
    rows = np.fromiter(pairs.values(), dtype=np.int64, count=len(pairs))
    attr = attribute_name(settings.get("attr", ORTH))
    return KeyedVectors.of(data, keys, rows, attr, texts=texts_by_key(texts), name=settings.get("name"))


def floret_table(data: Any, settings: Mapping[str, Any]) -> FloretVectors:
    """A floret table from its rows and settings. Raises: LookupError, TypeError, ValueError."""
    return FloretVectors(
        data,
        minn=int(settings["minn"]),
        maxn=int(settings["maxn"]),
        hash_count=int(settings["hash_count"]),
        hash_seed=int(settings["hash_seed"]),
        bow=str(settings["bow"]),
        eow=str(settings["eow"]),
        attr=attribute_name(settings.get("attr", ORTH)),
        name=settings.get("name"),
    )
