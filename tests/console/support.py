# SPDX-License-Identifier: Apache-2.0
"""A console as a process over a log with annotations, and what tests ask it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from schemas import (
    Annotation,
    CharSpan,
    LabelledSpan,
    ModelRef,
    Source,
    TextMessage,
    encode_annotation,
    encode_text,
)
from workers.transports import OutgoingRecord, Transport, open_transport

START_TIMEOUT = 30.0
TOPICS = ("texts", "annotations", "texts.dlq")
REF = ModelRef("toy", "1", "sha256:0")
WORD = re.compile(r"\w+|[^\w\s]|\s+")
NAMES = {"Kigali": "LOC", "Ada": "PER", "Freshet": "ORG", "Lovelace": "PER", "Nairobi": "LOC"}


def annotate(text: str, place: int, key: str = "", ref: ModelRef = REF, **layers: Any) -> bytes:
    """An annotation of a text by a model that knows a few names; all of its layers are there."""
    words = [found for found in WORD.finditer(text) if found.group() != " "]
    tokens: dict[str, Any] = {"start": [w.start() for w in words], "end": [w.end() for w in words]}
    tokens["tag"] = ["NNP" if w.group()[:1].isupper() else "NN" for w in words]
    tokens["head"] = [max(0, i - 1) for i in range(len(words))]
    tokens["dep"] = ["ROOT" if not i else "dep" for i in range(len(words))]
    ents = [LabelledSpan(w.start(), w.end(), NAMES[w.group()]) for w in words if w.group() in NAMES]
    given: dict[str, Any] = {"ents": ents, "sents": [CharSpan(0, len(text))] if text else []}
    source = Source("texts", 0, place)
    return encode_annotation(
        Annotation(key or f"m-{place}", text, None, tokens, ref, source, **{**given, **layers})
    )


def fill(broker: str, texts: Sequence[str], topics: Sequence[str] = TOPICS, **layers: Any) -> None:
    """Make topics, and write texts with their annotations."""
    with closing(open_transport(broker)) as transport:
        with closing(transport.admin()) as admin:
            for topic in topics:
                admin.create_topic(topic, 1)
        write(transport, texts, **layers)


def write(transport: Transport, texts: Sequence[str], first: int = 0, **layers: Any) -> None:
    """Texts with their annotations, some records at a time."""
    with closing(transport.producer()) as producer:
        for i, text in enumerate(texts, first):
            key = f"m-{i}".encode()
            producer.send(
                [
                    OutgoingRecord("texts", encode_text(TextMessage(f"m-{i}", text)), key, partition=0),
                    OutgoingRecord("annotations", annotate(text, i, **layers), key, partition=0),
                ]
            )


@dataclass
class Served:
    """A console that runs. `link` logs in once."""

    process: subprocess.Popen[str]
    link: str
    broker: str
    registry: str
    folder: Path
    log: Path
    started: float = 0.0
    cookies: dict[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        """Scheme, host and port."""
        return self.link.partition("/login")[0]

    @property
    def host(self) -> str:
        """Host and port."""
        return urlsplit(self.link).netloc

    def cookie(self, name: str = "ada", role: str = "operate") -> str:
        """A cookie of a person, as a link gives it."""
        key = f"{name}:{role}"
        if key not in self.cookies:
            made = run("console", "link", "--name", name, "--role", role, "--data-dir", str(self.folder))
            path = urlsplit(made.strip())
            with closing(HTTPConnection(self.host, timeout=20)) as connection:
                connection.request("GET", f"{path.path}?{path.query}")
                answer = connection.getresponse()
                answer.read()
            self.cookies[key] = (answer.getheader("set-cookie") or "").partition(";")[0]
        return self.cookies[key]

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        person: str = "ada",
        role: str = "operate",
        headers: Mapping[str, str] | None = None,
        raw: bytes | None = None,
    ) -> tuple[int, Any, dict[str, str]]:
        """Status, JSON (or bytes) and headers of an answer; a header that is None is not sent."""
        sent: dict[str, str | None] = {"host": self.host}
        if role:
            sent["cookie"] = self.cookie(person, role)
        data = raw
        if method not in ("GET", "HEAD"):
            data = json.dumps(body if body is not None else {}).encode() if raw is None else raw
            sent |= {
                "origin": self.address,
                "content-type": "application/json",
                "content-length": str(len(data)),
            }
        sent |= dict(headers or {})
        with closing(HTTPConnection(self.host, timeout=30)) as connection:
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

    def stop(self, number: int = signal.SIGTERM) -> int:
        """End it; its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(20)
        if self.process.stdout is not None:
            self.process.stdout.close()
        return code


def run(*arguments: str) -> str:
    """What a command prints. Raises: CalledProcessError."""
    done = subprocess.run(
        [sys.executable, "-m", "workers.cli", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout


def start(
    folder: Path,
    *arguments: str,
    broker: str = "",
    registry: str = "",
    port: int = 0,
    environ: Mapping[str, str] | None = None,
) -> Served:
    """`freshet console` as a process, its log in a file."""
    broker, registry = broker or f"embedded:{folder}", registry or f"embedded:{folder}"
    log = folder / "console.log"
    command = [sys.executable, "-m", "workers.cli", "console", "--port", str(port), "--broker", broker]
    command += ["--registry", registry, "--data-dir", str(folder), *arguments]
    began = time.monotonic()
    with log.open("ab") as errors:
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=errors, text=True, env={**os.environ, **(environ or {})}
        )
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line.startswith("console at "), (line, log.read_text())
    served = Served(process, line.removeprefix("console at ").strip(), broker, registry, folder, log)
    with urllib.request.urlopen(f"{served.address}/health/live", timeout=START_TIMEOUT) as answer:
        assert answer.status == 200
    served.started = time.monotonic() - began
    return served


def wait_for(check: Any, timeout: float = 30.0) -> Any:
    """What a check gives once it is true. Raises: AssertionError where it does not become so in time."""
    deadline = time.monotonic() + timeout
    while True:
        found = check()
        if found:
            return found
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)
