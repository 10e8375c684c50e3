# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

import engine
from tests.servers.kafka import KafkaBroker
from tests.workers.support import create_topics, outcome, send, settings_for_tests, wait_until
from workers.settings import WorkerSettings
from workers.transports import open_transport
from workers.transports.base import Transport

from .mutation import mutated
from .targets import TARGETS

CHUNK = 2_000


def random_messages(n: int, seed: int = 0) -> list[bytes]:
    """Good, mutated and random messages, a third each; now and then one of 900 KB, most of it its id."""
    draw, target = random.Random(seed), TARGETS["messages"]
    corpus = list(target.seeds())
    made = []
    for i in range(n):
        kind = i % 3
        if i % 5_000 == 4_999:
            made.append(b'{"id": "%s", "text": "Ada"}' % (b"i" * 900_000))
        elif kind == 0:
            made.append(b'{"id": "%d", "text": "Ada met %d of them in Kigali."}' % (i, draw.randrange(99)))
        elif kind == 1:
            made.append(mutated(draw.choice(corpus), draw, corpus, target.words, 3))
        else:
            made.append(draw.randbytes(draw.randrange(1, 80)))
    return made


def pass_through_a_worker(address: str, folder: Path, n: int, kills: int) -> None:
    """Send so many messages through a worker that is killed so often; in = annotated + dead letters, none
    twice."""
    engine.blank("en").to_disk(folder / "model")
    group = f"fuzz-{time.time_ns()}"
    names = (f"{group}-texts", f"{group}-annotations", f"{group}-texts.dlq")
    settings = settings_for_tests(broker=address, group=group, input_topic=names[0], output_topic=names[1])
    words = [sys.executable, "-m", "workers.cli", "annotate", str(folder / "model"), "--log-level", "error"]
    options = {"group": group, "input_topic": names[0], "output_topic": names[1], "health_port": "-1"}
    words += [word for name, value in options.items() for word in (f"--worker.{name}", value)]
    environment = {**os.environ, "FRESHET_BROKER": address, "OMP_NUM_THREADS": "1"}
    messages, share = random_messages(n), n // (4 * kills)
    with closing(open_transport(address)) as log, (folder / "worker.log").open("ab") as told:
        create_topics(log, 2, names)

        def started() -> subprocess.Popen[bytes]:
            return subprocess.Popen(words, env=environment, cwd=folder, stdout=told, stderr=told)

        worker = started()
        try:
            for first in range(0, n, CHUNK):
                send(log, messages[first : first + CHUNK], names[0], _key)
            for _ in range(kills):
                _wait_for(worker, log, settings, _left(log, settings) - share, 600)
                worker.kill()
                worker.wait()
                worker = started()
            _wait_for(worker, log, settings, 0, 60 + n / 100)
            worker.send_signal(signal.SIGTERM)
            assert worker.wait(60) in (0, -signal.SIGTERM)  # the latter while it is still being loaded
        finally:
            worker.kill()
            worker.wait()
        found = outcome(log, settings)
    assert len(found.inputs) == n
    assert (found.lost, found.doubled) == (set(), set())
    assert len(found.annotations) + len(found.dead_letters) == n
    assert found.annotations
    assert found.dead_letters


def _key(i: int) -> bytes | None:
    """None, empty, no UTF-8, or a number: of them partitions are made."""
    return (None, b"", b"\xff\0", b"%d" % i)[i % 4]


def _wait_for(
    worker: subprocess.Popen[bytes], log: Transport, settings: WorkerSettings, left: int, seconds: float
) -> None:
    """Until so many texts are left at most, or the worker ended."""
    wait_until(lambda: worker.poll() is not None or _left(log, settings) <= left, seconds)


def _left(log: Transport, settings: WorkerSettings) -> int:
    """How many texts the group has not committed: outputs are not counted, that would read all of them."""
    with closing(log.admin()) as admin:
        return sum(lag.lag for lag in admin.group_lag(settings.group, [settings.input_topic]))


@pytest.mark.timeout(300)
def test_random_messages_on_the_embedded_log(tmp_path: Path) -> None:
    """3,000 random and mutated messages, one kill: each is annotated or a dead letter, once."""
    pass_through_a_worker(f"embedded:{tmp_path}/log", tmp_path, 3_000, 1)


@pytest.mark.nightly
@pytest.mark.timeout(14_400)
def test_a_million_random_messages_on_the_embedded_log(tmp_path: Path) -> None:
    """The same with 1,000,000 and ten kills; FUZZ_MESSAGES says another number."""
    pass_through_a_worker(
        f"embedded:{tmp_path}/log", tmp_path, int(os.environ.get("FUZZ_MESSAGES", "1000000")), 10
    )


@pytest.mark.nightly
@pytest.mark.broker
@pytest.mark.timeout(14_400)
def test_a_million_random_messages_on_kafka(tmp_path: Path, kafka_broker: KafkaBroker) -> None:
    """The same on a real Kafka."""
    pass_through_a_worker(
        f"kafka://{kafka_broker.address}", tmp_path, int(os.environ.get("FUZZ_MESSAGES", "1000000")), 10
    )
