# SPDX-License-Identifier: Apache-2.0
"""One long text among short ones: who is behind it in its partition does not wait for it."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field

import pytest

from schemas import ModelRef, Source, TextMessage
from tests.servers.kafka import KafkaBroker
from tests.workers.support import (
    create_topics,
    outcome,
    running,
    settings_for_tests,
    texts,
    wait_until,
    words_model,
    write,
)
from workers.serving.model import StageTimer, untimed
from workers.settings import BatchingSettings, WorkerSettings
from workers.transports import Transport, open_transport
from workers.transports.base import OutgoingRecord

pytestmark = pytest.mark.broker

LONG = b'{"text":"%s"}' % (b"word " * 8000)
BATCHING = BatchingSettings(max_batch_tokens=1000)


@dataclass
class WaitsForLong:
    """The tests' model, which answers a long text when it is told to."""

    go: threading.Event = field(default_factory=threading.Event)
    begun: threading.Event = field(default_factory=threading.Event)
    inner = words_model()

    @property
    def ref(self) -> ModelRef:
        """The model's name."""
        return self.inner.ref

    def annotate(
        self, messages: Sequence[TextMessage], sources: Sequence[Source], timer: StageTimer = untimed
    ) -> list[bytes]:
        """Annotate, short texts at once."""
        if any(len(message.text) > 10_000 for message in messages):
            self.begun.set()
            self.go.wait(60)
        return list(self.inner.annotate(messages, sources, timer))


@pytest.fixture
def scene(kafka_broker: KafkaBroker) -> Iterator[tuple[Transport, WorkerSettings]]:
    """A log with topics of one partition, and a worker's settings for them."""
    name = uuid.uuid4().hex[:8]
    settings = settings_for_tests(
        broker=f"kafka://{kafka_broker.address}",
        input_topic=f"texts-{name}",
        output_topic=f"annotations-{name}",
        group=name,
        batching=BATCHING,
    )
    with closing(open_transport(settings.broker)) as transport:
        create_topics(transport, 1, (settings.input_topic, settings.output_topic, settings.dead_letters_to))
        yield transport, settings


def send(transport: Transport, settings: WorkerSettings, values: Sequence[bytes]) -> None:
    """Write texts to the one partition."""
    write(transport, [OutgoingRecord(settings.input_topic, value, b"k", partition=0) for value in values])


def n_written(transport: Transport, settings: WorkerSettings) -> int:
    """How many annotations are committed."""
    return len(outcome(transport, settings).annotations)


@pytest.mark.parametrize("threads", [1, 2])
def test_what_is_behind_a_long_text_is_written_before_it(
    scene: tuple[Transport, WorkerSettings], threads: int
) -> None:
    """While it is worked on, also by a worker of one thread; all is written once, and the positions pass over
    what was written before."""
    transport, settings = scene
    settings = settings_for_tests(**{**_changes(settings), "threads": threads})
    model = WaitsForLong()
    send(transport, settings, [*texts(20), LONG, *texts(30)])
    with running(transport, settings, model) as worker:
        assert model.begun.wait(30)
        wait_until(lambda: n_written(transport, settings) == 50)
        send(transport, settings, texts(1))
        wait_until(lambda: n_written(transport, settings) == 51)
        model.go.set()
        wait_until(lambda: n_written(transport, settings) == 52)
        assert worker.finish() == 0
    assert outcome(transport, settings).exact
    with closing(transport.admin()) as admin:
        lag = admin.group_lag(settings.group, [settings.input_topic])[0]
    assert lag.committed == 52
    assert lag.lag == 0


def test_what_overtook_a_long_text_is_not_done_again(scene: tuple[Transport, WorkerSettings]) -> None:
    """A worker ends before its long text is done; those that take its slot after it, of which the next one
    overtakes and ends too, do only what is left."""
    transport, settings = scene
    hasty = settings_for_tests(**{**_changes(settings), "drain_timeout": 0.2})
    send(transport, settings, [LONG, *texts(30)])
    for n in (30, 40):
        model = WaitsForLong()
        with running(transport, hasty, model) as worker:
            wait_until(lambda n=n: n_written(transport, settings) == n)
            assert worker.finish() == 1
        send(transport, settings, texts(10))
    with running(transport, settings, words_model()) as worker:
        wait_until(lambda: n_written(transport, settings) == 51)
        assert worker.finish() == 0
    assert outcome(transport, settings).exact


def _changes(settings: WorkerSettings) -> dict[str, object]:
    names = ("broker", "input_topic", "output_topic", "group", "slot", "batching")
    return {name: getattr(settings, name) for name in names}
