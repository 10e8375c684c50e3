# SPDX-License-Identifier: Apache-2.0
"""The annotator: texts of a topic in, annotations and dead letters out, each record once.

Three kinds of threads share two queues. The calling thread polls (here): it drives the group membership,
takes records in and pauses when too many tokens are in flight. Annotating threads take micro-batches
(`batch_thread`). The commit thread writes what is done (`commit`).
"""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace

from engine.cores import n_cores

from ..errors import WorkerError
from ..http import Health, serving_health
from ..retry import is_time_to_renew, is_worth_logging
from ..serving import LiveModel, Model, Router, check_model
from ..settings import WorkerSettings
from ..signals import END_MARGIN, StoppedEarly, stop_on_signals
from ..transports.address import shown_address
from ..transports.base import FencedError, Record, Transport, TransportError
from .batch_thread import annotate_batches
from .batching import BackPressure, Batcher, PollSize
from .commit import Committer
from .in_flight import InFlight
from .instance_id import InstanceId
from .membership import BACKOFF, Membership
from .startup import consumer_options, require_topics
from .telemetry import Telemetry
from .tracing import span_of
from .watchdog import ProgressWatchdog

log = logging.getLogger(__name__)

POLL_TIMEOUT = 0.1
"""Seconds. Records end a poll at once; this is how long one lasts where there are none, or while reading is
paused."""
DRAINING_POLL_TIMEOUT = 0.01
LAST_COMMIT = 1.0
"""Seconds for what was done in time, where something else was not: the group is left all the same, so that
nobody waits for its partitions."""
LAG_INTERVAL = 10.0
SWITCH_INTERVAL = 0.0005
"""Seconds. Annotating threads come back from code without the interpreter lock hundreds of times a second;
with Python's own 5 ms each return could wait that long for the polling thread."""


def run_annotator(
    settings: WorkerSettings,
    transport: Transport,
    model: Model | LiveModel,
    *,
    stop: threading.Event | None = None,
    on_start: Callable[[Annotator], None] | None = None,
    on_commit_step: Callable[[str], None] | None = None,
) -> int:
    """Annotate until `stop` is set or a signal comes, then drain; 0 where all that was begun is committed,
    else 1.

    `model` is a `PipelineModel`, for one; a `LiveModel` may be swapped by another thread
    meanwhile. `on_start` gets the worker before it begins; `on_commit_step` is called between the steps of
    each commit, for fault tests.
    Raises: SettingsError where a topic is missing, ModelError where the model is broken, WorkerError where
    the worker cannot go on.
    """
    stop = stop or threading.Event()
    live = model if isinstance(model, LiveModel) else LiveModel(model)
    try:
        with ExitStack() as stack:
            at_work = stack.enter_context(stop_on_signals(stop, settings.drain_timeout + END_MARGIN))
            stack.enter_context(_switch_interval(SWITCH_INTERVAL))
            if not settings.slot:
                instance = stack.enter_context(InstanceId(shown_address(settings.broker), settings.group))
                settings = replace(settings, slot=instance.name)
            worker = Annotator(settings, transport, live, stop, on_commit_step)
            worker.telemetry.span, send_spans = span_of(os.environ, settings.group)
            stack.callback(send_spans)
            if on_start is not None:
                on_start(worker)
            return worker.run(at_work)
    except StoppedEarly:
        return 0


