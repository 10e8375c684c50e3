# SPDX-License-Identifier: Apache-2.0
"""A console within the test's process, over a log in memory: quick, and asked over HTTP like any other."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from tests.console.support import TOPICS, wait_for, write
from workers.console.console import Console
from workers.console.server import serving
from workers.console.sessions import Person, Sessions, role_of
from workers.http import HttpServer
from workers.model_registry import ModelRegistry
from workers.settings import ConsoleSettings, WorkerSettings
from workers.transports import Transport, open_transport

NUMBERS = itertools.count()


@dataclass
class Local:
    """A console, its server, and who asks it."""

    console: Console
    server: HttpServer
    sessions: Sessions
    log: Transport
    made: dict[tuple[str, str], str] = field(default_factory=dict)

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        person: str = "ada",
        role: str = "operate",
        headers: Mapping[str, str | None] | None = None,
        raw: bytes | None = None,
    ) -> tuple[int, Any, dict[str, str]]:
        """Status, JSON (or bytes) and headers of an answer; a header that is None is not sent."""
        host = f"127.0.0.1:{self.server.port}"
        sent: dict[str, str | None] = {"host": host}
        if role:
            key = (person, role)
            self.made.setdefault(key, self.sessions.cookie(Person(person, role_of(role, ""))))
            sent["cookie"] = f"freshet={self.made[key]}"
        data = raw
        if method not in ("GET", "HEAD"):
            data = json.dumps({} if body is None else body).encode() if raw is None else raw
            sent |= {"origin": f"http://{host}", "content-type": "application/json"}
            sent["content-length"] = str(len(data))
        sent |= dict(headers or {})
        with closing(HTTPConnection(host, timeout=20)) as connection:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for name, value in sent.items():
                if value is not None:
                    connection.putheader(name, value)
            connection.endheaders(data)
            answer = connection.getresponse()
            content = answer.read()
        kind = answer.getheader("content-type") or ""
        told = json.loads(content) if kind.startswith("application/json") and content else content
        return answer.status, told, {name.lower(): value for name, value in answer.getheaders()}

    def get(self, path: str, **options: Any) -> Any:
        """The JSON of an answer that must be 200."""
        status, told, _ = self.ask("GET", path, **options)
        assert status == 200, (status, told)
        return told

    def post(self, path: str, body: object = None, **options: Any) -> Any:
        """The JSON of an answer that must be 200."""
        status, told, _ = self.ask("POST", path, body, **options)
        assert status == 200, (status, told)
        return told

    def write(self, texts: Sequence[str], first: int = 0, **layers: Any) -> None:
        """Texts with their annotations, and wait until the console has seen them."""
        write(self.log, texts, first, **layers)
        last = f"texts:0:{first + len(texts) - 1}"
        wait_for(lambda: self.console.window.find(last))

    def records(self, topic: str) -> list[dict[str, Any]]:
        """The JSON of a topic's records."""
        return [json.loads(record.value or b"") for record in self.log.read(topic)]

    def answer(self, item: Mapping[str, Any], key: str, *, person: str = "ada", **changes: Any) -> Any:
        """Accept a card as it is, or what `changes` say."""
        topic, partition, offset = item["source"].split(":")
        body = {
            "answer_id": key,
            "id": item["id"],
            "text": item["text"],
            "answer": "accept",
            "source": {"topic": topic, "partition": int(partition), "offset": int(offset)},
            "model_version": item["version"],
            "queue": item["queue"],
            "overlap": item["overlap"],
            "blind": item["blind"],
            "layers": {"ents": {"status": "complete", "spans": item.get("ents", [])}},
        }
        return self.post("/api/answers", body | changes, person=person)


@contextmanager
def local_console(
    folder: Path, registry: ModelRegistry | None = None, *, broker: str = "", **settings: Any
) -> Iterator[Local]:
    """A console over a log, in memory unless it is named."""
    broker = broker or f"memory:console-{next(NUMBERS)}"
    quick: dict[str, Any] = {"port": 0, "look_interval": 0.02, "blind_share": 0.0, "overlap_share": 0.0}
    sessions = Sessions(b"a key of tests only")
    with closing(open_transport(broker)) as log:
        with closing(log.admin()) as admin:
            for topic in TOPICS:
                admin.create_topic(topic, 1)
        workers = WorkerSettings(broker=broker)
        with serving(ConsoleSettings(**quick | settings), workers, registry, sessions) as (console, server):
            yield Local(console, server, sessions, log)
