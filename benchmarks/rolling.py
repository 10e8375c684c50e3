# SPDX-License-Identifier: Apache-2.0
"""A rolling deploy under load: what the readers of annotations notice while workers are replaced.

`python -m benchmarks.rolling [--rolls 20] [--order surge|slots] [--rate TEXTS_A_SECOND]`

Two workers annotate a topic of a real broker at half of what they can do (measured first, on this machine as
busy as it is). Then one after the other is replaced, as a rollout does it: with `surge` (a Deployment) a new
worker is started, and when it is ready the oldest gets SIGTERM; with `slots` (a StatefulSet: static members,
which keep their slot) the worker is stopped first and its successor takes its slot. Printed, and what they
may be:

- `lost`, `doubled`: texts without an annotation and annotations too many among the committed ones; 0.
- `longest_gap`: seconds in which no annotation of a partition came, though its texts did; at most 2.
- `p99`: seconds from a text's writing to its annotation's arrival, of quiet times, of all partitions while a
  worker is replaced, and of the `neighbours`, the partitions that the replaced worker did not own.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import threading
import time
import urllib.request
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from statistics import quantiles
from typing import Protocol

import orjson

from tests.servers.kafka import KafkaBroker, free_port
from workers.cli.worker_process import WorkerProcess, start_annotator
from workers.settings import WorkerSettings
from workers.transports import Transport, open_transport
from workers.transports.base import OutgoingRecord

PARTITIONS = 8
WORKERS = 2
TICK = 0.02
SETTLE = 3.0
"""Seconds after a worker's end that still count as its replacement."""
TEXT = "Ada Lovelace wrote to Charles Babbage from London on Tuesday; the engine in Turin was never built."


class Worker(Protocol):
    """A worker that runs."""

    def stop(self) -> int:
        """Ask it to end, wait for it; its exit code."""


Start = Callable[[str, int], Worker]
"""Starts a worker with this slot, whose health is on this port."""


@dataclass
class Traffic:
    """Texts that were written, by number, and the arrivals of their annotations."""

    sent: list[float] = field(default_factory=list)
    arrived: list[tuple[float, int]] = field(default_factory=list)
    """Time of arrival and number of the text."""
    long_at: float = 0.0
    """When the output of a long text came, whose number is -1."""

    def latencies(self, times: Sequence[tuple[float, float]], partitions: set[int]) -> list[float]:
        """From writing to arrival, of texts of these partitions that were written in these times."""
        return [
            at - self.sent[i]
            for at, i in self.arrived
            if i % PARTITIONS in partitions and any(a <= self.sent[i] <= b for a, b in times)
        ]

    def longest_gap(self, began: float, ended: float) -> float:
        """The longest time between two arrivals of one partition."""
        gaps = [0.0]
        for partition in range(PARTITIONS):
            times = [at for at, i in self.arrived if i % PARTITIONS == partition and began <= at <= ended]
            gaps += [later - earlier for earlier, later in pairwise(times)]
        return max(gaps)


@dataclass
class Replacement:
    """When a worker was replaced, and which partitions it had."""

    began: float
    ended: float
    owned: set[int]
    exit_code: int


@dataclass
class Rollout:
    """A fleet of workers, replaced one after the other."""

    start: Start
    surge: bool
    running: list[tuple[str, int, Worker]] = field(default_factory=list)
    n_started: int = 0
    settle: float = SETTLE

    def add(self, slot: str = "") -> None:
        """Start a worker and wait until it is ready."""
        slot = slot or f"slot-{self.n_started}"
        self.n_started += 1
        port = free_port()
        self.running.append((slot, port, self.start(slot, port)))
        wait_until(lambda: _get(port, "/health/ready") is not None, 300, f"{slot} is ready")

    def replace_oldest(self) -> Replacement:
        """One step of the rollout."""
        slot, port, old = self.running[0]
        began = time.time()
        if self.surge:
            self.add()
        owned = owned_partitions(_get(port, "/metrics") or "")
        code = old.stop()
        del self.running[0]
        if not self.surge:
            self.add(slot)
        return Replacement(began, time.time() + self.settle, owned, code)

    def stop(self) -> None:
        """End all workers."""
        for _, _, worker in self.running:
            worker.stop()


