# SPDX-License-Identifier: Apache-2.0
"""Files, names and nested values from outside: the one check of each.

A saved pipeline may be a stranger's. While one is loaded (`confined`), nothing outside its folder is read;
what is read is a regular file of a bounded size; a name that becomes a path stays where it belongs; values
are nested to a bounded depth. Only the standard library is imported here, so that all of the engine can
use it.
"""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from itertools import chain, compress
from pathlib import Path
from typing import Any, BinaryIO

from .errors import ModelFileError

MAX_FILE = 8 << 30
"""Bytes of one file of a pipeline: more than the largest tables of vectors that people publish."""
MAX_VALUES = 256 << 20
"""Bytes of a file whose values become Python's: JSON, msgpack, and what a config's readers read."""
MAX_CONFIG = 4 << 20
MAX_DEPTH = 100
"""Lists and maps inside of each other."""
HALVES = re.compile(r"\\u[dD][89a-fA-F]|[\ud800-\udfff]")
"""What may be half of a surrogate pair: an escape, or the sign itself."""
CONTAINERS = frozenset({dict, list, tuple})

RESERVED = frozenset(
    {"", ".", "..", "config.cfg", "meta.json", "tokenizer.json", "vectors.safetensors", "vocab.bin"}
)
"""What no component can be called: its folder would be another file of the pipeline."""


@dataclass(frozen=True, slots=True)
class Confinement:
    """The folder whose files may be read, or none; beside them what the caller named (`allowed`)."""

    folder: Path | None
    places: tuple[Path, ...]
    allowed: frozenset[str]


_CONFINED: ContextVar[Confinement | None] = ContextVar("freshet_confined", default=None)


@contextmanager
def confined(folder: Path | None, allowed: Iterable[str] = ()) -> Iterator[None]:
    """Read nothing outside the folder of a saved pipeline inside of this block; None: nothing by its path."""
    with confined_as(Confinement(folder, _places(folder), frozenset(allowed))):
        yield


def confinement() -> Confinement | None:
    """What may be read now, for what is read later; None where no saved pipeline is being loaded."""
    return _CONFINED.get()


@contextmanager
def confined_as(then: Confinement | None) -> Iterator[None]:
    """Read what could be read then inside of this block."""
    token = _CONFINED.set(then)
    try:
        yield
    finally:
        _CONFINED.reset(token)


def is_confined() -> bool:
    """Whether a saved pipeline is being loaded."""
    return _CONFINED.get() is not None


def is_named(name: str) -> bool:
    """Whether whoever loads named it, or there is no saved pipeline that could have."""
    now = _CONFINED.get()
    return now is None or name in now.allowed


def named_path(path: str | Path) -> Path:
    """A path that a config names. While a saved pipeline is loaded it is one inside of its folder.

    Raises: ModelFileError where it leads elsewhere.
    """
    now = _CONFINED.get()
    if now is None or str(path) in now.allowed:
        return Path(path)
    if now.folder is None:
        raise ModelFileError(
            f"expected no path in the config of a pipeline that is no folder, got {str(path)!r}"
        )
    place = now.folder / path
    _check_inside(place, now, str(path))
    return place


def read_file(path: str | Path, limit: int = MAX_FILE) -> bytes:
    """The bytes of a regular file.

    Raises: OSError where there is none; ModelFileError where it is no regular file, too large, or, while a
    saved pipeline is loaded, outside of its folder.
    """
    with open_file(path) as stream:
        size = os.fstat(stream.fileno()).st_size
        if size > limit:
            raise ModelFileError(f"{path}: expected a file of up to {limit} bytes, got {size}")
        return stream.read(size)


def open_file(path: str | Path) -> BinaryIO:
    """A regular file, open for reading; raises what `read_file` does."""
    now = _CONFINED.get()
    if now is not None and str(path) not in now.allowed:
        _check_inside(Path(path), now, str(path))
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)  # a FIFO nobody writes does not wait
    mode = os.fstat(handle).st_mode
    if not stat.S_ISREG(mode):
        os.close(handle)
        raise ModelFileError(f"{path}: expected a regular file, got {_kind(mode)}")
    return open(handle, "rb")


