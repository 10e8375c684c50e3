# SPDX-License-Identifier: Apache-2.0
"""An id for a worker that outlives its process (Kafka's `group.instance.id`): the first free number on this
host.

A worker with the id of a killed one takes its place in the group, and its half-done transaction is ended,
at once; under a new one both would wait for their time-outs. The operating system frees the lock of a dead
process, never that of a stopped one.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import socket
import tempfile
from pathlib import Path
from types import TracebackType

from ..errors import WorkerError

MAX_INSTANCES = 1024


class InstanceId:
    """The first free name for a group of a broker on this host, held until `release` or the end of the
    process."""

    def __init__(self, broker: str, group: str, folder: Path | None = None) -> None:
        folder = folder or Path(tempfile.gettempdir()) / f"freshet-slots-{os.getuid()}"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if folder.stat().st_uid != os.getuid():
            raise WorkerError(
                f"expected {folder} to belong to this user, it belongs to user {folder.stat().st_uid}; "
                "remove it or set `slot`"
            )
        digest = hashlib.sha256(f"{broker}\0{group}".encode()).hexdigest()[:16]
        for number in range(MAX_INSTANCES):
            lock = os.open(folder / f"{digest}-{number}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(lock)
                continue
            self._lock = lock
            self.name = f"{socket.gethostname()}-{number}"
            return
        raise WorkerError(
            f"expected a free name of {MAX_INSTANCES} in {folder}, got none; set `slot` to a name of your own"
        )

    def release(self) -> None:
        """Let another worker have it."""
        os.close(self._lock)

    def __enter__(self) -> InstanceId:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()
