# SPDX-License-Identifier: Apache-2.0
"""Texts by their ids and ids by their texts, as people look them up."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import overload

import msgpack

from ..safe_files import MAX_VALUES, parse_json, read_file
from .label_text import LabelText
from .strings import SYMBOL_IDS, SYMBOLS, string_id

FILE = "strings.json"


class StringStore:
    """Texts by their 64-bit ids. Those that documents use are found without having been added.

    >>> store = StringStore(["coffee"])
    >>> store["coffee"], store[3197928453018144401], "tea" in store
    (3197928453018144401, 'coffee', False)
    """

    def __init__(
        self, strings: Iterable[str] | None = None, *, elsewhere: Callable[[int], str | None] | None = None
    ) -> None:
        self._texts: dict[int, str] = {}
        self._elsewhere = elsewhere
        for text in strings or ():
            self.add(text)

    @overload
    def __getitem__(self, string_or_id: str) -> int: ...
    @overload
    def __getitem__(self, string_or_id: int) -> str: ...
    def __getitem__(self, string_or_id: str | int) -> int | str:
        """The id of a text, or the text of an id.

        Raises: KeyError where nothing known has that id.
        """
        if isinstance(string_or_id, LabelText):
            return str(string_or_id)
        if isinstance(string_or_id, str):
            return string_id(string_or_id)
        number = int(string_or_id)
        text = self._find(number)
        if text is None:
            raise KeyError(
                f"expected the id of a text that was added or read, got {number}; add the text first"
            )
        return text

    def __contains__(self, string_or_id: object) -> bool:
        """Whether a text, or the text of an id, was added or read."""
        if not isinstance(string_or_id, str | int):
            return False
        number = string_id(string_or_id) if isinstance(string_or_id, str) else int(string_or_id)
        return self._find(number) is not None

    def __len__(self) -> int:
        """Number of texts that were added."""
        return len(self._texts)

    def __iter__(self) -> Iterator[str]:
        """Texts that were added, in that order."""
        return iter(list(self._texts.values()))

    def __repr__(self) -> str:
        return f"StringStore({len(self)} added)"

    def __reduce__(self) -> tuple[type[StringStore], tuple[list[str]]]:
        """The texts that were added."""
        return StringStore, (list(self),)

    def add(self, string: str | bytes | int) -> int:
        """Add a text and give its id; the id of a known text stays.

        Raises: KeyError where a number is given that is the id of no known text; TypeError for anything else.
        """
        if isinstance(string, bytes):
            string = string.decode("utf-8")
        if not isinstance(string, str | int):
            raise TypeError(f"expected a text to add, got {type(string).__name__}")
        if not isinstance(string, str):
            return string_id(self[int(string)])
        number = string_id(string)
        if number >= len(SYMBOLS):
            self._texts.setdefault(number, str(string))
        return number

    def as_int(self, key: str | int) -> int:
        """The id of a text; an id as it is."""
        return string_id(key) if isinstance(key, str) else int(key)

    def as_string(self, key: str | int) -> str:
        """The text of an id; a text as it is."""
        return str(key) if isinstance(key, str) else self[int(key)]

    def keys(self) -> list[int]:
        """Ids of the texts that were added."""
        return list(self._texts)

    def values(self) -> list[int]:
        """Ids of the texts that were added."""
        return list(self._texts)

    def items(self) -> list[tuple[str, int]]:
        """Texts that were added, with their ids."""
        return [(text, number) for number, text in self._texts.items()]

    @contextmanager
    def memory_zone(self, mem: object = None) -> Iterator[None]:
        """Texts that are added inside are gone afterwards."""
        before = dict(self._texts)
        try:
            yield None
        finally:
            self._texts = before

    def to_disk(self, path: str | Path) -> None:
        """Write the texts, sorted, as a JSON list."""
        Path(path).write_text(json.dumps(sorted(self), ensure_ascii=False, indent=2), encoding="utf-8")

    def from_disk(self, path: str | Path) -> StringStore:
        """Read what `to_disk` wrote, in place of the texts that are here."""
        return self._reset(parse_json(read_file(path, MAX_VALUES), path))

    def to_bytes(self) -> bytes:
        """The texts, sorted, as bytes."""
        data: bytes = msgpack.packb(sorted(self))
        return data

    def from_bytes(self, bytes_data: bytes) -> StringStore:
        """Read what `to_bytes` gave, in place of the texts that are here."""
        return self._reset(msgpack.unpackb(bytes_data))

    def _reset(self, strings: Iterable[str]) -> StringStore:
        self._texts = {}
        for text in strings:
            self.add(text)
        return self

    def _find(self, number: int) -> str | None:
        if 0 <= number < len(SYMBOLS):
            return SYMBOLS[number]
        known = self._texts.get(number)
        return known if known is not None or self._elsewhere is None else self._elsewhere(number)


def hash_string(string: str) -> int:
    """The 64-bit id of a text: MurmurHash64A with seed 1, or the number of a symbol."""
    return string_id(string)


def get_string_id(key: str | int) -> int:
    """The id of a text; an id as it is."""
    return string_id(key) if isinstance(key, str) else int(key)


__all__ = ["SYMBOL_IDS", "StringStore", "get_string_id", "hash_string"]
