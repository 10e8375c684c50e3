# SPDX-License-Identifier: Apache-2.0
"""How a fleet scales: one and two workers of one core each on a real broker, exactly once, and more by
arithmetic.

`python -m benchmarks.scale MODEL CONLLU [--kafka HOST:PORT or own] [--workers 1 2] [--words N]`

- measured: each worker is a process with one thread on a core of its own, all in one consumer group on one
  topic of `--partitions`. They read a model, see every text once, and begin together. The rate counts what
  was committed between the moment when all work and the moment when the first has nothing left, so neither
  joining the group nor the last batches count. Afterwards the output is read: one annotation for each text,
  none twice.
- threads against processes: the engine alone, by two threads of one process and by two processes of one
  thread.
- computed: `Costs`, taken from the measured run, put into the formulas of docs/scaling.md for more workers,
  up to the partitions and to what the broker's cores carry. Nothing of that was run.

Seconds are those of the wall, which other work on the machine spoils; beside them the processor time that a
text takes (worker and broker), which it hardly does.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from contextlib import closing, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

import engine
from workers.annotator.annotator import Annotator, run_annotator
from workers.serving.pipeline_model import PipelineModel
from workers.settings import WorkerSettings
from workers.transports.address import open_transport

from .stream import OWN, _broker, _fill, _processor_time, _repeated, _texts


@dataclass(frozen=True, slots=True)
class Costs:
    """What a text and a commit cost. Units: seconds of one core; `rebalance` seconds of the wall, in which
    the partitions that move stand still; `broker_cores` are those that the broker has."""

    text: float
    commit: float
    broker_text: float
    commit_interval: float
    rebalance: float
    broker_cores: float


def capacity(costs: Costs, workers: int, partitions: int) -> dict[str, float | str]:
    """Texts a second of so many one-core workers on a topic whose partitions get equal shares of the texts.

    A worker's core has what commits leave of it; the worker with the most partitions sets the pace of all;
    the broker carries so many texts at most.
    """
    one = max(0.0, 1.0 - costs.commit / costs.commit_interval) / costs.text
    at_work = min(workers, partitions)
    paced = one * partitions / math.ceil(partitions / at_work)
    broker = costs.broker_cores / costs.broker_text if costs.broker_text else math.inf
    rate = min(paced, broker)
    limit = "broker" if broker < paced else "partitions" if paced < one * workers else "workers"
    return {
        "workers": workers,
        "texts_per_s": round(rate, 1),
        "times_one": round(rate / min(one, broker), 2),
        "limit": limit,
    }


def main() -> None:
    """Measure, check, compute, and print."""
    options = _options()
    if options.worker is not None:
        _work(options)
        return
    once = _texts(options.conllu, options.sentences)
    texts = _repeated(once, options.words)
    with _broker(options.kafka) as (address, pid):
        rows = [run(n, options, texts, address, pid) for _ in range(options.repeats) for n in options.workers]
    found = {n: _middle([row for row in rows if row["workers"] == n]) for n in options.workers}
    first = found[options.workers[0]]
    costs = Costs(
        text=first["core_s_a_text"],
        commit=options.commit_cost,
        broker_text=first["broker_core_s_a_text"],
        commit_interval=options.commit_interval,
        rebalance=first["rebalance_s"],
        broker_cores=options.broker_cores,
    )
    fleet = [n for n in (1, 2, 4, 8, 16, 32, 64) if n <= 2 * options.partitions]
    computed = [capacity(costs, n, options.partitions) for n in fleet]
    print(json.dumps({"measured": found, "costs": asdict(costs), "computed": computed}, indent=1))
    if 1 in found and 2 in found:
        rates, cores = ([found[n][key] for n in (1, 2)] for key in ("texts_per_s", "core_s_a_text"))
        by_core = 2 * cores[0] / cores[1]
        print(f"two workers: {rates[1] / rates[0]:.2f} times one; by processor time {by_core:.2f}")
    if not options.no_threads:
        print(json.dumps({"threads_against_processes": threads_against_processes(options)}))


def run(n: int, options: argparse.Namespace, texts: list[str], address: str, pid: int) -> dict[str, float]:
    """So many workers on a topic with all texts. Raises: SystemExit where an annotation is missing or
    doubled."""
    name = uuid.uuid4().hex[:8]
    settings = _settings(name, f"kafka://{address}", options)
    with closing(open_transport(settings.broker)) as log:
        with closing(log.admin()) as admin:
            for topic in (settings.input_topic, settings.output_topic, settings.dead_letters_to):
                admin.create_topic(topic, options.partitions)
        _fill(log, settings.input_topic, texts)
    workers = [_start(name, i, address, options) for i in range(n)]
    for worker in workers:
        _expect(worker, "ready")
    broker = _processor_time(pid) if pid else 0.0
    began = time.time()
    fleet = _Fleet(workers, len(texts))
    fleet.start()
    commits = fleet.until_all()
    broker = (_processor_time(pid) - broker) if pid else 0.0
    seconds = fleet.stop()
    _check(settings, len(texts))
    return _row(n, commits, seconds, broker, began, len(texts))


def _row(
    n: int, commits: list[list[tuple[float, int]]], cpu: float, broker: float, began: float, n_texts: int
) -> dict[str, float]:
    """The rate while all worked."""
    working = [each for each in commits if each]
    start, end = max(each[0][0] for each in working), min(each[-1][0] for each in working)
    inside = sum(size for each in working for at, size in each if start < at <= end)
    return {
        "workers": n,
        "texts_per_s": inside / (end - start) if end > start else math.nan,
        "core_s_a_text": cpu / n_texts,
        "broker_core_s_a_text": broker / n_texts,
        "rebalance_s": start - began,
    }


def _middle(rows: list[dict[str, float]]) -> dict[str, float]:
    return {key: median(row[key] for row in rows) for key in rows[0]}


def _settings(name: str, broker: str, options: argparse.Namespace) -> WorkerSettings:
    return WorkerSettings(
        broker=broker,
        input_topic=f"texts-{name}",
        output_topic=f"annotations-{name}",
        group=name,
        health_port=-1,
        threads=1,
        commit_interval=options.commit_interval,
    )


def _check(settings: WorkerSettings, n_texts: int) -> None:
    """Raises: SystemExit where the output is not one annotation for each text."""
    with closing(open_transport(settings.broker)) as log:
        seen = Counter(record.key for record in log.read(settings.output_topic))
    if len(seen) != n_texts or max(seen.values()) > 1:
        found = f"{seen.total()} of {len(seen)}"
        raise SystemExit(f"expected one annotation for each of {n_texts} texts, got {found}")


# --- the workers


def _start(name: str, number: int, address: str, options: argparse.Namespace) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "benchmarks.scale", *sys.argv[1:]]
    command += ["--kafka", address, "--worker", str(number), "--name", name]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _work(options: argparse.Namespace) -> None:
    """One worker: says when it is ready, what it committed and when, and at the end its processor time."""
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cores[options.worker % len(cores)]})
    pipeline = engine.load(options.model)
    for text in _texts(options.conllu, options.sentences):
        pipeline.predict([text])
    print("ready", flush=True)
    sys.stdin.readline()
    began = time.process_time()
    stop = threading.Event()

    def wait() -> None:
        sys.stdin.readline()
        stop.set()

    threading.Thread(target=wait, daemon=True).start()

    def watch(worker: Annotator) -> None:
        committed = worker.telemetry.note_commit

        def note(ranges: Any, seconds: float) -> None:
            committed(ranges, seconds)
            print(f"commit {time.time()} {sum(len(each.records) for each in ranges)}", flush=True)

        worker.telemetry.note_commit = note  # type: ignore[method-assign]

    settings = _settings(options.name, f"kafka://{options.kafka}", options)
    with closing(open_transport(settings.broker)) as log:
        run_annotator(settings, log, PipelineModel(pipeline), stop=stop, on_start=watch)
    print(f"cpu {time.process_time() - began}", flush=True)


class _Fleet:
    """Workers, and what each has said so far: its commits, and at its end its processor time."""

    def __init__(self, workers: list[subprocess.Popen[str]], n_texts: int) -> None:
        self._workers = workers
        self._missing = n_texts
        self._commits: list[list[tuple[float, int]]] = [[] for _ in workers]
        self._seconds = [math.nan] * len(workers)
        self._all_committed = threading.Event()
        self._lock = threading.Lock()
        self._readers = [
            threading.Thread(target=self._read, args=(i,), daemon=True) for i in range(len(workers))
        ]

    def start(self) -> None:
        """Let all begin."""
        for worker, reader in zip(self._workers, self._readers, strict=True):
            reader.start()
            _say(worker, "go")

    def until_all(self) -> list[list[tuple[float, int]]]:
        """Time and size of the commits of each worker, once all texts are committed or a worker ended."""
        self._all_committed.wait()
        with self._lock:
            return [list(each) for each in self._commits]

    def stop(self) -> float:
        """End all; their processor time."""
        for worker in self._workers:
            with suppress(BrokenPipeError):  # it ended before
                _say(worker, "stop")
        for reader in self._readers:
            reader.join(120)
        return sum(self._seconds)

    def _read(self, number: int) -> None:
        for line in self._workers[number].stdout or ():
            word, *values = line.split()
            if word == "cpu":
                self._seconds[number] = float(values[0])
                continue
            with self._lock:
                self._commits[number].append((float(values[0]), int(values[1])))
                self._missing -= int(values[1])
                if self._missing <= 0:
                    self._all_committed.set()
        self._all_committed.set()


def _say(worker: subprocess.Popen[str], word: str) -> None:
    assert worker.stdin is not None
    worker.stdin.write(word + "\n")
    worker.stdin.flush()


def _expect(worker: subprocess.Popen[str], word: str) -> None:
    assert worker.stdout is not None
    if worker.stdout.readline().strip() != word:
        raise SystemExit("a worker did not start")


# --- threads and processes

_ALONE = """
import os, sys, time
from concurrent.futures import ThreadPoolExecutor
import engine
from benchmarks.stream import _repeated, _texts
from pathlib import Path
model, conllu, words, threads, core = sys.argv[1:]
if core != "all":
    os.sched_setaffinity(0, {int(core)})
