# SPDX-License-Identifier: Apache-2.0
"""The annotator: texts of a topic in, annotations and dead letters out, each record once.

Three kinds of threads share two queues. The calling thread polls: it drives the group membership, takes
records in and pauses when too many tokens are in flight. Annotating threads take micro-batches. The commit
thread writes what is done.
"""

from __future__ import annotations

import logging
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace

from engine.cores import n_cores

from ..errors import WorkerError
from ..http.health import Health, HealthServer
from ..retry import Backoff, is_time_to_renew, is_worth_logging
from ..serving.live_model import LiveModel, Model
from ..serving.outputs import check_model
from ..serving.router import serve
from ..settings import WorkerSettings
from ..signals import StoppedEarly, stop_on_signals
from ..transports.base import Consumer, FencedError, Record, TopicPartition, Transport, TransportError
from .batching import BackPressure, Batcher, MicroBatch, PollSize
from .commit import Committer
from .in_flight import RunTracker
from .instance_id import Slot
from .startup import consumer_options, require_topics
from .telemetry import Telemetry
from .watchdog import ProgressWatchdog

log = logging.getLogger(__name__)

POLL_TIMEOUT = 0.1
"""Seconds. Records end a poll at once; this is how long one lasts where there are none, or while reading is
paused."""
DRAINING_POLL_TIMEOUT = 0.01
BACKOFF = Backoff(initial=0.05, max=1.0)
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

    `model` is made by `pipeline_model` of a pipeline; a `LiveModel` may be swapped by another thread
    meanwhile. `on_start` gets the worker before it begins; `on_commit_step` is called between the steps of
    each commit, for fault tests.
    Raises: SettingsError where a topic is missing, ModelError where the model is broken, WorkerError where
    the worker cannot go on.
    """
    stop = stop or threading.Event()
    live = model if isinstance(model, LiveModel) else LiveModel(model)
    try:
        with ExitStack() as stack:
            at_work = stack.enter_context(stop_on_signals(stop))
            stack.enter_context(_switch_interval(SWITCH_INTERVAL))
            if not settings.slot:
                settings = replace(
                    settings, slot=stack.enter_context(Slot(settings.broker, settings.group)).name
                )
            worker = Annotator(settings, transport, live, stop, on_commit_step)
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
        self.tracker = RunTracker()
        self._transport = transport
        self._live = live
        self._stop = stop
        self._options = consumer_options(settings, on_commit_step)
        self._batcher = Batcher(settings.batching, self.tracker)
        self._pressure = BackPressure(settings.batching.max_inflight_tokens)
        self._poll_size = PollSize(settings.batching)
        self._watchdog = ProgressWatchdog(settings.stall_timeout)
        self._committer = Committer(settings, self.tracker, self._current, self.telemetry)
        self._stop_commits = threading.Event()
        self._consumer: Consumer | None = None
        self._epochs: Mapping[TopicPartition, int] = {}
        self._held: tuple[bool, Mapping[TopicPartition, int]] = (False, {})
        self._model: Model | None = None
        self._failure: BaseException | None = None
        self._poll_failures = 0
        self._next_lag = 0.0

    def run(self, at_work: threading.Event) -> int:
        """Work until asked to stop; `at_work` is set when there is something to drain. See
        `run_annotator`."""
        with ExitStack() as stack:
            if self.settings.health_port >= 0:
                server = HealthServer(
                    self.health, self.telemetry.text, self.settings.health_host, self.settings.health_port
                )
                stack.callback(server.close)
                log.info("health and metrics on %s", server.address)
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
        n_threads = self.settings.threads or n_cores()
        annotating = [self._thread(self._annotate, f"freshet-annotate-{i}") for i in range(n_threads)]
        committing = self._thread(lambda: self._committer.run(self._stop_commits), "freshet-commit")
        while not self._stop.is_set():
            self._turn()
        self.health.stopping = True
        drained = self._drain(annotating, committing)
        if self._failure is not None:
            raise self._failure
        return 0 if drained else 1

    def _turn(self) -> None:
        """Once round the poll loop."""
        self.health.beat()
        try:
            consumer = self._ready_consumer()
            self._take_in(self._poll(consumer))
            self._look_around(consumer)
            self._poll_failures = 0
            self.health.failing = (
                str(self._committer.last_error) if self._committer.failures_in_a_row > 1 else ""
            )
        except FencedError as error:
            self._fail(WorkerError(f"this worker was put out of its group: {error}"))
        except TransportError as error:
            self._retry_later(error)

    def _ready_consumer(self) -> Consumer:
        """The consumer, standing behind the last commit: rewound after a failed one, made anew where it has
        to be."""
        if self.tracker.halted and is_time_to_renew(self._committer.failures_in_a_row):
            self._drop_consumer()
        if self._consumer is None:
            self._consumer = self._transport.consumer(self._options)
        elif self.tracker.halted:
            self._rewind(self._consumer)
        return self._consumer

    def _poll(self, consumer: Consumer) -> list[Record]:
        paused = self._pressure.update(self.tracker.n_tokens)
        if self._held != (paused, self._epochs):  # a partition that comes anew is not paused
            (consumer.pause if paused else consumer.resume)(self._epochs)
            self._held = (paused, self._epochs)
        records = consumer.poll(POLL_TIMEOUT, self._poll_size.next(self.tracker.n_tokens))
        self._adopt(consumer.assignment())
        return records

    def _adopt(self, epochs: Mapping[TopicPartition, int]) -> None:
        """Go by this assignment; what was in flight for partitions that were lost is dropped."""
        self.health.joined = True
        if epochs == self._epochs:
            return
        n_dropped = self.tracker.retain(epochs)
        self._epochs = dict(epochs)
        self._watchdog.assigned(epochs, time.monotonic())
        self.telemetry.rebalanced(epochs)
        log.info("%d partitions assigned, %d records in flight dropped", len(epochs), n_dropped)

    def _take_in(self, records: Sequence[Record]) -> None:
        now = time.monotonic()
        before = self.tracker.n_tokens
        n_taken = self._batcher.offer(records, self._epochs, now)
        if records:
            self._watchdog.moved({record.topic_partition for record in records}, now)
            self._poll_size.note(n_taken, max(0, self.tracker.n_tokens - before))
        self.telemetry.polled(n_taken)
        self.telemetry.in_flight(self.tracker.n_records, self.tracker.n_tokens, self._pressure.paused)

    def _look_around(self, consumer: Consumer) -> None:
        """What need not be done at every turn: lags, the watchdog, a new model."""
        self._note_model()
        now = time.monotonic()
        if now < self._next_lag:
            return
        self._next_lag = now + min(LAG_INTERVAL, self.settings.stall_timeout / 2)
        lags = consumer.lag()
        self.telemetry.lags(lags)
        if self._pressure.paused:
            self._watchdog.moved(self._epochs, now)
        stalled = self._watchdog.stalled(lags, self.tracker.places(), now)
        if stalled:
            log.warning(
                "no records of %s for %.0f s although there are some; making a new consumer",
                stalled,
                self.settings.stall_timeout,
            )
            self._drop_consumer()
            self._watchdog.renewed(lags, now)

    def _note_model(self) -> None:
        model = self._live.current()
        if model is not self._model:
            self._model = model
            self.telemetry.model_loaded(model.ref)

    def _rewind(self, consumer: Consumer) -> None:
        """After a failed commit: read again from the committed positions, under new epochs."""
        if self._committer.failures_in_a_row > 1:
            self._stop.wait(BACKOFF.wait_for(self._committer.failures_in_a_row))
        consumer.rewind()
        self.tracker.restart()
        self._adopt(consumer.assignment())

    def _drop_consumer(self) -> None:
        """Leave the group; the next turn joins it again, and reads again what is in flight now."""
        with self._committer.lock:
            self.tracker.halt()
            if self._consumer is not None:
                with suppress(TransportError):
                    self._consumer.close()
            self._consumer = None
            self._adopt({})
            self.tracker.restart()
        self.telemetry.renewed()

    def _current(self) -> Consumer:
        if self._consumer is None:
            raise WorkerError("expected a consumer behind every run, got none; this is a bug in Freshet")
        return self._consumer

    def _retry_later(self, error: TransportError) -> None:
        """The log cannot be reached: say so, wait a little, and make a new consumer when it goes on."""
        self._poll_failures += 1
        self.health.failing = str(error)
        if is_worth_logging(self._poll_failures):
            log.warning("reading failed %d times in a row: %s", self._poll_failures, error)
        self._stop.wait(BACKOFF.wait_for(self._poll_failures))
        if is_time_to_renew(self._poll_failures):
            self._drop_consumer()

    def _annotate(self) -> None:
        """What an annotating thread does."""
        while not self._batcher.closed:
            batch = self._batcher.take(timeout=0.5)
            if batch is not None:
                self._annotate_batch(batch)

    def _annotate_batch(self, batch: MicroBatch) -> None:
        runs = batch.live_runs()
        self.telemetry.began(batch, time.monotonic())
        records = [record for run in runs for record in run.records]
        answers = serve(self._live, records, self.settings, self.telemetry.laps())
        if answers.reasons:
            self.telemetry.failed(answers.reasons)
        start = 0
        for run in runs:
            end = start + len(run.records)
            dead = {i - start: reason for i, reason in answers.reasons.items() if start <= i < end}
            self.tracker.finish(run, answers.outgoing[start:end], dead)
            start = end

    def _drain(self, annotating: Sequence[threading.Thread], committing: threading.Thread) -> bool:
        """Finish what was begun, commit it and leave the group; False where the time did not suffice or a
        commit failed."""
        deadline = time.monotonic() + self.settings.drain_timeout
        self._batcher.close()
        self._keep_membership_until(lambda: not any(thread.is_alive() for thread in annotating), deadline)
        self._stop_commits.set()
        finished = self._keep_membership_until(lambda: not committing.is_alive(), deadline)
        if not finished:
            log.error(
                "not drained within %.0f s; what is not committed will be read again",
                self.settings.drain_timeout,
            )
            return False
        if self._consumer is not None:
            with suppress(TransportError):
                self._consumer.close()
        return not self.tracker.halted or isinstance(self._committer.last_error, FencedError)

    def _keep_membership_until(self, done: Callable[[], bool], deadline: float) -> bool:
        """Poll with everything paused, so that the group does not give the partitions away before the last
        commit."""
        while not done():
            if time.monotonic() > deadline:
                return False
            self.health.beat()
            consumer = self._consumer
            if consumer is None:
                time.sleep(DRAINING_POLL_TIMEOUT)
                continue
            try:
                consumer.pause(consumer.assignment())
                consumer.poll(DRAINING_POLL_TIMEOUT, 1)
                self.tracker.retain(consumer.assignment())
            except TransportError:
                time.sleep(DRAINING_POLL_TIMEOUT)
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
