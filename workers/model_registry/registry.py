# SPDX-License-Identifier: Apache-2.0
"""The model registry: versions of one model, which of them serve, and the trainer's last checkpoint."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from .audit import AuditEntry, read_audit, read_audit_after
from .blobs import BlobStore, DirectoryBlobs, RedisBlobs, chunks_of
from .checkpoint import Checkpoint, CheckpointStore, MetricsRow
from .checks import ServerFacts
from .errors import MissingBlobError, RegistryError, as_written
from .manifest import (
    Manifest,
    fetch_files,
    files_digest,
    list_files,
    read_file,
    read_manifest,
    version_of,
)
from .redis_server import BLOCK, RegistryServer, Script, ServerConnection, text_fields
from .signatures import Signing
from .version import Head, Lineage, Role, Version
from .worker_register import WorkerEntry, forget_worker, list_workers, note_worker

PUT_TRIES = 3
NOTED = "author-"
"""Beginning of the actions that are noted and change nothing."""
MAX_FILE_BYTES = 16 * 2**20
"""Of a file that is read alone, unless the caller says otherwise."""


class ModelRegistry:
    """Versions of one model in Redis. Safe to use from several threads; `close` it, or use it as a context
    manager.

    Every change is one script on the server: it happens whole or not at all, once for each `op_id`, and
    leaves a link in the audit chain. While Redis is down each call raises UnreachableError; the next one
    works again as soon as it is back.
    """

    def __init__(
        self,
        connected: ServerConnection,
        name: str,
        signing: Signing,
        *,
        ephemeral: bool = False,
        states: Path | None = None,
    ) -> None:
        """Use `open_registry`. `states` is a folder for the trainer's checkpoints; without one they are kept
        in Redis."""
        self.address, self.name, self.signing = connected.address, name, signing
        self._connected = connected
        self.server = RegistryServer(connected, name, ephemeral=ephemeral)
        self.blobs = RedisBlobs(self.server.client, self.server.root, self.server.guard)
        self._checkpoints = CheckpointStore(
            self.server, self.blobs if states is None else DirectoryBlobs(states)
        )
        self._identity = ""

    # -- reading

    def versions(self) -> list[Version]:
        """All versions, oldest first."""
        with self.server.guard(), as_written(f"the versions of {self.name}"):
            client, key = self.server.client, self.server.key
            numbers = [int(number) for number in client.zrange(key("versions"), 0, -1)]
            pipe = client.pipeline(transaction=False)
            for number in numbers:
                pipe.hgetall(key(f"v:{number}"))
            found = [text_fields(fields) for fields in pipe.execute()]
        return [version_of(self.name, *each) for each in zip(numbers, found, strict=True)]

    def version(self, number: int) -> Version:
        """One version. Raises: UnknownVersionError, TamperedError."""
        return version_of(self.name, number, self._fields(number))

    def head(self) -> Head:
        """Which versions serve now."""
        fields = self.server.fields("head")
        with as_written(f"the head of {self.name}"):
            return Head.from_fields(fields)

    def wait(self, epoch: int, timeout: float) -> Head:
        """The head, as soon as its epoch is another than this one; after `timeout` seconds the head as it is.

        Level-triggered: an event only ends the pause, the head itself is read; what is missed in between does
        no harm.
        """
        deadline = time.monotonic() + timeout
        while True:
            head, left = self.head(), deadline - time.monotonic()
            if head.epoch != epoch or left <= 0:
                return head
            with self.server.guard():
                block = max(1, int(min(left, BLOCK) * 1000))
                self.server.client.xread({self.server.key("audit"): head.event}, count=1, block=block)

    def fetch(self, number: int, into: Path) -> Path:
        """Write a version's files into a directory, which then holds these and nothing else; signature and
        all digests are verified.

        A directory that holds the version already is verified and kept. Raises: UnknownVersionError,
        TamperedError, MissingBlobError.
        """
        manifest = self._verified_manifest(number)
        with self.server.guard():
            return fetch_files(self.blobs, manifest, into)

    def read_file(self, number: int, path: str, *, max_bytes: int = MAX_FILE_BYTES) -> bytes:
        """One file of a version; the manifest's signature, its size and its digest are verified, and no other
        file is read.

        Raises: UnknownVersionError, TamperedError, MissingBlobError; RegistryError where the version has no
        such file, or it is larger.
        """
        manifest = self._verified_manifest(number)
        with self.server.guard():
            return read_file(self.blobs, manifest, path, max_bytes)

    def verify(self, number: int) -> Version:
        """Read every blob of a version and check all digests and the signature. Raises: TamperedError,
        MissingBlobError."""
        manifest = self._verified_manifest(number)
        with self.server.guard():
            for path, file in manifest.files.items():
                for _ in self.blobs.pieces(file.sha256, f"version {number}: {path}"):
                    pass
        return self.version(number)

    def audit(self) -> list[AuditEntry]:
        """All changes, oldest first. Raises: TamperedError where the chain is broken."""
        return read_audit(self.server)

    def audit_after(self, head: Head) -> list[AuditEntry]:
        """The changes after a head that was seen, oldest first. Raises: TamperedError where the registry's
        history does not go on from it."""
        return read_audit_after(self.server, head.event, head.chain)

    def note(
        self, action: str, detail: str, *, actor: str, reason: str = "", op_id: str | None = None
    ) -> None:
        """Append a link to the audit chain that changes nothing else. The same `op_id` again changes nothing.

        Raises: RegistryError for an action that does not begin with `author-`: no note may look like a change
        that workers go by.
        """
        if not action.startswith(NOTED):
            raise RegistryError(f"expected an action that begins with {NOTED!r}, got {action!r}")
        self.server.run(Script.NOTE, op_id, action=action, detail=detail, actor=actor, reason=reason)

    # -- versions

    def put(
        self,
        directory: Path,
        *,
        parent: int | None = None,
        lineage: Lineage | None = None,
        corrections: Mapping[str, int] | None = None,
        scores: Mapping[str, float] | None = None,
        actor: str,
        op_id: str | None = None,
        fence: int | None = None,
    ) -> Version:
        """Register a pipeline's directory, ours or spaCy's, as a candidate. The same `op_id` again
        returns the same version.

        Raises: RegistryError for files that may not be in a model or an `op_id` that put others,
        UnknownVersionError, StaleWriterError.
        """
        files, op = list_files(directory), op_id or uuid.uuid4().hex
        number = int(self.server.run(Script.RESERVE, op, **self._fenced(fence))[0])
        manifest = Manifest(
            self.name,
            number,
            parent,
            files,
            lineage or Lineage(),
            dict(corrections or {}),
            dict(scores or {}),
            datetime.now(UTC).isoformat(timespec="seconds"),
            actor,
        )
        self._put(directory, manifest, op, fence)
        return self.version(number)

    def set_verdict(
        self,
        number: int,
        verdict: Mapping[str, Any],
        against_epoch: int,
        *,
        actor: str = "gate",
        op_id: str | None = None,
    ) -> None:
        """Store the gate's judgement; `verdict["passed"]` decides, and only while the champion of
        `against_epoch` serves."""
        if not isinstance(verdict.get("passed"), bool):
            raise RegistryError(
                f"expected a verdict with passed = true or false, got {verdict.get('passed')!r}"
            )
        text = json.dumps(dict(verdict), sort_keys=True)
        passed = "1" if verdict["passed"] else "0"
        self.server.run(
            Script.VERDICT,
            op_id,
            version=str(number),
            verdict=text,
            passed=passed,
            against=str(against_epoch),
            actor=actor,
        )

    def retire(self, number: int, *, actor: str, reason: str = "", op_id: str | None = None) -> Version:
        """Take a version out of service for good. Raises: RefusedError for the champion."""
        self.server.run(Script.RETIRE, op_id, version=str(number), actor=actor, reason=reason)
        return self.version(number)

    def collect_garbage(
        self, older_than: float = 7 * 86400.0, *, actor: str = "gc", op_id: str | None = None
    ) -> tuple[int, int]:
        """Drop the files of versions retired for longer than so many seconds, and blobs that nothing names.
        Returns: versions, blobs."""
        versions, blobs = self.server.run(Script.GC, op_id, older_than=repr(float(older_than)), actor=actor)
        self._checkpoints.prune(older_than)
        return int(versions), int(blobs)

    def discard(
        self,
        keep: int,
        *,
        protect: Collection[int] = (),
        actor: str,
        op_id: str | None = None,
        fence: int | None = None,
    ) -> int:
        """Drop at once the files of versions that serve no more or that the gate refused, but for the newest
        `keep` of these and those in `protect`; what is known of them stays. Returns: how many."""
        protected = [str(number) for number in protect] or None
        dropped = self.server.run(
            Script.DISCARD,
            op_id,
            keep=str(keep),
            protect=protected,
            actor=actor,
            **self._fenced(fence),
        )
        return int(dropped[0])

    # -- head

    def promote(
        self,
        number: int,
        *,
        expected_epoch: int,
        actor: str,
        reason: str = "",
        force: bool = False,
        op_id: str | None = None,
        fence: int | None = None,
    ) -> Head:
        """Make a version champion, unless the champion has changed since `expected_epoch` or the gate has not
        let it pass against it.

        `force` overrides verdict and retirement, puts back what was champion before, needs a reason, and
        shows in the audit chain. Raises: StaleHeadError, RefusedError.
        """
        if force:
            _require_reason(reason, "promoting by force")
        names: dict[str, object] = {
            "version": str(number),
            "expected": str(expected_epoch),
            "actor": actor,
            "reason": reason,
        }
        self.server.run(Script.PROMOTE, op_id, **names, force=force or None, **self._fenced(fence))
        return self.head()

    def rollback(
        self, *, actor: str, reason: str, expected_epoch: int | None = None, op_id: str | None = None
    ) -> Head:
        """Back to the champion before; the present one is retired, for a reason. Raises: RefusedError where
        there is none before, StaleHeadError."""
        _require_reason(reason, "a rollback")
        self.server.run(Script.ROLLBACK, op_id, actor=actor, reason=reason, expected=_text(expected_epoch))
        return self.head()

    def set_shadow(
        self, number: int | None, *, actor: str, reason: str = "", op_id: str | None = None
    ) -> Head:
        """Let a version annotate beside the champion without its answers being sent; None: nobody."""
        names: dict[str, object] = {"role": Role.SHADOW, "version": _text(number)}
        self.server.run(Script.PLACE, op_id, **names, actor=actor, reason=reason)
        return self.head()

    def set_canary(
        self,
        number: int | None,
        percent: int = 0,
        *,
        actor: str,
        reason: str = "",
        force: bool = False,
        op_id: str | None = None,
    ) -> Head:
        """Let a version that the gate let pass answer for so many percent of the keys; None: nobody."""
        if number is not None and not 1 <= percent <= 100:
            raise RegistryError(f"expected 1 to 100 percent of the keys for a canary, got {percent}")
        if force:
            _require_reason(reason, "a canary by force")
        names: dict[str, object] = {
            "role": Role.CANARY,
            "version": _text(number),
            "percent": str(percent),
            "actor": actor,
            "reason": reason,
        }
        self.server.run(Script.PLACE, op_id, **names, force=force or None)
        return self.head()

    # -- the trainer

    @property
    def states(self) -> BlobStore:
        """Where the blobs of checkpoints are kept: the folder given at opening, else Redis."""
        return self._checkpoints.states

    def acquire_fence(self, *, actor: str = "trainer", op_id: str | None = None) -> int:
        """A token that is newer than all others; whoever holds an older one is refused from now on.

        What this registry object does under it is refused where another registry, or an emptied one, answers
        (UnknownRegistryError).
        """
        fence, *identity = self.server.run(Script.FENCE, op_id, actor=actor)
        self._identity = identity[0] if identity else self.head().identity
        return int(fence)

    def commit_checkpoint(
        self,
        fence: int,
        parent: str | None,
        state_digest: str,
        offsets: Mapping[str, int],
        blobs: Mapping[str, str],
        *,
        op_id: str,
    ) -> None:
        """Make state and offsets the current checkpoint, both at once; `blobs` maps names to sha256 in
        `states`.

        `parent` is the digest of the checkpoint that this one follows. The same `op_id` again changes
        nothing. The blobs of the checkpoint before stay, those of older ones go. Raises: StaleWriterError,
        StaleHeadError where another checkpoint is the last one, MissingBlobError.
        """
        self._checkpoints.commit(fence, self._identity, parent, state_digest, offsets, blobs, op_id)

    def checkpoint(self) -> Checkpoint | None:
        """The last one that was committed."""
        return self._checkpoints.last()

    def log_metrics(self, row: Mapping[str, object]) -> None:
        """Append a row of the trainer's metrics; about the last 100,000 are kept."""
        self.server.run(Script.METRICS, None, row=json.dumps(dict(row)))

    def metrics(self, after: str = "0", limit: int | None = None) -> list[MetricsRow]:
        """Rows after an id, oldest first."""
        with self.server.guard():
            raw = self.server.client.xrange(
                self.server.key("metrics"), min=f"({after}" if after != "0" else "-", count=limit
            )
        with as_written(f"the metrics of {self.name}"):
            return [MetricsRow(key.decode(), dict(json.loads(fields[b"row"]))) for key, fields in raw]

    # -- the workers

    def note_worker(self, entry: WorkerEntry, seconds: int) -> None:
        """A worker is there; without another word within so many seconds it is forgotten."""
        note_worker(self.server, entry, seconds)

    def forget_worker(self, instance: str) -> None:
        """A worker goes."""
        forget_worker(self.server, instance)

    def workers(self) -> list[WorkerEntry]:
        """The workers that are there."""
        return list_workers(self.server)

    # -- the server

    def check(self) -> ServerFacts:
        """What the server says of itself. Raises: UnreachableError, UnfitServerError."""
        return self.server.check()

    def close(self) -> None:
        """Let go of the server; the last user of an embedded one stops it."""
        self._connected.close()

    def __enter__(self) -> ModelRegistry:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _put(self, directory: Path, manifest: Manifest, op: str, fence: int | None) -> None:
        data = manifest.to_bytes()
        arguments: dict[str, object] = {
            "number": str(manifest.number),
            "parent": _text(manifest.parent),
            "manifest": data.decode(),
            "signature": self.signing.sign(data),
            "files": files_digest(manifest.files),
            "chunks": {file.sha256: chunks_of(file.size) for file in manifest.files.values()},
            "actor": manifest.actor,
            **self._fenced(fence),
        }
        for last in range(PUT_TRIES):  # garbage collection may take a blob that nobody names yet
            with self.server.guard():
                for path, file in manifest.files.items():
                    self.blobs.put_file(directory / path, file.sha256, file.size)
            try:
                self.server.run(Script.PUT, op, **arguments)
                break
            except MissingBlobError:
                if last == PUT_TRIES - 1:
                    raise

    def _fenced(self, fence: int | None) -> dict[str, object]:
        return {} if fence is None else {"fence": str(fence), "identity": self._identity or None}

    def _fields(self, number: int) -> dict[str, str]:
        fields = self.server.fields(f"v:{number}")
        if not fields:
            raise self.server.unknown_version(number)
        return fields

    def _verified_manifest(self, number: int) -> Manifest:
        fields = self._fields(number)
        with as_written(f"version {number} of {self.name}"):
            data, signature = fields["manifest"].encode(), fields["signature"]
        self.signing.verify(data, signature, f"version {number} of {self.name}")
        if "collected" in fields:
            raise MissingBlobError(
                f"version {number} of {self.name} was retired and its files were collected; put it again"
            )
        return read_manifest(data, self.name, number)


def _text(number: int | None) -> str | None:
    return None if number is None else str(number)


def _require_reason(reason: str, what: str) -> None:
    if not reason.strip():
        raise RegistryError(f"expected a reason for {what}, got none; say why with `reason` (--reason)")
