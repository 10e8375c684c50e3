# SPDX-License-Identifier: Apache-2.0
"""Two versions' answers to sampled texts, by a child process with the engine: for the queue of disagreement
and for the comparison of versions."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import orjson

from ..settings import handed_on
from .progress import Known
from .queues import Knowledge
from .window import Shown

log = logging.getLogger(__name__)

TEXTS = 200
PAUSE = 15.0
SECONDS = 300.0
SHOWN = ("ents", "cats")
"""Layers whose differences make a text worth a person's minute: those that cards begin with."""
MODULE = "workers.console.second_opinion"


def second_opinions(
    registry: str, name: str, before: int, after: int, texts: Sequence[Mapping[str, str]]
) -> Iterator[dict[str, Any]]:
    """What two versions say about texts (`source`, `text`), as it comes from the child. Raises: OSError;
    RuntimeError with the end of what the child said where it fails."""
    command = [sys.executable, "-m", MODULE, name, str(before), str(after)]
    child = subprocess.Popen(
        command,
        env=handed_on(registry=registry),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    limit = threading.Timer(SECONDS, child.kill)
    limit.start()
    said: list[bytes] = []
    assert child.stdin is not None
    assert child.stdout is not None
    assert child.stderr is not None
    listener = threading.Thread(
        target=lambda pipe: said.append(pipe.read()), args=(child.stderr,), daemon=True
    )
    listener.start()
    writer = threading.Thread(target=_write, args=(child.stdin, texts), daemon=True)
    writer.start()
    try:
        for line in child.stdout:
            yield orjson.loads(line)
        if child.wait() != 0:
            listener.join(1.0)
            raise RuntimeError(b"".join(said)[-2000:].decode("utf-8", "replace"))
    finally:
        limit.cancel()
        child.kill()
        child.wait()
        writer.join(1.0)
        listener.join(1.0)
        for pipe in (child.stdout, child.stderr):
            pipe.close()


def rivals(known: Known) -> tuple[int, int] | None:
    """The two versions that are worth comparing: the champion, and a shadow, a canary, the newest candidate,
    or the champion before."""
    head = known.head
    if head.champion is None:
        return None
    candidates = [v.number for v in known.versions.values() if v.state == "candidate" and not v.collected]
    for rival in (head.shadow, head.canary, max(candidates, default=None)):
        if rival is not None and rival != head.champion:
            return head.champion, rival
    return None if head.previous is None else (head.previous, head.champion)


class Opinions:
    """Keeps the differences of the window's texts up to date, in its own thread."""

    def __init__(
        self,
        registry: str,
        name: str,
        known: Callable[[], Known],
        texts: Callable[[], Sequence[Shown]],
        stop: threading.Event,
    ) -> None:
        self._registry, self._name, self._known, self._texts, self._stop = registry, name, known, texts, stop
        self._differences: dict[str, int] = {}
        self._pair: tuple[int, int] | None = None
        self._thread = threading.Thread(target=self._run, name="freshet-opinions", daemon=True)

    def start(self) -> None:
        """Compare from now on."""
        self._thread.start()

    def join(self, timeout: float) -> None:
        """Wait for its end."""
        if self._thread.is_alive():
            self._thread.join(timeout)

    def knowledge(self, labels: Mapping[str, int], asked: frozenset[str]) -> Knowledge:
        """What orders of work go by."""
        head = self._known().head
        flipped = self._pair is not None and self._pair == (head.previous, head.champion)
        differences = dict(self._differences)
        return Knowledge(differences, differences if flipped else {}, labels, asked)

    def _run(self) -> None:
        while not self._stop.wait(PAUSE if self._pair else 1.0):
            pair = rivals(self._known())
            if pair is None:
                continue
            if pair != self._pair:
                self._differences, self._pair = {}, pair
            texts = [
                {"source": shown.source, "text": shown.row["text"]}
                for shown in self._texts()
                if shown.source not in self._differences
            ][-TEXTS:]
            try:
                for row in second_opinions(self._registry, self._name, *pair, texts) if texts else ():
                    self._differences[row["source"]] = sum(
                        change["layer"] in SHOWN for change in row["changes"]
                    )
                    if self._stop.is_set():
                        return
            except (OSError, RuntimeError) as error:
                log.warning("versions %d and %d could not be compared: %s", *pair, error)


def _write(pipe: Any, texts: Sequence[Mapping[str, str]]) -> None:
    try:
        for text in texts:
            pipe.write(orjson.dumps(text) + b"\n")
    except OSError as error:
        log.debug("a child ended before it had all texts: %s", error)
    finally:
        try:
            pipe.close()
        except OSError as error:
            log.debug("a child ended before it had all texts: %s", error)
