# SPDX-License-Identifier: Apache-2.0
"""A version's files on disk: written beside their place, verified, then moved into it at once."""

from __future__ import annotations

import os
import shutil
import uuid
from pathlib import Path

from .blobs import RedisBlobs
from .errors import RegistryError, TamperedError
from .manifest import Manifest, list_files


def fetch_files(blobs: RedisBlobs, manifest: Manifest, into: Path) -> Path:
    """The files of a manifest in the directory `into`, each verified. Raises: RegistryError, TamperedError,
    MissingBlobError."""
    if into.is_dir() and any(into.iterdir()):
        if _holds(manifest, into):
            return into
        raise RegistryError(
            f"expected an empty or a new directory for version {manifest.number}, {into} holds other files"
        )
    part = into.with_name(f".{into.name}.{os.getpid()}-{uuid.uuid4().hex[:8]}.part")
    try:
        for path, file in manifest.files.items():
            target = part / path
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("wb") as stream:
                for piece in blobs.pieces(file.sha256, f"version {manifest.number}: {path}"):
                    stream.write(piece)
            if target.stat().st_size != file.size:
                raise TamperedError(
                    f"version {manifest.number}: {path}: expected {file.size} bytes, got "
                    f"{target.stat().st_size}"
                )
        if into.is_dir():
            into.rmdir()
        _move(part, into, manifest)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return into


def _move(part: Path, into: Path, manifest: Manifest) -> None:
    try:
        part.rename(into)
    except OSError:
        if not _holds(manifest, into):  # else another process was faster, with the same files
            raise


def _holds(manifest: Manifest, directory: Path) -> bool:
    return directory.is_dir() and list_files(directory) == dict(manifest.files)
