# SPDX-License-Identifier: Apache-2.0
"""Workers that say that they are there: each its own entry, which expires when it says nothing more."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields

from .errors import as_written
from .redis_server import RegistryServer, Script


@dataclass(frozen=True, slots=True)
class WorkerEntry:
    """What a worker says of itself. `lag`: records behind, by "topic:partition"; `note`: why it does not
    follow the registry, empty where it does; `seen`: when it spoke last (seconds since 1970, by the server's
    clock)."""

    instance: str
    host: str = ""
    pid: int = 0
    address: str = ""
    model: str = ""
    version: str = ""
    epoch: int = 0
    lag: Mapping[str, int] = field(default_factory=dict)
    note: str = ""
    started: float = 0.0
    seen: float = 0.0


def note_worker(server: RegistryServer, entry: WorkerEntry, seconds: int) -> None:
    """Keep an entry for so many seconds."""
    said = {key: value for key, value in asdict(entry).items() if key not in ("instance", "seen")}
    server.run(
        Script.WORKER, instance=entry.instance, record=json.dumps(said, sort_keys=True), seconds=str(seconds)
    )


def forget_worker(server: RegistryServer, instance: str) -> None:
    """Drop an entry; nothing happens where there is none."""
    server.run(Script.WORKER, instance=instance)


def list_workers(server: RegistryServer) -> list[WorkerEntry]:
    """The entries that have not expired, by instance."""
    with server.guard(), as_written(f"the workers of {server.name}"):
        seen = server.client.zrange(server.key("workers"), 0, -1, withscores=True)
        pipe = server.client.pipeline(transaction=False)
        for instance, _ in seen:
            pipe.get(server.key(f"worker:{instance.decode()}"))
        found = pipe.execute()
    with as_written(f"the workers of {server.name}"):
        entries = [
            _entry(instance.decode(), said, float(at))
            for (instance, at), said in zip(seen, found, strict=True)
            if said is not None
        ]
    return sorted(entries, key=lambda entry: entry.instance)


def _entry(instance: str, said: bytes, seen: float) -> WorkerEntry:
    known = {one.name for one in fields(WorkerEntry)} - {"instance", "seen"}
    values = {key: value for key, value in json.loads(said).items() if key in known}
    entry = WorkerEntry(instance, **values, seen=seen)
    texts = (entry.host, entry.address, entry.model, entry.version, entry.note)
    numbers = (entry.pid, entry.epoch, entry.started, *entry.lag.values())
    if not all(isinstance(text, str) for text in texts) or not all(
        isinstance(number, int | float) for number in numbers
    ):
        raise TypeError(f"an entry of {instance[:80]!r} of another form")
    return entry