def check_name(name: str, where: str) -> str:
    """A name that becomes a folder or a file: one plain part of a path. Raises: ModelFileError."""
    if not isinstance(name, str) or name in RESERVED or any(sign in name for sign in "/\\\0"):
        raise ModelFileError(
            f"{where}: expected a name that can be a folder's, without / and other than the pipeline's own "
            f"files, got {name!r}"
        )
    return name


def check_inner_path(name: str, where: str) -> str:
    """The path of a file below a folder: parts that are names, joined by `/`. Raises: ModelFileError."""
    parts = name.split("/") if isinstance(name, str) else [""]
    if any(part in ("", ".", "..") or "\\" in part or "\0" in part for part in parts):
        raise ModelFileError(f"{where}: expected the name of a file below the folder, got {name!r}")
    return name


def parse_json(data: bytes | str, where: object, what: str = "JSON") -> Any:
    """The value of a JSON text, nested to a bounded depth. Raises: ModelFileError, which says where it
    stood."""
    try:  # as json.loads decodes bytes, of which UTF-16 and UTF-32 may be JSON too
        if isinstance(data, bytes | bytearray):
            data = data.decode(json.detect_encoding(data), "surrogatepass")
        value = json.loads(data)
    except RecursionError:
        raise ModelFileError(_too_deep(where, what)) from None
    except ValueError as error:
        raise ModelFileError(
            f"{where}: expected {what}, got something else: {error}; fetch the file again"
        ) from None
    return check_texts(check_depth(value, where, what), data, where, what)


def check_texts(value: Any, text: str, where: object, what: str) -> Any:
    """The value that was read from this text. Raises: ModelFileError where a text in it holds half of a
    surrogate pair, which nothing can write."""
    if not HALVES.search(text):
        return value
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise ModelFileError(
            f"{where}: expected {what} of texts that UTF-8 can express, got half of a character: "
            f"\\u{ord(error.object[error.start]):04x}; fetch the file again"
        ) from None
    return value


def check_depth(value: Any, where: object, what: str = "values", *, shared: bool = False) -> Any:
    """The value; `shared`: one list or map may be in it in several places, as YAML's, and close a circle.

    Raises: ModelFileError where lists and maps are nested deeper than `MAX_DEPTH`.
    """
    level = [value] if type(value) in CONTAINERS else []
    for _ in range(MAX_DEPTH):
        maps = [node for node in level if type(node) is dict]
        lists = (node for node in level if type(node) is not dict) if len(maps) < len(level) else ()
        inner = [*chain.from_iterable(map(dict.values, maps)), *chain.from_iterable(lists)]
        kinds = [*map(type, inner)]
        if CONTAINERS.isdisjoint(kinds):
            return value
        level = list(compress(inner, map(CONTAINERS.__contains__, kinds)))
        if shared:
            level = list({id(node): node for node in level}.values())
    raise ModelFileError(_too_deep(where, what))


def _too_deep(where: object, what: str) -> str:
    return f"{where}: expected {what} nested up to {MAX_DEPTH} deep, got more; fetch the file again"


def strings_in(value: Any) -> Iterator[str]:
    """All texts in maps and lists: what a caller named himself."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from strings_in(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from strings_in(item)


def _places(folder: Path | None) -> tuple[Path, ...]:
    """The folder, and where the cache of a model hub keeps the files that its folders link to."""
    if folder is None:
        return ()
    root = Path(os.path.realpath(folder))
    hub = root.parent.name == "snapshots"
    return (root, root.parent.parent / "blobs") if hub else (root,)


def _check_inside(path: Path, now: Confinement, said: str) -> None:
    real = Path(os.path.realpath(path))
    if not any(real.is_relative_to(place) for place in now.places):
        raise ModelFileError(
            f"{now.folder}: expected files inside the folder of the saved pipeline, got {said!r}; put the "
            "file there, or name it yourself when you load: config={...}"
        )


def _kind(mode: int) -> str:
    kinds = (
        (stat.S_ISDIR, "a folder"),
        (stat.S_ISFIFO, "a pipe"),
        (stat.S_ISSOCK, "a socket"),
        (stat.S_ISCHR, "a device"),
        (stat.S_ISBLK, "a device"),
    )
    return next((name for check, name in kinds if check(mode)), "something else")