nlp = engine.load(model)
once = _texts(Path(conllu), 10)
texts = _repeated(once, int(words))
parts = [texts[i : i + 64] for i in range(0, len(texts), 64)]
with ThreadPoolExecutor(int(threads)) as pool:
    list(pool.map(nlp.predict, [once[i : i + 64] for i in range(0, len(once), 64)]))
    print("ready", flush=True)
    sys.stdin.readline()
    began, cpu = time.perf_counter(), time.process_time()
    list(pool.map(nlp.predict, parts))
    words = sum(len(text.split()) for text in texts)
    print(time.perf_counter() - began, time.process_time() - cpu, words, flush=True)
"""


def threads_against_processes(options: argparse.Namespace) -> dict[str, dict[str, float]]:
    """Words a second of the engine alone: one thread, two threads of a process, two processes."""
    cores = [str(core) for core in sorted(os.sched_getaffinity(0))[:2]]
    return {
        "one thread": _alone(options, [("1", cores[0])]),
        "two threads": _alone(options, [("2", "all")]),
        "two processes": _alone(options, [("1", core) for core in cores]),
    }


def _alone(options: argparse.Namespace, sides: list[tuple[str, str]]) -> dict[str, float]:
    fixed = [sys.executable, "-c", _ALONE, str(options.model), str(options.conllu), str(options.words)]
    started = [
        subprocess.Popen([*fixed, *side], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for side in sides
    ]
    for process in started:
        _expect(process, "ready")
    for process in started:
        _say(process, "go")
    found = [[float(value) for value in process.communicate()[0].split()] for process in started]
    words = sum(row[2] for row in found)
    return {
        "words_per_s": round(words / max(row[0] for row in found)),
        "words_per_core_s": round(words / sum(row[1] for row in found)),
    }


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("model", type=Path)
    add("conllu", type=Path)
    add("--kafka", metavar="HOST:PORT", default=OWN, help=f"a broker, or `{OWN}`")
    add("--workers", type=int, nargs="+", default=[1, 2])
    add("--partitions", type=int, default=12)
    add("--sentences", type=int, default=10, help="sentences a text")
    add("--words", type=int, default=3_000_000)
    add("--repeats", type=int, default=3)
    add("--commit-interval", type=float, default=0.1)
    add("--commit-cost", type=float, default=0.002, help="seconds of a core that a commit takes")
    add("--broker-cores", type=float, default=1.0, help="cores of the broker, for what is computed")
    add("--no-threads", action="store_true", help="leave threads and processes out")
    add("--worker", type=int, help=argparse.SUPPRESS)
    add("--name", default="", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
