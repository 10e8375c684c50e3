# SPDX-License-Identifier: Apache-2.0
"""The files of a saved pipeline of spaCy, read with one error that names the file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import ModelFileError
from ..safe_files import MAX_FILE, MAX_VALUES, check_inner_path, check_name, parse_json, read_file
from .msgpack import unpack


@dataclass(frozen=True, slots=True)
class Folder:
    """A directory, and its files as values."""

    path: Path

    def folder(self, name: str) -> Folder:
        """A directory inside this one. Raises: ModelFileError where the name leads elsewhere."""
        return Folder(self.path / check_name(name, str(self.path)))

    def has(self, name: str) -> bool:
        """Whether the file is there."""
        return (self.path / name).is_file()

    def data(self, name: str, limit: int = MAX_FILE) -> bytes:
        """The bytes of a file. Raises: ModelFileError where it cannot be read."""
        file = self.path / check_inner_path(name, str(self.path))
        try:
            return read_file(file, limit)
        except OSError as error:
            raise ModelFileError(
                f"{file}: expected a file of the saved pipeline, got: {error.strerror}"
            ) from None

    def text(self, name: str, limit: int = MAX_VALUES) -> str:
        """The text of a file. Raises: ModelFileError where it is no UTF-8."""
        try:
            return self.data(name, limit).decode("utf8")
        except UnicodeDecodeError as error:
            raise ModelFileError(
                f"{self.path / name}: expected UTF-8, got other bytes at {error.start}; fetch the file again"
            ) from None

    def json(self, name: str) -> Any:
        """The value of a JSON file. Raises: ModelFileError where it is none."""
        return parse_json(self.text(name), self.path / name)

    def json_map(self, name: str) -> dict[str, Any]:
        """The value of a JSON file that holds a map. Raises: ModelFileError."""
        value = self.json(name)
        if not isinstance(value, dict):
            raise ModelFileError(f"{self.path / name}: expected a JSON map, got {type(value).__name__}")
        return value

    def unpack(self, name: str) -> Any:
        """The value of a msgpack file. Raises: ModelFileError where it is none."""
        return unpack(self.data(name), self.path / name)
