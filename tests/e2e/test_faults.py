# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

from schemas import parse_dead_letter
from tests.conftest import _start as start_or_skip
from tests.e2e.fleet import Fleet, fleet
from tests.servers.kafka import KafkaBroker
from tests.workers.support import texts, wait_until

STEPS = ("begin", "records", "offsets", "commit", "done")
BAD = b'{"text": 17}'


def mix_texts(n: int) -> list[bytes]:
    """Texts of which one in a hundred is bad."""
    return [BAD if i % 100 == 99 else value for i, value in enumerate(texts(n))]


def is_stopped(worker: subprocess.Popen[bytes]) -> bool:
    """Whether a process is stopped by a signal."""
    return Path(f"/proc/{worker.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"


def wait_for_stop(worker: subprocess.Popen[bytes], workers: Fleet) -> None:
    """Wait until a worker has stopped itself."""
    wait_until(lambda: worker.poll() is not None or is_stopped(worker), 60)
    assert worker.poll() is None, workers.log()


@pytest.mark.parametrize("step", STEPS)
def test_a_worker_killed_at_any_step_of_a_commit_loses_and_doubles_nothing(
    broker: str, step: str, tmp_path: Path
) -> None:
    """`kill -9` at a step of the second commit: a successor completes the work, each input has exactly one
    output."""
    with fleet(broker, tmp_path) as workers:
        workers.send(mix_texts(600))
        victim = workers.start(f"{step}:2:KILL", delay=0.02, FRESHET_BATCHING_MAX_BATCH_RECORDS="20")
        assert victim.wait(60) == -signal.SIGKILL, workers.log()
        workers.start()
        found = workers.wait_for_outputs()
        assert (found.exact, len(found.dead_letters)) == (True, 6), workers.log()
        assert workers.finish() == [0]


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_twenty_kills_under_load_lose_and_double_nothing(broker: str, tmp_path: Path) -> None:
    """Two workers are killed twenty times in all at random moments while texts keep coming: each has exactly
    one output."""
    moments = random.Random(5)
    with fleet(broker, tmp_path) as workers:
        team = [workers.start(delay=0.01), workers.start(delay=0.01)]
        for _ in range(20):
            workers.send(mix_texts(300))
            time.sleep(moments.uniform(0.3, 1.5))
            victim = moments.randrange(2)
            team[victim].kill()
            team[victim].wait()
            team[victim] = workers.start(delay=0.01)
        found = workers.wait_for_outputs(timeout=90)
        assert (len(found.inputs), found.exact, len(found.dead_letters)) == (6000, True, 60), workers.log()
        assert workers.finish() == [0, 0], workers.log()


@pytest.mark.parametrize("step", ["begin", "commit"])
def test_a_zombies_commit_is_refused(broker: str, step: str, tmp_path: Path) -> None:
    """A worker that is stopped within a commit past its session, and goes on later, commits nothing that
    another did meanwhile."""
    if broker.startswith("embedded") and step == "commit":
        pytest.skip(
            "a process that is stopped within SQLite's write lock stops all writers; there is no zombie"
        )
    times = {"FRESHET_SESSION_TIMEOUT": "2", "FRESHET_TRANSACTION_TIMEOUT": "4"}
    with fleet(broker, tmp_path, **times) as workers:
        workers.send(mix_texts(600))
        zombie = workers.start(f"{step}:2:STOP", delay=0.02, FRESHET_BATCHING_MAX_BATCH_RECORDS="20")
        wait_for_stop(zombie, workers)
        successor = workers.start()
        workers.wait_for_outputs()
        os.kill(zombie.pid, signal.SIGCONT)
        workers.send(mix_texts(200))
        workers.wait_for_outputs()
        time.sleep(1.0)  # time for the zombie to do harm
        assert workers.outcome().exact, workers.log()
        assert (successor.poll(), workers.finish()[-1]) == (None, 0)
        assert workers.outcome().exact, workers.log()


def test_workers_join_and_leave_with_batches_in_flight(broker: str, tmp_path: Path) -> None:
    """A second worker joins, the first leaves, a third joins: each input has exactly one output, each worker
    ends with 0."""
    with fleet(
        broker, tmp_path, FRESHET_SESSION_TIMEOUT="6", FRESHET_BATCHING_MAX_BATCH_RECORDS="20"
    ) as workers:
        workers.send(mix_texts(3000))
        first = workers.start(delay=0.02)
        workers.wait_for_outputs(200)
        second = workers.start(delay=0.02)
        workers.wait_for_outputs(1000)
        first.send_signal(signal.SIGTERM)
        assert first.wait(30) == 0, workers.log()
        workers.start(delay=0.02)
        workers.send(mix_texts(1000))
        found = workers.wait_for_outputs()
        assert (found.exact, len(found.inputs), second.poll()) == (True, 4000, None), workers.log()
        assert workers.finish() == [0, 0]


def test_a_poison_record_among_five_hundred_is_isolated(broker: str, tmp_path: Path) -> None:
    """The one record that the model cannot stand becomes a dead letter; its neighbours are annotated."""
    with fleet(broker, tmp_path) as workers:
        workers.send([*texts(250), b'{"text":"POISON"}', *texts(250)])
        workers.start()
        found = workers.wait_for_outputs()
        (letter,) = found.dead_letters
        assert (found.exact, letter.value, parse_dead_letter(letter.headers).stage) == (
            True,
            b'{"text":"POISON"}',
            "annotate",
        )


def test_an_output_too_large_for_the_log_becomes_a_dead_letter(broker: str, tmp_path: Path) -> None:
    """A text whose annotation exceeds what the log takes becomes a dead letter and holds up nobody."""
    with fleet(broker, tmp_path) as workers:
        workers.send([*texts(50), b'{"text":"%s"}' % (b"a " * 200_000), *texts(50)])
        workers.start()
        found = workers.wait_for_outputs()
        (letter,) = found.dead_letters
        parsed = parse_dead_letter(letter.headers)
        assert (found.exact, parsed.exception, parsed.stage) == (True, "RecordTooLargeError", "commit")


def test_a_missing_output_topic_ends_the_start_with_a_message(broker: str, tmp_path: Path) -> None:
    """A worker whose output topic does not exist does not hang: it ends and names the topic."""
    with fleet(broker, tmp_path) as workers:
        workers.send(texts(10))
        worker = workers.start(FRESHET_OUTPUT_TOPIC="nowhere")
        assert worker.wait(60) != 0
        assert "missing are nowhere" in workers.log()
        assert workers.outcome().seen == {}


def test_an_output_topic_that_is_deleted_is_waited_for(broker: str, tmp_path: Path) -> None:
    """While the output topic is gone nothing is committed; when it is back, each input of that time has
    exactly one output."""
    with fleet(broker, tmp_path) as workers:
        workers.send(texts(50))
        workers.start()
        workers.wait_for_outputs()
        admin = workers.transport.admin()
        admin.delete_topic(workers.settings.output_topic)
        wait_until(lambda: workers.settings.output_topic not in [info.name for info in admin.topics()])
        workers.send(texts(50))
        time.sleep(1.5)
        wait_until(lambda: _create(admin, workers.settings.output_topic))
        admin.close()
        found = workers.wait_for_outputs(50)
        assert (len(found.annotations), found.doubled) == (50, set()), workers.log()
        assert workers.finish() == [0]


def _create(admin, topic: str) -> bool:
    admin.create_topic(topic, 4)
    return topic in [info.name for info in admin.topics()]


def test_the_second_signal_ends_at_once(broker: str, tmp_path: Path) -> None:
    """A first SIGTERM lets the worker finish; a second one ends it at once, and a successor completes the
    work."""
    with fleet(broker, tmp_path) as workers:
        workers.send(texts(20))
        worker = workers.start(delay=3.0)
        wait_until(lambda: "partitions assigned" in workers.log())
        time.sleep(0.5)
        worker.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        assert worker.poll() is None
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(5) != 0
        workers.start()
        assert workers.wait_for_outputs().exact


def test_at_least_once_loses_nothing_and_names_its_sources(broker: str, tmp_path: Path) -> None:
    """Under `at_least_once` a kill may double outputs, but none is lost, and doubles bear the same source."""
    with fleet(
        broker, tmp_path, FRESHET_DELIVERY="at_least_once", FRESHET_BATCHING_MAX_BATCH_RECORDS="20"
    ) as workers:
        workers.send(mix_texts(600))
        victim = workers.start("offsets:3:KILL", delay=0.02)
        assert victim.wait(60) == -signal.SIGKILL, workers.log()
        workers.start()
        found = workers.wait_for_outputs()
        assert found.lost == set()
        assert set(found.seen) == found.inputs
        assert workers.finish() == [0]


@pytest.mark.broker
@pytest.mark.timeout(300)
def test_a_broker_that_is_restarted_in_the_middle_is_waited_for(tmp_path: Path) -> None:
    """While a killed broker is away the worker waits; when it is back each input has exactly one output, and
    the worker ends with 0."""
    broker = KafkaBroker(tmp_path / "broker")
    start_or_skip(broker)
    try:
        with fleet(f"kafka://{broker.address}", tmp_path, FRESHET_BATCHING_MAX_BATCH_RECORDS="20") as workers:
            workers.send(mix_texts(1500))
            workers.start(delay=0.02)
            workers.wait_for_outputs(200)
            broker.stop(kill=True)
            time.sleep(2.0)
            broker.start()
            found = workers.wait_for_outputs(timeout=150)
            assert (found.exact, len(found.dead_letters)) == (True, 15), workers.log()
            assert workers.finish() == [0], workers.log()
    finally:
        broker.stop(kill=True)
