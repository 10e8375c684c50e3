# SPDX-License-Identifier: Apache-2.0
"""Content-addressed bytes: in Redis as a hash of chunks, or in a directory as files."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, Protocol

import redis

from .errors import MissingBlobError, RegistryError, TamperedError

CHUNK = 2**20 - 256
"""Units: bytes. A little under 1 MiB, so that a chunk with its header still fits the allocator's class of 1
MiB and not that of 1.25."""

SHA256 = re.compile("[0-9a-f]{64}")
AHEAD = 8
"""Chunks that are sent or asked for at once."""
AOF_BUFFER = 8 * 2**20
"""Units: bytes. As much may wait in Redis for its append-only file before more is sent."""
AOF_TIMEOUT = 10.0
"""Units: seconds. How long a blob waits for that in all; then memory matters less than getting on."""
AOF_POLL = 0.02
"""Units: seconds. How long until Redis is asked again."""

CallGuard = Callable[[], AbstractContextManager[None]]


class BlobStore(Protocol):
    """Bytes by their sha256. Putting the same bytes twice stores them once."""

    def put(self, data: bytes) -> str:
        """Store bytes. Returns: their sha256."""

    def get(self, sha256: str) -> bytes:
        """The bytes, verified. Raises: MissingBlobError, TamperedError."""

    def has(self, sha256: str) -> bool:
        """Whether they are here, whole."""

    def delete(self, sha256: str) -> None:
        """Forget them; nothing happens where they are not here."""


class RedisBlobs:
    """Blobs as hashes `blob:SHA256` of chunks "0", "1", ... below a registry's root key."""

    def __init__(self, client: redis.Redis, root: str, guard: CallGuard = nullcontext) -> None:
        """`guard` stands around each of the store's own calls; it turns the client's errors into the
        registry's."""
        self._client: Any = client  # redis-py types each reply as the union over all protocols
        self._root, self._guard = root, guard

    def put(self, data: bytes) -> str:
        """Store bytes. Returns: their sha256."""
        sha256 = hashlib.sha256(data).hexdigest()
        with self._guard():
            self.put_pieces(
                sha256, len(data), (data[at : at + CHUNK] for at in range(0, max(len(data), 1), CHUNK))
            )
        return sha256

    def put_file(self, path: Path, sha256: str, size: int) -> None:
        """Store a file, whose size and sha256 are known, without reading it whole into memory."""
        with path.open("rb") as stream:
            self.put_pieces(sha256, size, (stream.read(CHUNK) for _ in range(chunks_of(size))))

    def put_pieces(self, sha256: str, size: int, pieces: Iterator[bytes]) -> None:
        """Store chunks of the right length, unless all are here; the blob counts as young from now on."""
        seconds, micros = self._client.time()
        self._client.zadd(f"{self._root}blobs", {sha256: seconds + micros / 1e6})
        key = f"{self._root}blob:{sha256}"
        if self._client.hlen(key) == chunks_of(size):
            return
        deadline = time.monotonic() + AOF_TIMEOUT
        digest, pipe = hashlib.sha256(), self._client.pipeline(transaction=False)
        for number, piece in enumerate(pieces):
            digest.update(piece)
            pipe.hset(key, str(number), piece)
            if number % AHEAD == AHEAD - 1:
                pipe.execute()
                self._wait_for_write(deadline)
        pipe.execute()
        if digest.hexdigest() != sha256:
            self.delete(sha256)
            raise RegistryError(
                f"expected bytes with sha256 {sha256[:12]}..., got others; a file was changed while it was "
                "put"
            )

    def _wait_for_write(self, deadline: float) -> None:
        # Redis keeps in memory what its append-only file does not hold yet; before version 7, while that file
        # is rewritten, all of it.
        while time.monotonic() < deadline:
            facts = self._client.info("persistence")
            if facts.get("aof_buffer_length", 0) + facts.get("aof_rewrite_buffer_length", 0) <= AOF_BUFFER:
                return
            time.sleep(AOF_POLL)

    def get(self, sha256: str) -> bytes:
        """The bytes, verified. Raises: MissingBlobError, TamperedError."""
        with self._guard():
            return b"".join(self.pieces(sha256, f"blob {sha256}"))

    def pieces(self, sha256: str, what: str, size: int | None = None) -> Iterator[bytes]:
        """The chunks in order; the last is followed by the check. With `size` there are so many bytes, and no
        more are given out. Raises: MissingBlobError, TamperedError, which name `what`."""
        key, digest, n_bytes = f"{self._root}blob:{sha256}", hashlib.sha256(), 0
        count = self._client.hlen(key)
        if not count:
            raise MissingBlobError(
                f"{what}: expected blob {sha256[:12]}... in the registry, it is not there; put the version "
                "again"
            )
        for begin in range(0, count, AHEAD):
            names = [str(number) for number in range(begin, min(begin + AHEAD, count))]
            for name, piece in zip(names, self._client.hmget(key, names), strict=True):
                if piece is None:
                    raise MissingBlobError(
                        f"{what}: chunk {name} of blob {sha256[:12]}... is missing; put the version again"
                    )
                digest.update(piece)
                n_bytes += len(piece)
                if size is not None and n_bytes > size:  # before a disk or memory is full of it
                    raise TamperedError(f"{what}: expected {size} bytes, its blob has more")
                yield piece
        if size is not None and n_bytes != size:
            raise TamperedError(f"{what}: expected {size} bytes, got {n_bytes}")
        if digest.hexdigest() != sha256:
            raise TamperedError(
                f"{what}: expected sha256 {sha256[:12]}..., got {digest.hexdigest()[:12]}...; its blob was "
                "changed"
            )

    def has(self, sha256: str) -> bool:
        """Whether there is anything of it."""
        with self._guard():
            return bool(self._client.exists(f"{self._root}blob:{sha256}"))

    def delete(self, sha256: str) -> None:
        """Forget it."""
        with self._guard():
            self._client.unlink(f"{self._root}blob:{sha256}")
            self._client.zrem(f"{self._root}blobs", sha256)


