# SPDX-License-Identifier: Apache-2.0
"""An id for a worker that outlives its process (Kafka's `group.instance.id`): the first free number on this
host.

A worker with the id of a killed one takes its place in the group, and its half-done transaction is ended,
at once; under a new one both would wait for their time-outs.

The claim is a name in Linux's abstract socket namespace: the whole host sees it, whatever a process has as
TMPDIR and whoever runs it, and two workers with one name would put each other out for ever. The operating
system frees the name of a dead process, never that of a stopped one. Elsewhere a lock in /tmp does it, within
one user.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import logging
import os
import socket
import sys
from pathlib import Path
from types import TracebackType

from ..errors import WorkerError

log = logging.getLogger(__name__)

MAX_INSTANCES = 1024


class InstanceId:
    """The first free name for a group of a broker on this host, held until `release` or the end of the
    process."""

    def __init__(self, broker: str, group: str) -> None:
        digest = hashlib.sha256(f"{broker}\0{group}".encode()).hexdigest()[:16]
        claim = _claim_on_host if sys.platform == "linux" else _claim_in_folder
        for number in range(MAX_INSTANCES):
            held = claim(f"{digest}-{number}")
            if held is not None:
                self._held = held
                self.name = f"{socket.gethostname()}-{number}"
                log.info(
                    "slot %s of group %s is this worker's, the first free one of this host", self.name, group
                )
                return
        raise WorkerError(
            f"expected a free name of {MAX_INSTANCES} on this host for group {group!r}, got none; set `slot` "
            "to a name of your own"
        )

    def release(self) -> None:
        """Let another worker have it."""
        os.close(self._held)

    def __enter__(self) -> InstanceId:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def _claim_on_host(name: str) -> int | None:
    """The descriptor that holds a name among all processes of this host; None where another has it."""
    claim = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        claim.bind(f"\0freshet-slot-{name}")
    except OSError as error:
        claim.close()
        if error.errno != errno.EADDRINUSE:
            raise WorkerError(
                f"expected to claim a slot on this host, got: {error}; set `slot` to a name of your own"
            ) from error
        return None
    return claim.detach()


def _claim_in_folder(name: str) -> int | None:
    folder = Path("/tmp") / f"freshet-slots-{os.getuid()}"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        raise WorkerError(
            f"expected {folder} to belong to this user, it belongs to user {folder.stat().st_uid}; "
            "remove it or set `slot`"
        )
    lock = os.open(folder / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    return lock