def roll(
    transport: Transport, settings: WorkerSettings, rollout: Rollout, rate: float, n_rolls: int
) -> dict[str, object]:
    """Replace so many workers at that many texts a second; the figures."""
    traffic, stop = Traffic(), threading.Event()
    reader = threading.Thread(target=read_arrivals, args=(transport, settings, traffic, stop), daemon=True)
    writer = threading.Thread(
        target=write_texts, args=(transport, settings, traffic, rate, stop), daemon=True
    )
    reader.start()
    writer.start()
    time.sleep(rollout.settle)
    quiet = [(time.time(), time.time() + 2 * rollout.settle)]
    time.sleep(2 * rollout.settle)
    replaced = []
    for _ in range(n_rolls):
        replaced.append(rollout.replace_oldest())
        time.sleep(rollout.settle)
    stop.set()
    writer.join(30)
    with suppress(TimeoutError):
        wait_until(lambda: len({i for _, i in traffic.arrived}) >= len(traffic.sent), 60, "all arrive")
    return _figures(traffic, quiet, replaced)


def measure_rate(transport: Transport, settings: WorkerSettings, rollout: Rollout, n_texts: int) -> float:
    """Texts a second that the fleet annotates where there are always some."""
    traffic, stop = Traffic(), threading.Event()
    reader = threading.Thread(target=read_arrivals, args=(transport, settings, traffic, stop), daemon=True)
    with closing(transport.producer()) as producer:
        producer.send([_text(settings, i, time.time()) for i in range(n_texts)])
    reader.start()
    for _ in range(WORKERS):
        rollout.add()
    wait_until(lambda: len(traffic.arrived) >= n_texts, 300, f"{n_texts} annotations")
    stop.set()
    reader.join(30)
    times = [at for at, _ in traffic.arrived]
    begin = times[len(times) // 3]  # both workers are at work by then
    return len([at for at in times if at > begin]) / (times[-1] - begin)


def owned_partitions(metrics: str) -> set[int]:
    """The partitions that a worker tells the lag of: those that it owns."""
    lines = [line for line in metrics.splitlines() if line.startswith("freshet_consumer_lag_records{")]
    return {int(line.split('partition="')[1].split('"')[0]) for line in lines}


def make_topics(transport: Transport, settings: WorkerSettings) -> None:
    """New topics with the benchmark's partitions."""
    with closing(transport.admin()) as admin:
        for topic in (settings.input_topic, settings.output_topic, settings.dead_letters_to):
            admin.create_topic(topic, PARTITIONS)


def new_settings(broker: str) -> WorkerSettings:
    """Names of topics that nobody has used."""
    name = uuid.uuid4().hex[:8]
    return WorkerSettings(
        broker=broker, input_topic=f"texts-{name}", output_topic=f"annotations-{name}", group=f"group-{name}"
    )


def _figures(
    traffic: Traffic, quiet: list[tuple[float, float]], replaced: list[Replacement]
) -> dict[str, object]:
    seen = Counter(i for _, i in traffic.arrived)
    everywhere = set(range(PARTITIONS))
    times = [(each.began, each.ended) for each in replaced]
    neighbours = [
        latency
        for each in replaced
        for latency in traffic.latencies([(each.began, each.ended)], everywhere - each.owned)
    ]
    gaps = [traffic.longest_gap(each.began, each.ended) for each in replaced]
    return {
        "replaced": len(replaced),
        "texts": len(traffic.sent),
        "lost": len(traffic.sent) - len(seen),
        "doubled": sum(n - 1 for n in seen.values()),
        "exit_codes": sorted({each.exit_code for each in replaced}),
        "longest_gap": round(max(gaps), 3),
        "median_gap": round(sorted(gaps)[len(gaps) // 2], 3),
        "quiet_gap": round(traffic.longest_gap(*quiet[0]), 3),
        "p99": {
            "quiet": p99(traffic.latencies(quiet, everywhere)),
            "while_replacing": p99(traffic.latencies(times, everywhere)),
            "neighbours": p99(neighbours),
        },
    }


def p99(values: Sequence[float]) -> float:
    """The value that one of a hundred is above."""
    return round(quantiles(values, n=100)[98], 3) if len(values) > 1 else 0.0


def write_texts(
    transport: Transport, settings: WorkerSettings, traffic: Traffic, rate: float, stop: threading.Event
) -> None:
    """Write texts at that rate until `stop`."""
    began = time.time()
    with closing(transport.producer()) as producer:
        while not stop.wait(TICK):
            due = int((time.time() - began) * rate)
            now = time.time()
            records = [_text(settings, i, now) for i in range(len(traffic.sent), due)]
            traffic.sent += [now] * len(records)
            producer.send(records)


def read_arrivals(
    transport: Transport, settings: WorkerSettings, traffic: Traffic, stop: threading.Event
) -> None:
    """Note when annotations come that are written from now on, until all have come after `stop`."""
    with closing(transport.admin()) as admin:
        ends = [end for _, end in admin.topic(settings.output_topic).bounds]
    for record in transport.read(settings.output_topic, follow=True):
        number = int(record.key or b"0")
        if number < 0:
            traffic.long_at = time.time()
        elif record.offset >= ends[record.partition]:
            traffic.arrived.append((time.time(), number))
        if stop.is_set() and len(traffic.arrived) >= len(traffic.sent):
            return


def _text(settings: WorkerSettings, i: int, now: float) -> OutgoingRecord:
    value = orjson.dumps({"id": str(i), "text": f"{TEXT} {i}"})
    return OutgoingRecord(settings.input_topic, value, str(i).encode(), partition=i % PARTITIONS)


def _get(port: int, path: str) -> str | None:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return str(answer.read().decode())
    except OSError:
        return None


def wait_until(done: Callable[[], bool], timeout: float, why: str) -> None:
    """Wait for it. Raises: TimeoutError."""
    deadline = time.monotonic() + timeout
    while not done():
        if time.monotonic() > deadline:
            raise TimeoutError(f"expected within {timeout:.0f} s: {why}")
        time.sleep(0.05)


@contextmanager
def fleet(
    broker: str, settings: WorkerSettings, folder: Path, *, surge: bool, **more: object
) -> Iterator[Rollout]:
    """Workers of the starter as processes, none yet; all are ended with the block."""

    def start(slot: str, port: int) -> WorkerProcess:
        given = {
            "slot": slot,
            "health_port": port,
            "group": settings.group,
            "input_topic": settings.input_topic,
            "output_topic": settings.output_topic,
            "threads": 1,
            **more,
        }
        options = [word for name, value in given.items() for word in (f"--worker.{name}", str(value))]
        return start_annotator("en_starter", broker, folder / f"{slot}.log", *options)

    rollout = Rollout(start, surge)
    try:
        yield rollout
    finally:
        rollout.stop()


def main() -> int:
    """Measure and print JSON; 1 where a figure is not what it may be."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rolls", type=int, default=20)
    parser.add_argument("--order", choices=("surge", "slots"), action="append")
    parser.add_argument("--rate", type=float, help="texts a second; by default half of what the fleet can do")
    parser.add_argument("--texts", type=int, default=20_000, help="for measuring what it can do")
    options = parser.parse_args()
    ended_well = True
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="freshet-rolling-")))
        server = KafkaBroker(folder / "kafka")
        server.start()
        stack.callback(server.stop)
        broker = f"kafka://{server.address}"
        transport = stack.enter_context(closing(open_transport(broker)))
        for order in options.order or ["surge", "slots"]:
            settings = new_settings(broker)
            make_topics(transport, settings)
            with fleet(broker, settings, folder, surge=order == "surge") as rollout:
                can_do = measure_rate(transport, settings, rollout, options.texts)
                rate = options.rate or can_do / 2
                figures = roll(transport, settings, rollout, rate, options.rolls)
            print(
                json.dumps({"order": order, "can_do": round(can_do), "rate": round(rate), **figures}),
                flush=True,
            )
            ended_well &= (
                figures["lost"] == figures["doubled"] == 0 and float(str(figures["longest_gap"])) <= 2.0
            )
    return 0 if ended_well else 1


if __name__ == "__main__":
    sys.exit(main())
