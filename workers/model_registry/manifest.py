# SPDX-License-Identifier: Apache-2.0
"""What a version consists of: a manifest, one canonical piece of JSON that is signed and never changes, and
the files that it names, read from a folder and written into one."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from engine.file_digests import FileRecord, digest_of_hashes

from .blobs import SHA256, RedisBlobs
from .errors import RegistryError, TamperedError, as_written
from .version import Lineage, Version, VersionState

FORMAT = 1
RUNNABLE = (".pkl", ".pickle", ".pt", ".pth", ".ckpt", ".joblib", ".dill")
PIECE = 2**20
LARGE = 2**18
"""Units: bytes. Smaller files are fetched rather than looked for."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """Name, number, parent, files, lineage, watermark and scores of a version."""

    name: str
    number: int
    parent: int | None
    files: Mapping[str, FileRecord]
    lineage: Lineage
    corrections: Mapping[str, int]
    scores: Mapping[str, float]
    created: str
    actor: str

    def to_bytes(self) -> bytes:
        """The one way to write it: sorted keys, no spaces, UTF-8. Raises: RegistryError for a value that JSON
        does not have."""
        plain = {
            "format": FORMAT,
            "name": self.name,
            "number": self.number,
            "parent": self.parent,
            "files": {path: {"size": file.size, "sha256": file.sha256} for path, file in self.files.items()},
            "lineage": self.lineage.to_json(),
            "corrections": dict(self.corrections),
            "scores": dict(self.scores),
            "created": self.created,
            "actor": self.actor,
        }
        try:
            return json.dumps(
                plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
            ).encode()
        except (TypeError, ValueError) as error:
            raise RegistryError(f"expected lineage and scores of plain finite values, got {error}") from None


def read_manifest(data: bytes, name: str, number: int) -> Manifest:
    """The manifest of that version. Raises: TamperedError where it is that of another one, or none."""
    what = f"version {number} of {name}"
    with as_written(f"the manifest of {what}"):
        plain: dict[str, Any] = json.loads(data)
        if plain["format"] != FORMAT:
            raise TamperedError(
                f"{what}: expected a manifest of format {FORMAT}, got {plain['format']!r}; it needs a newer "
                "Freshet"
            )
        files = {
            _inside(path): FileRecord(_size(file["size"]), _sha256(file["sha256"]))
            for path, file in plain["files"].items()
        }
        kinds = {"name": str, "number": int, "created": str, "actor": str}
        rest = {key: _of_kind(key, plain[key], kind) for key, kind in kinds.items()}
        rest["parent"] = None if plain["parent"] is None else _of_kind("parent", plain["parent"], int)
        rest["corrections"] = _numbers("corrections", plain["corrections"], int)
        rest["scores"] = _numbers("scores", plain["scores"], int | float)
        manifest = Manifest(files=files, lineage=Lineage.from_json(plain["lineage"]), **rest)
    if (manifest.name, manifest.number) != (name, number):
        raise TamperedError(f"{what}: its manifest is that of version {manifest.number} of {manifest.name}")
    return manifest


def version_of(name: str, number: int, fields: Mapping[str, str]) -> Version:
    """A version from its hash. Raises: TamperedError."""
    what = f"version {number} of {name}"
    if "manifest" not in fields:
        raise TamperedError(f"{what}: its record is gone")
    data = fields["manifest"].encode()
    manifest = read_manifest(data, name, number)
    with as_written(what):
        return Version(
            number=number,
            state=VersionState(fields["state"]),
            parent=manifest.parent,
            manifest_digest=hashlib.sha256(data).hexdigest(),
            lineage=manifest.lineage,
            corrections=manifest.corrections,
            scores=manifest.scores,
            verdict=_verdict(fields["verdict"]) if "verdict" in fields else None,
            created=manifest.created,
            actor=manifest.actor,
            files=manifest.files,
            against_epoch=int(fields["against_epoch"]) if "against_epoch" in fields else None,
            signed_by=":".join(fields["signature"].split(":")[:2]),
            collected="collected" in fields,
        )


def files_digest(files: Mapping[str, FileRecord]) -> str:
    """One sha256 over names and contents; the same rule as in a pipeline's `meta.json`."""
    return digest_of_hashes({path: file.sha256 for path, file in files.items()})


