# SPDX-License-Identifier: Apache-2.0
"""The Faust app beside the fleet: corrections validated, each id once by its id, joined, counted in tables;
dead letters redriven.

It has a consumer group of its own and handles one event at a time. A record's offset is acknowledged by hand,
and only when the broker has taken the output and the tables' changes: Faust's own acknowledgement comes also
where an agent fails or is cancelled, and its exactly-once mode and `take()` lose data. What a crash leaves
unacknowledged is handled again, with the same bytes and the same ids, so that a repeat is harmless.
"""

from __future__ import annotations

import asyncio
import logging
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import faust
from aiokafka.errors import (
    InvalidTimestampError,
    KafkaError,
    MessageSizeTooLargeError,
    RecordListTooLargeError,
)
from faust.exceptions import ProducerSendError
from faust.web import View
from faust.web.exceptions import NotFound, ServiceUnavailable, UnsupportedMediaType

from ..errors import SettingsError
from ..http import LOOPBACK, METRICS_PATH, PATH, Health, is_local
from ..retry import Backoff
from ..transports.address import open_transport, shown_address
from ..transports.base import OutgoingRecord, Record, TimestampRefusedError, TransportError
from .dedupe import SeenIds
from .faust_consumer import PatientTransport
from .faust_credentials import credentials_of
from .handler import CorrectionHandler, HandledCorrection
from .join import AnnotationTail, open_tail
from .refusals import redrive
from .stream_metrics import stream_metrics
from .topology import CorrectionSettings, require_topics

log = logging.getLogger(__name__)

COMMIT_INTERVAL = 1.0
NEVER_TAKEN = (MessageSizeTooLargeError, RecordListTooLargeError)
BEAT, PATIENCE = 1.0, 60.0
"""Seconds between signs of life of the event loop; without one for so long the app counts as dead."""
Serve = Callable[[Health, Callable[[], bytes]], object]
LOOK_INTERVAL = 0.2
"""Seconds between looks for new annotations."""


def make_app(
    broker: str,
    settings: CorrectionSettings,
    *,
    web_port: int = 6066,
    slot: str = "",
    session_timeout: float = 45.0,
    data_dir: Path | None = None,
    serve: Serve = lambda health, metrics: None,
) -> faust.App:
    """The app for a broker at `kafka://HOST:PORT[,...]`; `freshet stream-app` runs it.

    `slot`: a name that outlives the process, under which a restarted app has its partitions back at once.
    `serve` gets what tells of the app's health, and its metrics.
    Raises: SettingsError where a topic is missing or the address is of another kind.
    """
    if not broker.startswith("kafka://"):
        raise SettingsError(
            f"stream-app -> broker: expected kafka://HOST:PORT for the Faust app, "
            f"got {shown_address(broker)!r}"
        )
    with closing(open_transport(broker)) as transport:
        n_partitions = require_topics(transport, settings)
    app = faust.App(
        settings.group,
        broker=shown_address(broker),
        broker_credentials=credentials_of(broker),
        store="memory://",
        Table=_Table,
        autodiscover=False,
        origin=__name__,
        topic_partitions=n_partitions,
        topic_replication_factor=1,
        topic_disable_leader=True,
        key_serializer="raw",
        value_serializer="raw",
        consumer_auto_offset_reset="earliest",
        consumer_group_instance_id=slot or None,
        broker_session_timeout=session_timeout,
        broker_heartbeat_interval=session_timeout / 10,
        broker_commit_interval=COMMIT_INTERVAL,
        web_bind=LOOPBACK,
        web_host=LOOPBACK,
        web_port=web_port,
        datadir=str(data_dir or Path(tempfile.mkdtemp(prefix="freshet-stream-app-"))),
    )
    app.transport = PatientTransport(app.conf.broker_consumer, app)
    driver = FaustDriver(app, broker, settings)
    driver.register()
    serve(driver.health, driver.metrics)
    return app


