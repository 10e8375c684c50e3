# SPDX-License-Identifier: Apache-2.0
"""The files that embedded servers leave in a registry's folder: which release wrote them, and how a newer
one takes them over.

appendonlydir/   Redis 7 and later, Valkey: a base, what followed it, a manifest; and our note of who wrote
last appendonly.aof   before: one file, commands or a snapshot with commands after it
dump.rdb         a snapshot, which servers with an append-only file pass over
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from .errors import RegistryError
from .server_release import ServerRelease, parse_release

FOLDER, FILE, SNAPSHOT = "appendonlydir", "appendonly.aof", "dump.rdb"
NOTE = "written-by"
HEADER = re.compile(rb"(redis|valkey)-ver[\x01-\x3f](\d+)\.(\d+)\.(\d+)")
"""A snapshot begins with the version of its writer: a name, a byte that is the length of the value, the
value."""
BEFORE_7, SINCE_7 = ServerRelease("Redis", (6, 2)), ServerRelease("Redis", (7, 0))
"""What the form of the files alone tells."""


def read_writer(folder: Path) -> ServerRelease | None:
    """The release that wrote the data in a registry's folder, at least; None where there are none. Raises:
    RegistryError."""
    if (folder / FOLDER).is_dir():
        note = folder / FOLDER / NOTE
        if note.is_file():
            return _read_note(note)
        return max(_headers(folder / FOLDER), key=lambda release: release.version, default=SINCE_7)
    for name in (FILE, SNAPSHOT):
        if (folder / name).is_file() and (folder / name).stat().st_size:
            return _header(folder / name) or BEFORE_7
    return None


def note_writer(folder: Path, release: ServerRelease) -> None:
    """Note who writes there from now on, beside the files that only Redis 7 and later have: who moves them
    moves the note. Raises: RegistryError."""
    note, text = folder / FOLDER / NOTE, f"{release}\n"
    try:
        if note.parent.is_dir() and not (note.is_file() and note.read_text(encoding="utf-8") == text):
            fresh = note.with_name(f"{NOTE}.part")
            fresh.write_text(text, encoding="utf-8")
            fresh.replace(note)
    except OSError as error:
        raise RegistryError(f"expected to note in {note} that {release} writes there, got {error}") from error


def prepare_files(folder: Path, writer: ServerRelease | None, taker: ServerRelease) -> Path | None:
    """Before `taker` starts: keep a copy of what `writer` could not read afterwards, and let a snapshot that
    stands alone be its append-only file. Returns: the folder of the copy, None where none was needed. Raises:
    RegistryError."""
    try:
        copy = None if writer is None or writer.reads(taker) else _back_up(folder, taker)
        if writer is not None and not (folder / FOLDER).exists() and not (folder / FILE).exists():
            _copy(folder / SNAPSHOT, folder / FILE)
    except OSError as error:
        raise RegistryError(
            f"expected room and rights for a copy of the registry in {folder}, which {writer} wrote, before "
            f"{taker} "
            f"takes it over, got {error}; nothing was changed"
        ) from error
    return copy


def _back_up(folder: Path, taker: ServerRelease) -> Path:
    names = [name for name in (FOLDER, FILE, SNAPSHOT) if (folder / name).exists()]
    stem = f"before-{taker.product.lower()}-{'.'.join(map(str, taker.version))}"
    number, copy = 1, folder / stem
    while copy.exists():
        if _fingerprint(copy, names) == _fingerprint(folder, names):  # a start that failed has made it
            return copy
        number += 1
        copy = folder / f"{stem}-{number}"
    fresh = copy.with_name(f"{copy.name}.part")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    for name in names:
        if (folder / name).is_dir():
            shutil.copytree(folder / name, fresh / name)
        else:
            shutil.copy2(folder / name, fresh / name)
    fresh.replace(copy)
    return copy


def _fingerprint(folder: Path, names: list[str]) -> list[tuple[str, int, int]]:
    files = [
        path for name in names for path in ((folder / name), *(folder / name).rglob("*")) if path.is_file()
    ]
    return sorted(
        (str(path.relative_to(folder)), path.stat().st_size, path.stat().st_mtime_ns) for path in files
    )


def _copy(source: Path, target: Path) -> None:
    fresh = target.with_name(f"{target.name}.part")
    shutil.copyfile(source, fresh)
    fresh.replace(target)


def _read_note(note: Path) -> ServerRelease:
    text = note.read_text(encoding="utf-8", errors="replace")
    release = parse_release(text)
    if release is None:
        raise RegistryError(
            f"expected the release that wrote this folder in {note}, such as 'Valkey 9.1.2', got "
            f"{text[:100]!r}; "
            "remove the file if you know that your server is newer"
        )
    return release


def _headers(folder: Path) -> Iterator[ServerRelease]:
    for path in folder.glob(f"{FILE}*"):
        if (found := _header(path)) is not None:
            yield max(found, SINCE_7, key=lambda release: release.version)


def _header(path: Path) -> ServerRelease | None:
    with path.open("rb") as file:
        start = file.read(64)
    found = HEADER.search(start)
    if found is None or not start.startswith((b"REDIS", b"VALKEY")):
        return None
    return ServerRelease(found[1].decode().capitalize(), (int(found[2]), int(found[3]), int(found[4])))