class Annotator:
    """One worker: its threads and what they share."""

    def __init__(
        self,
        settings: WorkerSettings,
        transport: Transport,
        live: LiveModel,
        stop: threading.Event,
        on_commit_step: Callable[[str], None] | None = None,
    ) -> None:
        self.settings = settings
        self.telemetry = Telemetry()
        self.health = Health(heartbeat_timeout=settings.max_poll_interval / 2)
        self.in_flight = InFlight()
        self.address = ""
        self.lags: Mapping[str, int] = {}
        """Records behind, by "topic:partition"; a new mapping every few seconds."""
        self._transport = transport
        self._live = live
        self._router = Router(live, settings)
        self._stop = stop
        self._batcher = Batcher(settings.batching, self.in_flight, large_apart=True)
        self._pressure = BackPressure(settings.batching.max_inflight_tokens)
        self._poll_size = PollSize(settings.batching)
        self._watchdog = ProgressWatchdog(settings.stall_timeout)
        options = consumer_options(settings, on_commit_step)
        self._membership = Membership(
            transport, options, self.in_flight, self._watchdog, self.telemetry, stop
        )
        self._committer = Committer(settings, self.in_flight, self._membership, self.telemetry)
        self._stop_commits = threading.Event()
        self._model: Model | None = None
        self._failure: BaseException | None = None
        self._poll_failures = 0
        self._next_lag = 0.0

    def run(self, at_work: threading.Event) -> int:
        """Work until asked to stop; `at_work` is set when there is something to drain. See
        `run_annotator`."""
        with serving_health(self.health, self.telemetry.text, self.settings) as self.address:
            self._warm_up()
            require_topics(self._transport, self.settings)
            if self._stop.is_set():
                return 0
            at_work.set()
            return self._work()

    def _warm_up(self) -> None:
        """Let the model compile what it needs before the group counts on this worker."""
        began = time.monotonic()
        check_model(self._live.current())
        self._note_model()
        self.health.beat()
        self.health.warm = True
        log.info("model warm after %.1f s", time.monotonic() - began)

    def _work(self) -> int:
        annotating = [
            self._thread(self._annotate, f"freshet-annotate-{i}")
            for i in range(self.settings.threads or n_cores())
        ]
        annotating.append(self._thread(lambda: self._annotate(only_large=True), "freshet-annotate-large"))
        committing = self._thread(lambda: self._committer.run(self._stop_commits), "freshet-commit")
        while not self._stop.is_set():
            self._turn()
        self.health.stopping = True
        drained = self._drain(annotating, committing)
        if self._failure is not None:
            raise self._failure
        return 0 if drained else 1

    def _annotate(self, *, only_large: bool = False) -> None:
        annotate_batches(self._batcher, self._router, self.in_flight, self.telemetry, only_large=only_large)

    def _turn(self) -> None:
        """Once round the poll loop."""
        self.health.beat()
        try:
            self._membership.prepare(self._committer.failures_in_a_row)
            self._take_in(self._poll())
            self._look_around()
            self._poll_failures = 0
            self.health.failing = (
                str(self._committer.last_error) if self._committer.failures_in_a_row > 1 else ""
            )
        except FencedError as error:
            self._fail(WorkerError(f"this worker was put out of its group: {error}"))
        except TransportError as error:
            self._retry_later(error)

    def _poll(self) -> list[Record]:
        paused = self._pressure.update(self.in_flight.n_tokens)
        n_records = self._poll_size.next(self.in_flight.n_tokens)
        records = self._membership.poll(POLL_TIMEOUT, n_records, paused=paused)
        self.health.joined = True
        return records

    def _take_in(self, records: Sequence[Record]) -> None:
        now = time.monotonic()
        before = self.in_flight.n_tokens
        n_taken = self._batcher.offer(records, self._membership.epochs, now)
        if records:
            self._watchdog.note_progress({record.topic_partition for record in records}, now)
            self._poll_size.note(n_taken, max(0, self.in_flight.n_tokens - before))
        self.telemetry.note_poll(n_taken)
        self.telemetry.set_in_flight(self.in_flight.n_records, self.in_flight.n_tokens, self._pressure.paused)

    def _look_around(self) -> None:
        """What need not be done at every turn: lags, the watchdog, a new model."""
        self._note_model()
        now = time.monotonic()
        if now < self._next_lag:
            return
        self._next_lag = now + min(LAG_INTERVAL, self.settings.stall_timeout / 2)
        lags = self._membership.consumer().lag()
        self.telemetry.set_lags(lags, self.in_flight.oldest_ms())
        self.lags = {f"{lag.topic_partition.topic}:{lag.topic_partition.partition}": lag.lag for lag in lags}
        if self._pressure.paused:
            self._watchdog.note_progress(self._membership.epochs, now)
        stalled = self._watchdog.find_stalled(lags, self.in_flight.places(), now)
        if stalled:
            log.warning(
                "no records of %s for %.0f s although there are some; making a new consumer",
                stalled,
                self.settings.stall_timeout,
            )
            self._membership.renew()
            self._watchdog.note_renewal(lags, now)

    def _note_model(self) -> None:
        model = self._live.current()
        if model is not self._model:
            self._model = model
            self.telemetry.note_model(model.ref)

    def _retry_later(self, error: TransportError) -> None:
        """The log cannot be reached: say so, wait a little, and make a new consumer when it goes on."""
        self._poll_failures += 1
        self.health.failing = str(error)
        if is_worth_logging(self._poll_failures):
            log.warning("reading failed %d times in a row: %s", self._poll_failures, error)
        self._stop.wait(BACKOFF.wait_for(self._poll_failures))
        if is_time_to_renew(self._poll_failures):
            self._membership.renew()

    def _drain(self, annotating: Sequence[threading.Thread], committing: threading.Thread) -> bool:
        """Finish what was begun, commit it and leave the group; False where the time did not suffice or a
        commit failed."""
        deadline = time.monotonic() + self.settings.drain_timeout
        self._batcher.close()
        all_done = self._keep_alive_until(
            lambda: not any(thread.is_alive() for thread in annotating), deadline
        )
        self._stop_commits.set()
        deadline = max(deadline, time.monotonic() + LAST_COMMIT)
        committed = self._keep_alive_until(lambda: not committing.is_alive(), deadline)
        if committed:
            self._membership.leave()
        if not (all_done and committed):
            log.error(
                "not drained within %.0f s; what is not committed will be read again",
                self.settings.drain_timeout,
            )
            return False
        return not self.in_flight.halted or isinstance(self._committer.last_error, FencedError)

    def _keep_alive_until(self, done: Callable[[], bool], deadline: float) -> bool:
        """Keep the membership, so that the partitions are not given away before the last commit; False where
        the time did not suffice."""
        while not done():
            if time.monotonic() > deadline:
                return False
            self.health.beat()
            began = time.monotonic()
            with suppress(TransportError):
                self._membership.keep_alive(DRAINING_POLL_TIMEOUT)
            time.sleep(max(0.0, began + DRAINING_POLL_TIMEOUT - time.monotonic()))
        return True

    def _thread(self, work: Callable[[], None], name: str) -> threading.Thread:
        """Start a thread whose failure stops the worker."""

        def run() -> None:
            try:
                work()
            except BaseException as error:
                log.exception("%s failed", name)
                self._fail(error)

        thread = threading.Thread(target=run, name=name, daemon=True)
        thread.start()
        return thread

    def _fail(self, error: BaseException) -> None:
        if self._failure is None:
            self._failure = error
        self._stop.set()


@contextmanager
def _switch_interval(seconds: float) -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(seconds)
    try:
        yield
    finally:
        sys.setswitchinterval(before)
