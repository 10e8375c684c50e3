# SPDX-License-Identifier: Apache-2.0
"""Objects of several parts to bytes, maps and folders, and back: one function a part, by its name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import msgpack

Getters = Mapping[str, Callable[[], Any]]
Setters = Mapping[str, Callable[[Any], Any]]
OnPaths = Mapping[str, Callable[[Path], Any]]


def to_dict(getters: Getters, exclude: Iterable[str] = ()) -> dict[str, Any]:
    """What each function gives, without the excluded parts: `name` leaves out `name.x`, too."""
    left_out = set(exclude)
    return {name: get() for name, get in getters.items() if name.split(".")[0] not in left_out}


def from_dict(msg: Mapping[str, Any], setters: Setters, exclude: Iterable[str] = ()) -> Mapping[str, Any]:
    """Hand each function its part."""
    left_out = set(exclude)
    for name, take in setters.items():
        if name.split(".")[0] not in left_out and name in msg:
            take(msg[name])
    return msg


def to_bytes(getters: Getters, exclude: Iterable[str] = ()) -> bytes:
    """What each function gives, as bytes."""
    data: bytes = msgpack.packb(to_dict(getters, exclude))
    return data


def from_bytes(bytes_data: bytes, setters: Setters, exclude: Iterable[str] = ()) -> Mapping[str, Any]:
    """Hand each function its part of what `to_bytes` gave."""
    return from_dict(msgpack.unpackb(bytes_data, strict_map_key=False), setters, exclude)


def to_disk(path: str | Path, writers: OnPaths, exclude: Iterable[str] = ()) -> Path:
    """Let each function write its part, at a path of its name in a folder."""
    folder = Path(path)
    folder.mkdir(parents=True, exist_ok=True)
    _at_paths(folder, writers, exclude)
    return folder


def from_disk(path: str | Path, readers: OnPaths, exclude: Iterable[str] = ()) -> Path:
    """Let each function read its part of a folder."""
    _at_paths(Path(path), readers, exclude)
    return Path(path)


def _at_paths(folder: Path, functions: OnPaths, exclude: Iterable[str]) -> None:
    left_out = set(exclude)
    for name, function in functions.items():
        if name.split(".")[0] not in left_out:
            function(folder / name)


class DummyTokenizer:
    """A base for tokenizers of one's own that have nothing to keep: override `__call__`."""

    def __call__(self, text: str) -> Any:
        """A document of a text."""
        raise NotImplementedError(f"expected {type(self).__name__} to have a method `__call__(text)`")

    def pipe(self, texts: Iterable[str], **settings: Any) -> Iterable[Any]:
        """A document of each text."""
        for text in texts:
            yield self(text)

    def to_bytes(self, **settings: Any) -> bytes:
        """Nothing."""
        return b""

    def from_bytes(self, data: bytes, **settings: Any) -> DummyTokenizer:
        """Take nothing."""
        return self

    def to_disk(self, path: str | Path, **settings: Any) -> None:
        """Write nothing."""

    def from_disk(self, path: str | Path, **settings: Any) -> DummyTokenizer:
        """Read nothing."""
        return self
