# SPDX-License-Identifier: Apache-2.0
"""What all pages share: the tails of the topics, what is known of texts, answers and corrections, the
registry."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial

from schemas import ANSWERS, CORRECTIONS, Correction

from ..model_registry import MetricsRow, ModelRegistry
from ..settings import ConsoleSettings, WorkerSettings
from ..transports import OutgoingRecord, Record, Transport, TransportError, open_transport
from .answers import correction_record, lost
from .cards import card, glance
from .events import Hub
from .leases import Leases, LocalLeases, SharedLeases
from .ledger import Ledger
from .letters import Letters
from .opinions import Opinions
from .people import People, seconds_of
from .progress import Known, Progress
from .publisher import Publisher
from .queues import NOTHING_KNOWN, Knowledge
from .tail import Tail
from .watch import RegistryWatch
from .window import Shown, Window

log = logging.getLogger(__name__)

STREAM_EVENTS = 8
"""Annotations that a look sends to the pages at most; the others are counted."""
JOIN = 2.0
PULSE = 1.0


class Console:
    """One console. `start` follows topics and registry until `stop`. `registry` None: nothing is learned
    here."""

    def __init__(
        self,
        settings: ConsoleSettings,
        workers: WorkerSettings,
        registry: ModelRegistry | None,
        *,
        second_opinion: bool = False,
    ) -> None:
        self.settings, self.workers, self.registry = settings, workers, registry
        self.stopping = threading.Event()
        self.hub, self.ledger = Hub(), Ledger()
        self.progress = Progress(settings.held_out_percent)
        self.window = Window(settings.window, settings.window_bytes)
        self.publisher = Publisher(self.open_log)
        self.answering = threading.Lock()
        """Held while an answer is looked for and written, so that the same one sent twice is written once."""
        self._written: set[str] = set()
        self.leases: Leases = LocalLeases() if registry is None else SharedLeases(registry)
        self.letters = {name: Letters(name) for name in (workers.dead_letters_to, f"{CORRECTIONS}.dlq")}
        self.people = People()
        self.tried: dict[str, float] = {}
        self.watch = None if registry is None else RegistryWatch(registry, self._on_registry, self.stopping)
        self.tails = self._make_tails()
        self.opinions: Opinions | None = None
        if second_opinion and registry is not None:
            self.opinions = Opinions(
                workers.registry, registry.name, lambda: self.known, self.texts, self.stopping
            )
        self._told: dict[str, object] = {}
        self._pulse = threading.Thread(target=self._beat, name="freshet-pulse", daemon=True)

    def open_log(self) -> Transport:
        """The log, by a connection of the caller's own."""
        return open_transport(self.workers.broker)

    @property
    def known(self) -> Known:
        """The registry as it was seen last."""
        return Known() if self.watch is None else self.watch.known

    @property
    def known_corrections(self) -> set[str]:
        """Ids of the corrections that are in the log: read from there, or written there by this console."""
        return self.progress.ids() | self._written

    def write(self, records: Sequence[OutgoingRecord], corrections: Sequence[Correction]) -> None:
        """Write what comes of answers; the corrections among the records are known from now on, for it takes
        a while until they are read back. Raises: TransportError."""
        keys = {correction.correction_id for correction in corrections}
        self._written.update(keys)
        try:
            self.publisher.send(records)
        except TransportError:
            self._written.difference_update(keys)
            raise

    def start(self) -> None:
        """Follow everything."""
        self._make_topics()
        for part in (*self.tails.values(), self.watch, self.opinions):
            if part is not None:
                part.start()
        self._pulse.start()

    def stop(self) -> None:
        """End the streams, then the threads; what was accepted is in the log already."""
        self.stopping.set()
        self.hub.close()
        deadline = time.monotonic() + JOIN
        for part in (*self.tails.values(), self.watch, self.opinions):
            if part is not None:
                part.join(max(0.05, deadline - time.monotonic()))
        self.publisher.close()

    def texts(self) -> list[Shown]:
        """Texts to choose from: the newest, and a sample of the hour; no corrected text's second
        annotation."""
        found = {one.source: one for one in (*self.window.sample(), *self.window.newest())}
        return [one for one in found.values() if one.source.startswith(f"{self.workers.input_topic}:")]

    def knowledge(self) -> Knowledge:
        """What orders of work go by."""
        labels, rejected = self.ledger.labels, self.ledger.rejected()
        if self.opinions is not None:
            return self.opinions.knowledge(labels, rejected)
        return Knowledge(labels=labels, asked=rejected) if labels or rejected else NOTHING_KNOWN

    def find(self, source: str) -> Shown | None:
        """A text's annotation that is at hand."""
        return self.window.find(source) or next((one for one in self.texts() if one.source == source), None)

    def away(self) -> dict[str, str]:
        """What cannot be reached now, and why."""
        away = next((tail.away for tail in self.tails.values() if tail.away), "")
        return {"log": away, "registry": "" if self.watch is None else self.watch.away}

    def tell_progress(self, keys: Sequence[str] | None = None) -> None:
        """Tell the pages what changed of these corrections, or of all recent ones."""
        wanted = (
            keys
            if keys is not None
            else [one.correction.correction_id for one in self.progress.logged()[-500:]]
        )
        for key in wanted:
            now = self.progress.of(key)
            if now is not None and self._told.get(key) != now:
                self._told[key] = now
                self.hub.send("progress", {"correction_id": key, **now})
        while len(self._told) > 5_000:
            del self._told[next(iter(self._told))]

    def _make_topics(self) -> None:
        """The topic of answers is the console's own; one partition keeps the order of a person's answers."""
        if self.settings.read_only:
            return
        try:
            with closing(self.open_log()) as transport, closing(transport.admin()) as admin:
                admin.create_topic(ANSWERS, 1)
                admin.create_topic(CORRECTIONS, 1)
        except TransportError as error:
            log.warning(
                "the topic %s could not be made, it is tried again at the first answer: %s", ANSWERS, error
            )

    def _make_tails(self) -> dict[str, Tail]:
        takers: dict[str, tuple[bool, Callable[[Sequence[Record]], None]]] = {
            self.workers.output_topic: (False, self._on_annotations),
            CORRECTIONS: (True, self._on_corrections),
            ANSWERS: (True, self._on_answers),
        }
        takers |= {name: (True, partial(self._on_letters, name)) for name in self.letters}
        return {
            topic: Tail(
                self.open_log,
                topic,
                take,
                self.stopping,
                whole=whole,
                at_once=self.settings.at_once,
                interval=self.settings.look_interval,
            )
            for topic, (whole, take) in takers.items()
        }

    def _on_annotations(self, records: Sequence[Record]) -> None:
        shown = self.window.add(records)
        for one in shown:
            sent = self.tried.pop(one.id, None)
            if sent is not None:
                self.hub.send(
                    "tried", {"seconds": round(one.at_ms / 1000 - sent, 3), "card": card(one, full=True)}
                )
        if self.hub.listeners:
            for one in shown[-STREAM_EVENTS:]:
                self.hub.send("annotation", glance(one))
        again = self.progress.take_annotations(shown)
        if again:
            self.tell_progress(again)

    def _on_corrections(self, records: Sequence[Record]) -> None:
        new = self.progress.take_corrections(records)
        self.tell_progress(new[-200:])

    def _on_answers(self, records: Sequence[Record]) -> None:
        new = self.ledger.take(records)
        for answer in new:
            self.people.see(answer.author, seconds_of(answer.created))
        for answer in new[-50:]:
            self.hub.send("answer", {"author": answer.author, "id": answer.id, "answer": answer.answer})

    def _on_letters(self, name: str, records: Sequence[Record]) -> None:
        if self.letters[name].take(records):
            self.hub.send("letters", {"topic": name, "count": self.letters[name].count})

    def _on_registry(self, known: Known, rows: list[MetricsRow]) -> None:
        changed = known is not self.progress.known
        self.progress.take_metrics(rows)
        self.progress.take_registry(known)
        if changed:
            head = known.head
            self.hub.send(
                "head",
                {
                    "champion": head.champion,
                    "epoch": head.epoch,
                    "canary": head.canary,
                    "shadow": head.shadow,
                },
            )
        if rows:
            self.hub.send("metrics", {"after": rows[-1].id, "rows": len(rows)})
        self.tell_progress()

    def _beat(self) -> None:
        """Once a second: rates and what is away; once, after the start: what a fall left undone."""
        healed = False
        while not self.stopping.wait(PULSE):
            whole = [tail for tail in self.tails.values() if tail.whole]
            if not healed and all(tail.read_first.is_set() and not tail.away for tail in whole):
                healed = self.write_lost()
            came, read = self.tails[self.workers.output_topic].rate()
            self.hub.send("rate", {"came": round(came, 1), "read": round(read, 1), "away": self.away()})

    def write_lost(self) -> bool:
        """Write corrections of answers that a console wrote before it fell; False where the log is away."""
        if self.settings.read_only:
            return True
        missing = lost(self.ledger.all(), self.known_corrections, self.ledger)
        try:
            if missing:
                self.write([correction_record(correction) for correction in missing], missing)
                log.info("%d corrections of a console that fell were written", len(missing))
        except TransportError as error:
            log.warning("corrections of a console that fell could not be written yet: %s", error)
            return False
        return True