def list_files(directory: Path) -> dict[str, FileRecord]:
    """All files of a pipeline's directory, by their path inside of it. Raises: RegistryError for what may not
    be in a model."""
    if not directory.is_dir():
        raise RegistryError(f"expected a pipeline's directory, got {str(directory)!r}, which is none")
    found = {}
    for path in sorted(directory.rglob("*")):
        name = path.relative_to(directory).as_posix()
        if (
            any(part.startswith(".") for part in PurePosixPath(name).parts)
            or name.endswith(".part")
            or "__pycache__" in name
        ):
            continue
        if path.is_symlink() and not path.resolve().is_relative_to(directory.resolve()):
            raise RegistryError(
                f"{path}: expected files inside of {directory}, got a link to {path.resolve()}"
            )
        if path.is_file():
            found[name] = file_of(path)
    if not found:
        raise RegistryError(f"expected a pipeline's directory, got {str(directory)!r}, which holds no files")
    return found


def file_of(path: Path) -> FileRecord:
    """Size and sha256 of a file on disk. Raises: RegistryError for one that runs code when it is loaded."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as stream:
        piece = stream.read(PIECE)
        _refuse_runnable(path, piece)
        while piece:
            digest.update(piece)
            size += len(piece)
            piece = stream.read(PIECE)
    return FileRecord(size, digest.hexdigest())


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
            if _taken_from_beside(into, part, path, target, file):
                continue
            with target.open("wb") as stream:
                for piece in blobs.pieces(file.sha256, f"version {manifest.number}: {path}", file.size):
                    stream.write(piece)
        if into.is_dir():
            into.rmdir()
        _move(part, into, manifest)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return into


def _taken_from_beside(into: Path, part: Path, path: str, target: Path, file: FileRecord) -> bool:
    """Whether a version that lies beside had the same large file, which was linked then: what does not change
    from version to version, such as an encoder's lower half, is fetched once. Its digest is verified."""
    if file.size < LARGE or not into.parent.is_dir():
        return False
    for folder in sorted(into.parent.iterdir(), reverse=True):
        known = folder / path
        if folder == part or known.is_symlink() or not known.is_file() or known.stat().st_size != file.size:
            continue
        if file_of(known) == file:
            with suppress(OSError):  # another file system, or somebody who took it away
                os.link(known, target)
                return True
    return False


def read_file(blobs: RedisBlobs, manifest: Manifest, path: str, max_bytes: int) -> bytes:
    """One file of a manifest, verified. Raises: RegistryError for a path that is not in it or a file that is
    larger; TamperedError, MissingBlobError."""
    what, file = f"version {manifest.number}: {path}", manifest.files.get(path)
    if file is None:
        known = ", ".join(sorted(manifest.files))
        raise RegistryError(f"expected a file of version {manifest.number}, got {path!r}; there are: {known}")
    if file.size > max_bytes:
        raise RegistryError(
            f"{what}: expected at most {max_bytes:,} bytes, it has {file.size:,}; raise the limit "
            "(max_bytes, --max-bytes) or fetch the version"
        )
    return b"".join(blobs.pieces(file.sha256, what, file.size))


def _refuse_runnable(path: Path, beginning: bytes) -> None:
    pickled = (
        path.suffix != ".safetensors"
        and beginning[:1] == b"\x80"
        and beginning[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05")
    )
    if path.suffix in RUNNABLE or pickled or beginning.startswith(b"PK\x03\x04"):
        raise RegistryError(
            f"{path}: expected weights without code (safetensors), got a pickle or an archive, which "
            "may run code"
        )


def _inside(path: str) -> str:
    pure = PurePosixPath(path)
    if (
        not path
        or pure.is_absolute()
        or ".." in pure.parts
        or str(pure) != path
        or "\\" in path
        or "\0" in path
    ):
        raise ValueError(f"the path {path!r}, which leads out of a version")
    return path


def _sha256(value: str) -> str:
    if not isinstance(value, str) or not SHA256.fullmatch(value):
        raise ValueError(f"{value!r} for a sha256")
    return value


def _size(value: Any) -> int:
    size = _of_kind("size", value, int)
    if size < 0:
        raise ValueError(f"a size of {size}")
    return int(size)


def _of_kind(key: str, value: Any, kind: Any) -> Any:
    if not isinstance(value, kind) or isinstance(value, bool):
        raise TypeError(f"{type(value).__name__} for {key}")
    return value


def _numbers(key: str, values: Any, kind: Any) -> dict[str, Any]:
    return {name: _of_kind(key, number, kind) for name, number in values.items()}


def _verdict(text: str) -> dict[str, Any]:
    verdict: dict[str, Any] = json.loads(text)
    if not isinstance(verdict["passed"], bool):
        raise TypeError(f"a verdict that is {verdict['passed']!r}")
    return verdict


def _move(part: Path, into: Path, manifest: Manifest) -> None:
    try:
        part.rename(into)
    except OSError:
        if not _holds(manifest, into):  # else another process was faster, with the same files
            raise


def _holds(manifest: Manifest, directory: Path) -> bool:
    return directory.is_dir() and list_files(directory) == dict(manifest.files)