class DirectoryBlobs:
    """Blobs as files named by their sha256; for what is too large for Redis, such as an optimizer's state."""

    def __init__(self, folder: Path) -> None:
        """Make the folder where it is missing."""
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def put(self, data: bytes) -> str:
        """Store bytes, durably: the file is there whole or not at all. Returns: their sha256."""
        sha256 = hashlib.sha256(data).hexdigest()
        path = self._path(sha256)
        if path.is_file() and path.stat().st_size == len(data):
            os.utime(path)
            return sha256
        path.parent.mkdir(exist_ok=True)
        part = path.with_name(f"{path.name}.{os.getpid()}.part")
        with part.open("wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(part, path)
        _sync(path.parent)
        return sha256

    def get(self, sha256: str) -> bytes:
        """The bytes, verified. Raises: MissingBlobError, TamperedError."""
        try:
            data = self._path(sha256).read_bytes()
        except FileNotFoundError:
            raise MissingBlobError(
                f"expected blob {sha256[:12]}... in {self.folder}, it is not there"
            ) from None
        if hashlib.sha256(data).hexdigest() != sha256:
            raise TamperedError(
                f"{self._path(sha256)}: expected sha256 {sha256[:12]}..., got another; the file was changed"
            )
        return data

    def has(self, sha256: str) -> bool:
        """Whether its file is here."""
        return self._path(sha256).is_file()

    def delete(self, sha256: str) -> None:
        """Remove its file."""
        self._path(sha256).unlink(missing_ok=True)

    def prune(self, keep: set[str], older_than: float) -> int:
        """Remove files that are not to be kept and that nobody has put for so long (seconds). Returns: how
        many."""
        limit, removed = time.time() - older_than, 0
        for path in self.folder.glob("??/*"):
            if path.name not in keep and path.stat().st_mtime <= limit:
                with contextlib.suppress(FileNotFoundError):
                    path.unlink()
                    removed += 1
        return removed

    def _path(self, sha256: str) -> Path:
        if not SHA256.fullmatch(sha256):  # it may be what somebody wrote to Redis
            raise TamperedError(f"expected the sha256 of a blob, got {sha256[:80]!r}")
        return self.folder / sha256[:2] / sha256


def chunks_of(size: int) -> int:
    """How many chunks so many bytes make; an empty blob has one, which is empty."""
    return max(1, -(-size // CHUNK))


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
