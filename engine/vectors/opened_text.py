# SPDX-License-Identifier: Apache-2.0
"""Files as people download them: plain, `.gz`, `.bz2`, `.xz`, or the one file of a `.zip` or `.tar`
archive."""

from __future__ import annotations

import bz2
import gzip
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, TypeVar

from ..errors import EngineError

Member = TypeVar("Member")

OPENERS: Mapping[str, Callable[..., Any]] = {
    ".bz2": bz2.open,
    ".gz": gzip.open,
    ".xz": lzma.open,
}
TARS = (".tar", ".tgz", ".tbz2", ".tar.gz", ".tar.bz2", ".tar.xz")


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """The bytes of a file, unpacked as they are read.

    Raises: EngineError where it cannot be read, or an archive holds another number of files than one.
    """
    try:
        if path.name.endswith(TARS):
            with tarfile.open(path) as archive:
                names = [member for member in archive if member.isfile()]
                stream = archive.extractfile(_only(names, path))
                assert stream is not None, "it is a file; this is a bug in Freshet"
                yield stream
        elif path.suffix == ".zip":
            with zipfile.ZipFile(path) as packed:
                infos = [info for info in packed.infolist() if not info.is_dir()]
                with packed.open(_only(infos, path)) as inner:
                    yield inner
        else:
            opener: Callable[..., Any] = OPENERS.get(path.suffix, open)
            with opener(path, "rb") as plain:
                yield plain
    except (
        OSError,
        EOFError,
        RuntimeError,
        tarfile.TarError,
        zipfile.BadZipFile,
        lzma.LZMAError,
        zlib.error,
    ) as error:
        raise EngineError(f"{path}: expected a file of vectors, got: {error}") from None


def inner_suffix(path: Path) -> str:
    """What kind of file is inside, by its name: `.bin` of `v.bin.gz`."""
    return Path(path.stem).suffix if path.suffix in OPENERS else path.suffix


def _only(members: list[Member], path: Path) -> Member:
    if len(members) != 1:
        raise EngineError(f"{path}: expected an archive of one file, got {len(members)}; unpack it first")
    return members[0]
