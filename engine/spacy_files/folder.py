# SPDX-License-Identifier: Apache-2.0
"""The files of a saved pipeline of spaCy, read with one error that names the file."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import ModelFileError
from .msgpack import unpack


@dataclass(frozen=True, slots=True)
class Folder:
    """A directory, and its files as values."""

    path: Path

    def folder(self, name: str) -> Folder:
        """A directory inside this one. Raises: ModelFileError where the name leads elsewhere."""
        if not name or name in (".", "..") or "/" in name or "\\" in name or "\0" in name:
            raise ModelFileError(f"{self.path}: expected the name of a folder in it, got {name!r}")
        return Folder(self.path / name)

    def has(self, name: str) -> bool:
        """Whether the file is there."""
        return (self.path / name).is_file()

    def data(self, name: str) -> bytes:
        """The bytes of a file. Raises: ModelFileError where it cannot be read."""
        file = self.path / name
        try:
            return file.read_bytes()
        except OSError as error:
            raise ModelFileError(
                f"{file}: expected a file of the saved pipeline, got: {error.strerror}"
            ) from None

    def text(self, name: str) -> str:
        """The text of a file. Raises: ModelFileError where it is no UTF-8."""
        try:
            return self.data(name).decode("utf8")
        except UnicodeDecodeError as error:
            raise ModelFileError(
                f"{self.path / name}: expected UTF-8, got other bytes at {error.start}; fetch the file again"
            ) from None

    def json(self, name: str) -> Any:
        """The value of a JSON file. Raises: ModelFileError where it is none."""
        try:
            return json.loads(self.text(name))
        except (ValueError, RecursionError) as error:
            raise ModelFileError(
                f"{self.path / name}: expected JSON, got something else: {error}; fetch the file again"
            ) from None

    def json_map(self, name: str) -> dict[str, Any]:
        """The value of a JSON file that holds a map. Raises: ModelFileError."""
        value = self.json(name)
        if not isinstance(value, dict):
            raise ModelFileError(f"{self.path / name}: expected a JSON map, got {type(value).__name__}")
        return value

    def unpack(self, name: str) -> Any:
        """The value of a msgpack file. Raises: ModelFileError where it is none."""
        return unpack(self.data(name), self.path / name)
