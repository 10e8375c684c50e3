# SPDX-License-Identifier: Apache-2.0
"""Look-up tables by name: maps from texts, or their ids, to anything that can be written down."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgpack

from ..safe_files import read_file
from .strings import string_id

FILE = "lookups.bin"


class Table(OrderedDict[int, Any]):
    """A map that a text and its id are the same key of."""

    def __init__(self, name: str | None = None, data: Mapping[Any, Any] | None = None) -> None:
        super().__init__()
        self.name = name
        self.update(data or {})

    @classmethod
    def from_dict(cls, data: Mapping[Any, Any], name: str | None = None) -> Table:
        """A table of a map."""
        return cls(name, data)

    def set(self, key: str | int, value: Any) -> None:
        """Set a value."""
        self[key] = value

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(_number(key), value)

    def __getitem__(self, key: Any) -> Any:
        number = _number(key)
        if not super().__contains__(number):
            raise KeyError(f"expected a key of the table {self.name!r}, got {key!r}")
        return super().__getitem__(number)

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str | int) and super().__contains__(_number(key))

    def get(self, key: Any, default: Any = None) -> Any:
        """The value of a key, or `default`."""
        return super().get(_number(key), default)

    def update(self, *args: Any, **kwargs: Any) -> None:
        """Take over the entries of a map."""
        for key, value in dict(*args, **kwargs).items():
            self[key] = value

    def to_bytes(self) -> bytes:
        """The table as bytes."""
        data: bytes = msgpack.packb({"name": self.name, "dict": dict(self.items())})
        return data

    def from_bytes(self, bytes_data: bytes) -> Table:
        """Read what `to_bytes` gave, in place of the entries that are here."""
        loaded = msgpack.unpackb(bytes_data, strict_map_key=False)
        self.name = loaded["name"]
        self.clear()
        self.update(loaded["dict"])
        return self

    def __reduce__(self) -> Any:
        return Table, (self.name, dict(self.items()))


class Lookups:
    """Look-up tables by name.

    >>> lookups = Lookups()
    >>> table = lookups.add_table("lemma", {"going": "go"})
    >>> lookups.get_table("lemma")["going"], lookups.has_table("norm"), lookups.tables
    ('go', False, ['lemma'])
    """

    def __init__(self) -> None:
        self._tables: dict[str, Table] = {}

    def __contains__(self, name: object) -> bool:
        """Whether there is a table of that name."""
        return name in self._tables

    def __len__(self) -> int:
        """Number of tables."""
        return len(self._tables)

    @property
    def tables(self) -> list[str]:
        """Names of the tables."""
        return list(self._tables)

    def add_table(self, name: str, data: Mapping[Any, Any] | None = None) -> Table:
        """Add a table. Raises: ValueError where there is one of that name."""
        if name in self._tables:
            raise ValueError(
                f"expected the name of a new table, got {name!r}, which is there; remove it first"
            )
        return self.set_table(name, Table(name, data))

    def set_table(self, name: str, table: Mapping[Any, Any]) -> Table:
        """Set a table, whether there is one of that name or not."""
        self._tables[name] = table if isinstance(table, Table) else Table(name, table)
        return self._tables[name]

    def get_table(self, name: str, default: Any = None) -> Any:
        """A table, or `default` where that is not None. Raises: KeyError, which lists the names."""
        if name not in self._tables and default is None:
            raise KeyError(
                f"expected the name of a look-up table, got {name!r}; there are: "
                f"{', '.join(self._tables) or 'none'}"
            )
        return self._tables.get(name, default)

    def remove_table(self, name: str) -> Table:
        """Take a table out and give it. Raises: KeyError, which lists the names."""
        self.get_table(name)
        return self._tables.pop(name)

    def has_table(self, name: str) -> bool:
        """Whether there is a table of that name."""
        return name in self._tables

    def to_bytes(self, **kwargs: Any) -> bytes:
        """All tables as bytes."""
        data: bytes = msgpack.packb({name: dict(table.items()) for name, table in self._tables.items()})
        return data

    def from_bytes(self, bytes_data: bytes, **kwargs: Any) -> Lookups:
        """Read what `to_bytes` gave, in place of the tables that are here."""
        loaded = msgpack.unpackb(bytes_data, strict_map_key=False)
        self._tables = {name: Table(name, data) for name, data in loaded.items()}
        return self

    def to_disk(self, path: str | Path, filename: str = FILE, **kwargs: Any) -> None:
        """Write the tables into a file of a folder, if there are any."""
        if self._tables:
            Path(path).mkdir(parents=True, exist_ok=True)
            (Path(path) / filename).write_bytes(self.to_bytes())

    def from_disk(self, path: str | Path, filename: str = FILE, **kwargs: Any) -> Lookups:
        """Read the file that `to_disk` wrote; none means no tables."""
        file = Path(path) / filename
        return self.from_bytes(read_file(file)) if file.exists() else self


def lookups_of(tables: Mapping[str, Mapping[Any, Any]], names: Iterable[str] | None = None) -> Lookups:
    """Tables by name as one value."""
    lookups = Lookups()
    for name in tables if names is None else names:
        lookups.add_table(name, tables[name])
    return lookups


def _number(key: str | int) -> int:
    return string_id(key) if isinstance(key, str) else int(key)
