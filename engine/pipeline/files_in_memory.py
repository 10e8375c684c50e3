# SPDX-License-Identifier: Apache-2.0
"""Files of a saved pipeline that are in no folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import msgpack

from ..errors import ModelFileError
from ..safe_files import check_inner_path


@dataclass(frozen=True, slots=True)
class FilesInMemory:
    """Reads as a folder does: `(root / "name").read_bytes()`."""

    files: Mapping[str, bytes]
    name: str = ""

    @classmethod
    def unpack(cls, data: bytes) -> FilesInMemory:
        """What `to_bytes` packed. Raises: ModelFileError."""
        try:
            files = msgpack.unpackb(data)
        except (ValueError, TypeError, msgpack.exceptions.UnpackException) as error:
            raise ModelFileError(f"expected the bytes of a pipeline, got {type(error).__name__}") from None
        if not isinstance(files, dict) or not all(isinstance(each, bytes) for each in files.values()):
            raise ModelFileError("expected the bytes of a pipeline, got something else")
        for name in files:
            check_inner_path(name, "bytes of a pipeline")
        return cls(files)

    def __truediv__(self, name: str) -> FilesInMemory:
        return FilesInMemory(self.files, f"{self.name}/{name}" if self.name else name)

    def __str__(self) -> str:
        return self.name or "bytes of a pipeline"

    def is_dir(self) -> bool:
        """Whether there are files below it."""
        return not self.name or any(file.startswith(f"{self.name}/") for file in self.files)

    def read_bytes(self) -> bytes:
        """The file. Raises: FileNotFoundError."""
        if self.name not in self.files:
            raise FileNotFoundError(2, "there is no such file", self.name)
        return self.files[self.name]
