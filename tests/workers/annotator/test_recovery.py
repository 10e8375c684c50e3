# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.workers.support import (
    annotate_all,
    memory_log,
    outcome,
    running,
    send,
    settings_for_tests,
    texts,
    wait_until,
    words_model,
)
from workers.errors import WorkerError
from workers.retry import FAILURES_BEFORE_RENEWAL
from workers.transports.base import ConsumerOptions, FencedError, Record, TransportError
from workers.transports.memory import MemoryConsumer, MemoryTransport


class Flawed(MemoryTransport):
    """A log in memory whose consumers poll by `poll(consumer, its number, timeout, max_records)`."""

    def __init__(self, poll: Callable[[MemoryConsumer, int, float, int], list[Record]]) -> None:
        super().__init__()
        self._poll = poll
        self.made = 0

    def consumer(self, options: ConsumerOptions) -> MemoryConsumer:
        """A consumer with the flaw."""
        self.made += 1
        consumer, number = super().consumer(options), self.made
        sound = consumer.poll
        consumer.poll = lambda timeout, max_records: self._poll(sound, number, timeout, max_records)
        return consumer


def filled(log: MemoryTransport, n: int = 200) -> MemoryTransport:
    """The log with topics and texts."""
    for topic in ("texts", "annotations", "texts.dlq"):
        log.admin().create_topic(topic, 4)
    send(log, texts(n))
    return log


def test_a_consumer_that_stands_still_is_replaced() -> None:
    """A client that delivers nothing although there is something is closed, and a new one does the work."""

    def poll(sound, number, timeout, max_records):
        records = sound(timeout, max_records) if number > 1 else sound(timeout, 0)
        return records

    log = filled(Flawed(poll))
    result, code = annotate_all(log, settings_for_tests(stall_timeout=0.5), words_model())
    assert (result.exact, code, log.made) == (True, 0, 2)


def test_a_log_that_cannot_be_read_is_tried_again() -> None:
    """While polls fail the worker goes on trying, makes a new consumer once, and then annotates each record
    once."""
    left = [FAILURES_BEFORE_RENEWAL + 1]

    def poll(sound, number, timeout, max_records):
        left[0] -= 1
        if left[0] >= 0:
            raise TransportError("no broker")
        return sound(timeout, max_records)

    log = filled(Flawed(poll))
    result, code = annotate_all(log, settings_for_tests(), words_model())
    assert (result.exact, code, log.made) == (True, 0, 2)


def test_a_group_that_cannot_be_joined_is_tried_again() -> None:
    """A log that is away when the worker starts is waited for."""
    log, left = filled(MemoryTransport()), [3]
    join = log.consumer

    def consumer(options: ConsumerOptions) -> MemoryConsumer:
        left[0] -= 1
        if left[0] >= 0:
            raise TransportError("no broker")
        return join(options)

    log.consumer = consumer
    result, code = annotate_all(log, settings_for_tests(), words_model())
    assert (result.exact, code) == (True, 0)


def test_a_worker_whose_slot_was_taken_ends() -> None:
    """A worker that another one replaced does not fight for its place: it ends with an error."""

    def poll(sound, number, timeout, max_records):
        raise FencedError("another consumer took slot 'a'")

    log = filled(Flawed(poll))
    with running(log, settings_for_tests(), words_model()) as state:
        state.thread.join(10)
    assert isinstance(state.error, WorkerError)
    assert outcome(log).seen == {}


@pytest.mark.parametrize("fenced", [False, True])
def test_commits_that_keep_failing_lose_nothing(fenced: bool) -> None:
    """Many failed commits in a row, with a new consumer on the way, end in exactly one output for each
    record."""
    log, left = memory_log(), [FAILURES_BEFORE_RENEWAL + 2]
    send(log, texts(300))

    def on_step(step: str) -> None:
        if step == "records":
            left[0] -= 1
            if left[0] >= 0:
                raise (FencedError if fenced else TransportError)("not now")

    with running(log, settings_for_tests(), words_model(), on_commit_step=on_step) as state:
        wait_until(lambda: not outcome(log).lost)
        assert state.finish() == 0
    assert outcome(log).exact
