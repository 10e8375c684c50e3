# SPDX-License-Identifier: Apache-2.0
"""Files by what is in them: size and sha256 of one, and one digest over many. A pipeline's `meta.json`, a
learner's state and the manifests of the model registry follow the same rule.

Only the standard library is imported here, so that the registry's commands start without an engine.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from .errors import ModelFileError


@dataclass(frozen=True, slots=True)
class FileRecord:
    """What is written down of a file. Units: `size` in bytes.

    >>> FileRecord.of(b"").size
    0
    """

    size: int
    sha256: str

    @classmethod
    def of(cls, data: bytes) -> FileRecord:
        """The record of these bytes."""
        return cls(len(data), hashlib.sha256(data).hexdigest())

    def check(self, data: bytes, file: Path) -> None:
        """Raises: ModelFileError, which names the file, where the bytes are not those of the record."""
        self._compare(len(data), lambda: hashlib.sha256(data).hexdigest(), file)

    def check_file(self, file: Path) -> None:
        """The same of a file that is too large to be held. Raises: ModelFileError; OSError where it cannot be
        read."""
        with file.open("rb") as stream:
            size = stream.seek(0, 2)
            stream.seek(0)
            self._compare(size, lambda: hashlib.file_digest(stream, "sha256").hexdigest(), file)

    def _compare(self, size: int, sha256: Callable[[], str], file: Path) -> None:
        if size != self.size:
            raise ModelFileError(
                f"{file}: expected {self.size} bytes, got {size}; the file is truncated or "
                "changed, fetch it again"
            )
        if sha256() != self.sha256:
            raise ModelFileError(
                f"{file}: expected sha256 {self.sha256[:12]}..., got another; the file was changed, "
                "fetch it again"
            )


def digest_of(files: Mapping[str, bytes]) -> str:
    """One sha256 over the names and contents of all files."""
    return digest_of_hashes({name: hashlib.sha256(data).hexdigest() for name, data in files.items()})


def digest_of_hashes(hashes: Mapping[str, str]) -> str:
    """The same, from the sha256 of each file."""
    total = hashlib.sha256()
    for name in sorted(hashes):
        total.update(f"{name}\0{hashes[name]}\n".encode())
    return total.hexdigest()
