# SPDX-License-Identifier: Apache-2.0
"""The model registry: versions of one model, which of them serve, and the trainer's last checkpoint."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from .audit import AuditEntry, checked_entries
from .blobs import BlobStore, DirectoryBlobs, RedisBlobs, chunks_of
from .checkpoint import Checkpoint
from .checks import ServerFacts, read_facts, require_fit
from .client import BLOCK, Connected, translated
from .errors import (
    FencedError,
    MissingBlobError,
    RefusedError,
    RegistryError,
    StaleHeadError,
    TamperedError,
    UnknownVersionError,
    UnreachableError,
)
from .files import fetch_files
from .head import Head
from .lineage import Lineage
from .lua import run_script
from .manifest import Manifest, files_digest, list_files, read_manifest
from .metrics import MetricsRow
from .signatures import Signing
from .version import Version
from .wire import text_fields, version_of

PUT_TRIES = 3
WRITE_DELAY = 2.5
"""Units: seconds. A little more than the longest that Redis puts off writing to its append-only file."""
UNHURRIED = ("reserve", "metrics")
"""Scripts whose effect may be forgotten without harm."""


class ModelRegistry:
    """Versions of one model in Redis. Safe to use from several threads; `close` it, or use it as a context
    manager.

    Every change is one script on the server: it happens whole or not at all, once for each `op_id`, and
    leaves a link in the audit chain. While Redis is down each call raises UnreachableError; the next one
    works again as soon as it is back.
    """

    def __init__(
        self,
        connected: Connected,
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
        self._client: Any = connected.client  # redis-py types each reply as the union over all protocols
        self._root = f"fr:{{{name}}}:"
        self._ephemeral, self._fit = ephemeral, False
        self.blobs = RedisBlobs(self._client, self._root, self._redis)
        self._states = states

    # -- reading

    def versions(self) -> list[Version]:
        """All versions, oldest first."""
        with self._redis():
            numbers = [int(number) for number in self._client.zrange(self._key("versions"), 0, -1)]
            pipe = self._client.pipeline(transaction=False)
            for number in numbers:
                pipe.hgetall(self._key(f"v:{number}"))
            found = pipe.execute()
        return [
            version_of(self.name, number, text_fields(fields))
            for number, fields in zip(numbers, found, strict=True)
        ]

    def version(self, number: int) -> Version:
        """One version. Raises: UnknownVersionError, TamperedError."""
        return version_of(self.name, number, self._fields(number))

    def head(self) -> Head:
        """Which versions serve now."""
        with self._redis():
            return Head.from_fields(text_fields(self._client.hgetall(self._key("head"))))

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
            with self._redis():
                self._client.xread(
                    {self._key("audit"): head.event}, count=1, block=max(1, int(min(left, BLOCK) * 1000))
                )

    def fetch(self, number: int, into: Path) -> Path:
        """Write a version's files into a directory, which then holds these and nothing else; signature and
        all digests are verified.

        A directory that holds the version already is verified and kept. Raises: UnknownVersionError,
        TamperedError, MissingBlobError.
        """
        manifest = self._verified_manifest(number)
        with self._redis():
            return fetch_files(self.blobs, manifest, into)

    def verify(self, number: int) -> Version:
        """Read every blob of a version and check all digests and the signature. Raises: TamperedError,
        MissingBlobError."""
        manifest = self._verified_manifest(number)
        with self._redis():
            for path, file in manifest.files.items():
                for _ in self.blobs.pieces(file.sha256, f"version {number}: {path}"):
                    pass
        return self.version(number)

    def audit(self) -> list[AuditEntry]:
        """All changes, oldest first. Raises: TamperedError where the chain is broken."""
        with self._redis():
            last = self._client.hget(
                self._key("head"), "chain"
            )  # first: entries that are added meanwhile do no harm
            raw = self._client.xrange(self._key("audit"))
        entries = checked_entries((key.decode(), text_fields(fields)) for key, fields in raw)
        if last is not None and last.decode() not in {entry.chain for entry in entries}:
            raise TamperedError(
                f"the audit chain of {self.name}: expected it to hold {last.decode()[:12]}..., entries are "
                "missing"
            )
        return entries

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
        """Register a pipeline's directory, ours or the ecosystem's, as a candidate. The same `op_id` again
        returns the same version.

        Raises: RegistryError for files that may not be in a model or an `op_id` that put others,
        UnknownVersionError, FencedError.
        """
        files, op = list_files(directory), op_id or uuid.uuid4().hex
        number = int(self._run("reserve", op, fence=_text(fence))[0])
        created = datetime.now(UTC).isoformat(timespec="seconds")
        manifest = Manifest(
            self.name,
            number,
            parent,
            files,
            lineage or Lineage(),
            dict(corrections or {}),
            dict(scores or {}),
            created,
            actor,
        )
        data = manifest.to_bytes()
        arguments: dict[str, object] = {
            "number": str(number),
            "parent": _text(parent),
            "manifest": data.decode(),
            "signature": self.signing.sign(data),
            "files": files_digest(files),
            "chunks": {file.sha256: chunks_of(file.size) for file in files.values()},
            "actor": actor,
            "fence": _text(fence),
        }
        for last in range(PUT_TRIES):  # garbage collection may take a blob that nobody names yet
            with self._redis():
                for path, file in files.items():
                    self.blobs.put_file(directory / path, file.sha256, file.size)
            try:
                self._run("put", op, **arguments)
                break
            except MissingBlobError:
                if last == PUT_TRIES - 1:
                    raise
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
        self._run(
            "verdict",
            op_id,
            version=str(number),
            verdict=text,
            passed=passed,
            against=str(against_epoch),
            actor=actor,
        )

    def retire(self, number: int, *, actor: str, reason: str = "", op_id: str | None = None) -> Version:
        """Take a version out of service for good. Raises: RefusedError for the champion."""
        self._run("retire", op_id, version=str(number), actor=actor, reason=reason)
        return self.version(number)

    def collect_garbage(
        self, older_than: float = 7 * 86400.0, *, actor: str = "gc", op_id: str | None = None
    ) -> tuple[int, int]:
        """Drop the files of versions retired for longer than so many seconds, and blobs that nothing names.
        Returns: versions, blobs."""
        versions, blobs = self._run("gc", op_id, older_than=repr(float(older_than)), actor=actor)
        if isinstance(self.states, DirectoryBlobs):
            self.states.prune(self._kept_states(), older_than)
        return int(versions), int(blobs)

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

        `force` overrides verdict and retirement, needs a reason, and shows in the audit chain. Raises:
        StaleHeadError, RefusedError.
        """
        if force and not reason:
            raise RegistryError(
                "expected a reason for promoting by force, got none; say why with `reason` (--reason)"
            )
        names: dict[str, object] = {
            "version": str(number),
            "expected": str(expected_epoch),
            "actor": actor,
            "reason": reason,
        }
        self._run("promote", op_id, **names, force=force or None, fence=_text(fence))
        return self.head()

    def rollback(
        self, *, actor: str, reason: str, expected_epoch: int | None = None, op_id: str | None = None
    ) -> Head:
        """Back to the champion before; the present one is retired. Raises: RefusedError where there is none,
        StaleHeadError."""
        self._run("rollback", op_id, actor=actor, reason=reason, expected=_text(expected_epoch))
        return self.head()

    def set_shadow(
        self, number: int | None, *, actor: str, reason: str = "", op_id: str | None = None
    ) -> Head:
        """Let a version annotate beside the champion without its answers being sent; None: nobody."""
        self._run("place", op_id, role="shadow", version=_text(number), actor=actor, reason=reason)
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
        if force and not reason:
            raise RegistryError(
                "expected a reason for a canary by force, got none; say why with `reason` (--reason)"
            )
        names: dict[str, object] = {
            "role": "canary",
            "version": _text(number),
            "percent": str(percent),
            "actor": actor,
            "reason": reason,
        }
        self._run("place", op_id, **names, force=force or None)
        return self.head()

    # -- the trainer

    @property
    def states(self) -> BlobStore:
        """Where the blobs of checkpoints are kept: the folder given at opening, else Redis."""
        return DirectoryBlobs(self._states) if self._states is not None else self.blobs

    def acquire_fence(self, *, actor: str = "trainer", op_id: str | None = None) -> int:
        """A token that is newer than all others; whoever holds an older one is refused from now on."""
        return int(self._run("fence", op_id, actor=actor)[0])

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
        nothing. The blobs of the checkpoint before stay, those of older ones go. Raises: FencedError,
        StaleHeadError where another checkpoint is the last one.
        """
        for name, sha256 in blobs.items():
            with self._redis():
                if not self.states.has(sha256):
                    raise MissingBlobError(
                        f"checkpoint {state_digest[:12]}...: expected blob {name} ({sha256[:12]}...) to be "
                        "put before"
                    )
        names: dict[str, object] = {"parent": parent or None, "digest": state_digest, "fence": str(fence)}
        dropped = self._run(
            "checkpoint", op_id, **names, offsets=json.dumps(dict(offsets)), blobs=json.dumps(dict(blobs))
        )
        self._drop_states(json.loads(dropped[0]))

    def checkpoint(self) -> Checkpoint | None:
        """The last one that was committed."""
        with self._redis():
            fields = text_fields(self._client.hgetall(self._key("checkpoint")))
        return Checkpoint.from_fields(fields) if fields else None

    def log_metrics(self, row: Mapping[str, object]) -> None:
        """Append a row of the trainer's metrics; about the last 100,000 are kept."""
        self._run("metrics", None, row=json.dumps(dict(row)))

    def metrics(self, after: str = "0", limit: int | None = None) -> list[MetricsRow]:
        """Rows after an id, oldest first."""
        with self._redis():
            raw = self._client.xrange(
                self._key("metrics"), min=f"({after}" if after != "0" else "-", count=limit
            )
        return [MetricsRow(key.decode(), json.loads(fields[b"row"])) for key, fields in raw]

    # -- the server

    def check(self) -> ServerFacts:
        """What the server says of itself. Raises: UnreachableError, UnfitServerError."""
        with translated(self.address):
            facts = read_facts(self._client)
        require_fit(facts, self.address, ephemeral=self._ephemeral)
        self._fit = True
        return facts

    def close(self) -> None:
        """Let go of the server; the last user of an embedded one stops it."""
        self._connected.close()

    def __enter__(self) -> ModelRegistry:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def _redis(self) -> Iterator[None]:
        if not self._fit:
            self.check()
        try:
            with translated(self.address):
                yield
        except UnreachableError:
            self._fit = False  # who answers next may be another server
            raise

    def _key(self, name: str) -> str:
        return self._root + name

    def _fields(self, number: int) -> dict[str, str]:
        with self._redis():
            fields = text_fields(self._client.hgetall(self._key(f"v:{number}")))
        if not fields:
            raise self._unknown(number)
        return fields

    def _unknown(self, number: object) -> UnknownVersionError:
        with self._redis():
            known = [item.decode() for item in self._client.zrange(self._key("versions"), 0, -1)]
        return UnknownVersionError(
            f"expected a version of {self.name}, got {number}; there are: {', '.join(known) or 'none'}"
        )

    def _verified_manifest(self, number: int) -> Manifest:
        fields = self._fields(number)
        data = fields["manifest"].encode()
        self.signing.verify(data, fields["signature"], f"version {number} of {self.name}")
        if "collected" in fields:
            raise MissingBlobError(
                f"version {number} of {self.name} was retired and its files were collected; put it again"
            )
        return read_manifest(data, self.name, number)

    def _run(self, script: str, op: str | None = None, **arguments: object) -> list[str]:
        with self._redis():
            reply = run_script(self._client, script, self._root, {"op": op or uuid.uuid4().hex, **arguments})
            if script not in UNHURRIED:
                self._settle()
        if reply[0] == "ok":
            return reply[1:]
        raise self._refusal(reply[1], reply[2], arguments)

    def _settle(self) -> None:
        # With `appendfsync everysec` Redis answers before it has written, for up to two seconds, while an
        # fsync runs: killed then, it would forget what it has acknowledged. Once its file has grown by what
        # was waiting, or that time is over, the operating system has it.
        deadline, target, pause = time.monotonic() + WRITE_DELAY, -1, 0.0
        while time.monotonic() < deadline:
            facts = self._client.info("persistence")
            waiting, written = facts.get("aof_buffer_length", 0), facts.get("aof_current_size", 0)
            target = written + waiting if target < 0 else target
            if not waiting or written >= target:
                return
            time.sleep(pause)
            pause = 0.001

    def _refusal(self, code: str, text: str, arguments: Mapping[str, object]) -> RegistryError:
        version = f"version {arguments.get('version')} of {self.name}"
        if code == "UNKNOWN":
            return self._unknown(text)
        if code == "MISSING":
            return MissingBlobError(f"expected blob {text[:12]}... in the registry, it is not there whole")
        if code == "FENCED":
            return FencedError(
                f"expected the newest fence {text}, got {arguments['fence']}: a newer trainer has taken over"
            )
        if code == "STALE":
            return StaleHeadError(
                f"{version}: the head is at epoch {text} and another champion serves by now; read it and "
                "decide again"
            )
        if code == "PARENT":
            return StaleHeadError(
                f"expected a checkpoint that follows {text[:12] or 'none'}..., got one after "
                f"{arguments.get('parent')}"
            )
        return RefusedError(f"{version}: {text}" if "version" in arguments else text)

    def _drop_states(self, blobs: Mapping[str, str]) -> None:
        for sha256 in set(blobs.values()) - self._kept_states():
            if isinstance(self.states, DirectoryBlobs):
                self.states.delete(sha256)

    def _kept_states(self) -> set[str]:
        with self._redis():
            named = [
                self._client.hget(self._key(place), "blobs")
                for place in ("checkpoint", "checkpoint:previous")
            ]
        return {sha256 for item in named if item is not None for sha256 in json.loads(item).values()}


def _text(number: int | None) -> str | None:
    return None if number is None else str(number)