class _Table(faust.Table[str, Any]):
    """A table whose changes can be waited for."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._unwritten: list[tuple[Awaitable[Any], tuple[Any, ...], dict[str, Any]]] = []

    def send_changelog(self, *args: Any, **kwargs: Any) -> Any:
        """As always, and remember the message until it is waited for."""
        message = super().send_changelog(*args, **kwargs)
        self._unwritten.append((message, args, kwargs))
        return message

    async def wait_until_written(self) -> None:
        """Return when the broker has all changes. Raises: KafkaError; the change that failed is sent again
        for the next call."""
        while self._unwritten:
            message, args, kwargs = self._unwritten[0]
            try:
                await message
            except KafkaError:
                self._unwritten[0] = (super().send_changelog(*args, **kwargs), args, kwargs)
                raise
            del self._unwritten[0]


class FaustDriver:
    """Drives a handler with an agent: each event until the broker has what came of it, then its
    acknowledgement."""

    def __init__(self, app: faust.App, broker: str, settings: CorrectionSettings) -> None:
        self.app = app
        self.health = Health(PATIENCE)
        self._broker = broker
        self._tables = {name: self._table(name) for name in ("first", "superseded", "counts")}
        seen = SeenIds(self._tables["first"], self._tables["superseded"], settings.max_ids)
        self.handler = CorrectionHandler(settings, seen, self._tables["counts"])
        self._annotation_thread = ThreadPoolExecutor(1, thread_name_prefix="freshet-annotations")
        self._tail: AnnotationTail | None = None
        self._next_look = 0.0

    def _table(self, name: str) -> _Table:
        table = self.app.Table(name, partitions=self.app.conf.topic_partitions)
        assert isinstance(table, _Table)  # the app's setting says so
        return table

    def register(self) -> None:
        """Make the agent and the pages part of the app."""
        corrections = self.handler.settings.input_topic
        self.app.agent(
            self.app.topic(corrections, key_type=bytes, value_type=bytes, allow_empty=True),
            name="corrections",
        )(self._agent)
        self.app.timer(BEAT)(self._beat)
        self.app.page(PATH)(_tables_page(self))
        self.app.page(METRICS_PATH)(_metrics_page(self))
        self.app.page("/corrections/redrive/")(_redrive_page(self))

    async def _beat(self) -> None:
        self.health.beat()
        self.health.warm, self.health.joined = True, self.has_tables()

    def metrics(self) -> bytes:
        """The app's metrics; without routes while the tables are being recovered."""
        handler = self.handler
        report = (
            handler.report() if self.has_tables() else {"windows": {}, "outcomes": dict(handler.outcomes)}
        )
        return stream_metrics(report, handler.newest_ms)

    async def _agent(self, stream: Any) -> None:
        unacknowledged = stream.noack()
        async for event in unacknowledged.events():
            await self._process(event)
            await unacknowledged.ack(event)

    async def _process(self, event: Any) -> None:
        """Handle one event, again and again while the broker is away."""
        record, failures = record_of(event.message), 0
        while True:
            try:
                return await self._process_once(record)
            except (KafkaError, ProducerSendError, TransportError) as error:
                log.warning("a correction could not be written, it is tried again: %s", type(error).__name__)
                failures += 1
                await asyncio.sleep(Backoff().wait_for(failures))
            except (
                Exception
            ) as error:  # Faust would start the agent anew behind this event, which nobody handled
                await self.app.crash(error)
                raise

    async def _process_once(self, record: Record) -> None:
        await self._catch_up()
        handled = await self._write(self.handler.handle(record))
        self.handler.count(handled)
        for table in self._tables.values():
            await table.wait_until_written()
        self.handler.outcomes[handled.outcome] += 1

    async def _write(self, handled: HandledCorrection) -> HandledCorrection:
        """Write the output or the dead letter, or less where the broker will never take it; what was
        written."""
        while outgoing := handled.output or handled.dead_letter:
            try:
                await self._send(outgoing)
                break
            except InvalidTimestampError as error:
                handled = self.handler.lessen(handled, TimestampRefusedError(str(error), 0))
            except NEVER_TAKEN as error:
                handled = self.handler.lessen(handled, error)
        return handled

    async def _send(self, outgoing: OutgoingRecord) -> None:
        topic = self.app.topic(outgoing.topic, key_serializer="raw", value_serializer="raw")
        # Brokers refuse records from the future, and a dead letter has the time of its record.
        stamp = None if outgoing.timestamp_ms is None else min(outgoing.timestamp_ms / 1000, time.time())
        message = await topic.send(
            key=outgoing.key,
            value=outgoing.value,
            timestamp=stamp,
            headers=list(outgoing.headers),
            force=True,
        )
        await message

    async def _catch_up(self) -> None:
        """Let the thread that reads annotations take in the latest ones, unless it did a moment ago."""
        now = time.monotonic()
        if now >= self._next_look:
            self._next_look = now + LOOK_INTERVAL
            await asyncio.get_running_loop().run_in_executor(self._annotation_thread, self._read_annotations)

    def _read_annotations(self) -> None:
        if self._tail is None:
            transport, topic = open_transport(self._broker), self.handler.settings.annotations
            self._tail = open_tail(transport, topic, self.handler.annotations)
        if self._tail is not None:
            self._tail.advance()

    def whole_report(self) -> Mapping[str, Any]:
        """The tables. Raises: ServiceUnavailable while they are being recovered."""
        if not self.has_tables():
            raise ServiceUnavailable("the tables are being recovered; ask again in a moment")
        return self.handler.report()

    def has_tables(self) -> bool:
        """Whether the tables hold all that they held before this start, or before the last rebalance."""
        tables: Any = self.app.tables  # whose protocol leaves the recovery out
        recovered: bool = tables.recovery.completed.is_set()
        return recovered and not self.app.in_recovery and not self.app.rebalancing

    def redrive(self, places: list[str] | None) -> int:
        """Send dead letters back; how many."""
        with closing(open_transport(self._broker)) as transport:
            return redrive(transport, self.handler.settings.dead_letters_to, places)


