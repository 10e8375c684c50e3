# SPDX-License-Identifier: Apache-2.0
"""Processes that are killed, stopped and replaced, and a broker that goes away: every record is copied
exactly once all the same."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.kafka import KafkaBroker
from tests.workers.transports.helpers import (
    Log,
    after,
    assert_copied_once,
    copies,
    copy_until,
    drain,
    n_records,
)
from workers.transports import TransportError

WORDS = [b"w%d" % i for i in range(300)]
ROOT = Path(__file__).parents[3]


class Copiers:
    """Copying worker processes on one log, ended with the test."""

    def __init__(self, log: Log, folder: Path) -> None:
        """`folder` holds the file that tells them to end."""
        self.log = log
        self.topic, self.output = log.topic(4), log.topic(2)
        self.group = f"copy-{self.topic}"
        self._end = folder / "end"
        self.processes: list[subprocess.Popen[str]] = []

    def start(self, **options: object) -> subprocess.Popen[str]:
        """A worker, once it is ready to poll."""
        settings = {"session": self.log.session_timeout, "until": self._end, **options}
        extra = [
            part for name, value in settings.items() for part in (f"--{name.replace('_', '-')}", str(value))
        ]
        command = [
            sys.executable,
            "-m",
            "tests.workers.transports.copier",
            self.log.address,
            self.topic,
            self.output,
            self.group,
            *extra,
        ]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        self.processes.append(process)
        self.wait_for_line(process, "ready")
        return process

    def wait_for_line(self, process: subprocess.Popen[str], start: str) -> None:
        """Wait until the worker prints a line that starts so."""
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith(start):
                return
        raise AssertionError(f"the worker ended with {process.wait()} before it said {start!r}")

    def wait_until_copied(self, n: int, timeout: float = 60.0) -> None:
        """Wait until so many copies can be read."""
        deadline = time.monotonic() + timeout
        while (found := n_records(self.log, self.output)) < n:
            assert time.monotonic() < deadline, f"only {found} of {n} were copied"
            time.sleep(0.1)

    def close(self) -> None:
        """End all."""
        self._end.touch()
        for process in self.processes:
            process.send_signal(signal.SIGCONT)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            assert process.stdout is not None
            process.stdout.close()


@pytest.fixture
def copiers(durable_log: Log, tmp_path: Path) -> Iterator[Copiers]:
    """Workers on each durable log."""
    started = Copiers(durable_log, tmp_path)
    yield started
    started.close()


@pytest.mark.parametrize("step", ["begin", "records", "offsets", "commit", "done"])
def test_a_worker_killed_at_a_step_of_its_commit_loses_and_doubles_nothing(
    copiers: Copiers, step: str
) -> None:
    """Whoever takes its slot goes on at once, and half a commit is never seen."""
    copiers.log.send(copiers.topic, WORDS)
    victim = copiers.start(die_at=step, slot="a")
    assert victim.wait(60) == -signal.SIGKILL
    copiers.start(slot="a")
    copiers.wait_until_copied(len(WORDS))
    assert_copied_once(copiers.log, copiers.topic, copiers.output)


def test_a_worker_without_a_slot_is_replaced_after_its_lease(copiers: Copiers) -> None:
    """The other members take its partitions when its session and its open transaction have run out."""
    copiers.log.send(copiers.topic, WORDS)
    victim = copiers.start(die_at="commit")
    assert victim.wait(60) == -signal.SIGKILL
    copiers.start()
    copiers.wait_until_copied(len(WORDS))
    assert_copied_once(copiers.log, copiers.topic, copiers.output)


def test_a_stopped_worker_that_comes_back_cannot_commit_what_others_took_over(copiers: Copiers) -> None:
    """SIGSTOP past the session's end inside a commit, then SIGCONT: the commit is refused and the worker goes
    on with what it gets."""
    copiers.log.send(copiers.topic, WORDS)
    stopped = copiers.start(stop_at="begin")
    copiers.wait_for_line(stopped, "stopping")
    heir = copiers.start()
    copiers.wait_until_copied(len(WORDS))
    stopped.send_signal(signal.SIGCONT)
    copiers.wait_for_line(stopped, "fenced")
    copiers.log.send(copiers.topic, [b"more%d" % i for i in range(50)])
    copiers.wait_until_copied(len(WORDS) + 50)
    assert heir.poll() is None
    assert_copied_once(copiers.log, copiers.topic, copiers.output)


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_random_kills_under_load_lose_and_double_nothing(copiers: Copiers) -> None:
    """Two workers, killed and started again at random while records keep coming."""
    chance = random.Random(7)
    workers = {slot: copiers.start(slot=slot, batch=10) for slot in "ab"}
    for round_ in range(10):
        copiers.log.send(copiers.topic, [b"%d-%d" % (round_, i) for i in range(200)])
        time.sleep(chance.uniform(0.05, 0.6))
        slot = chance.choice("ab")
        workers[slot].kill()
        workers[slot].wait()
        workers[slot] = copiers.start(slot=slot, batch=10)
    copiers.wait_until_copied(2000, timeout=90)
    assert_copied_once(copiers.log, copiers.topic, copiers.output)


@pytest.mark.broker
@pytest.mark.timeout(300)
@pytest.mark.parametrize("kill", [False, True], ids=["stopped", "killed"])
def test_a_broker_that_restarts_in_the_middle_loses_and_doubles_nothing(
    kafka_broker: KafkaBroker, kill: bool
) -> None:
    """A consumer survives it: its commits fail or wait, it rewinds and goes on."""
    log = Log(f"kafka://{kafka_broker.address}", session_timeout=6.0, max_poll_interval=30.0)
    topic, output = log.topic(4), log.topic(2)
    log.send(topic, WORDS)
    consumer = log.consumer(log.options(topic, transaction_timeout=5.0, commit_timeout=5.0))
    records = drain(consumer, 100)
    consumer.commit(copies(records, output), [], after(consumer, records))
    kafka_broker.stop(kill=kill)
    try:
        more = consumer.poll(0.1, 50)
        consumer.commit(copies(more, output), [], after(consumer, more))
    except TransportError:
        consumer.rewind()
    kafka_broker.start()
    deadline = time.monotonic() + 150
    n_copied = 0
    while n_copied < len(WORDS) and time.monotonic() < deadline:
        try:
            until = time.monotonic() + 1
            copy_until(consumer, output, lambda until=until: time.monotonic() > until)  # type: ignore[misc]
            n_copied = n_records(log, output)
        except TransportError:
            consumer.rewind()
    assert_copied_once(log, topic, output)
    log.close()


def test_a_log_written_by_killed_processes_stays_whole(tmp_path: Path) -> None:
    """kill -9 of a process that writes all the time: whole batches or nothing, and the next one goes on."""
    log = Log(f"embedded:{tmp_path / 'log.sqlite'}", session_timeout=0.5, max_poll_interval=0.5)
    topic = log.topic(1)
    script = (
        "import sys; from workers.transports import *; p = open_transport(sys.argv[1]).producer()\n"
        "while True: p.send([OutgoingRecord(sys.argv[2], b'%d' % i * 500) for i in range(10)])"
    )
    for _ in range(5):
        writer = subprocess.Popen([sys.executable, "-c", script, log.address, topic], cwd=ROOT)
        before = n_records(log, topic)
        while n_records(log, topic) < before + 50:
            time.sleep(0.01)
        os.kill(writer.pid, signal.SIGKILL)
        writer.wait()
    values = [record.value for record in log.transport().read(topic)]
    assert len(values) % 10 == 0
    assert values == [b"%d" % (i % 10) * 500 for i in range(len(values))]
    log.close()