def _tables_page(driver: FaustDriver) -> type[View]:
    """GET: windows and drift of all partitions that this app has, and what became of the records since its
    start; 503 while tables are being recovered, for half of them would look like all."""

    class Tables(View):
        async def get(self, request: Any) -> Any:
            _refuse_strangers(request)
            return self.json(driver.whole_report())

    return Tables


def _metrics_page(driver: FaustDriver) -> type[View]:
    """GET: metrics for Prometheus; 503 while tables are being recovered."""

    class Metrics(View):
        async def get(self, request: Any) -> Any:
            _refuse_strangers(request)
            return self.text(stream_metrics(driver.whole_report(), driver.handler.newest_ms).decode())

    return Metrics


def _redrive_page(driver: FaustDriver) -> type[View]:
    """POST `{"places": ["0:17", ...]}` or `{"all": true}`: dead letters back to where they came from."""

    class Redrive(View):
        async def post(self, request: Any) -> Any:
            _refuse_strangers(request)
            # A form on another site's page can post, but not this content type.
            if request.content_type != "application/json":
                raise UnsupportedMediaType("expected application/json")
            wanted = await request.json()
            places = None if wanted.get("all") is True else [str(place) for place in wanted.get("places", [])]
            sent = await asyncio.get_running_loop().run_in_executor(None, driver.redrive, places)
            return self.json({"redriven": sent})

    return Redrive


def record_of(message: Any) -> Record:
    """A message of Faust as a record of ours."""
    headers = message.headers or ()
    pairs = headers.items() if isinstance(headers, dict) else headers
    stamp = round((message.timestamp or 0.0) * 1000)
    return Record(
        message.topic,
        message.partition,
        message.offset,
        stamp,
        message.key,
        message.value,
        tuple((k, bytes(v)) for k, v in pairs),
    )


def _refuse_strangers(request: Any) -> None:
    """Another site's page may point a name of its own at this machine; our tables are not for it, nor our
    buttons."""
    if not is_local(request.host):
        raise NotFound("unknown host")
