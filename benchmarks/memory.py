# SPDX-License-Identifier: Apache-2.0
"""Whether a worker's memory stays flat: `python -m benchmarks.memory MODEL CONLLU [--messages 1000000]`.

A worker process annotates single sentences from an embedded log, exactly once, while this process writes
them, a bounded number ahead. One message in ten carries a word that was never seen before, so that caches of
words must be bounded to pass: they fill up to their bounds, are emptied and fill again, and memory swings
with them. Resident memory of the worker is read every second; growth is the median over the last 100,000
messages against that over the 100,000 after the first 100,000.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from itertools import cycle, islice
from pathlib import Path
from statistics import median

import orjson

import engine
from workers.annotator.annotator import run_annotator
from workers.serving.pipeline_model import PipelineModel
from workers.settings import read_settings
from workers.transports.address import open_transport
from workers.transports.base import Admin, OutgoingRecord, Producer

GROUP, TOPICS = "freshet-annotate", ("texts", "annotations", "texts.dlq")
PARTITIONS = 4
SEND_AT_ONCE = 5_000
AHEAD = 50_000
"""Messages that are written before the worker has done them."""
SETTLED = 100_000
"""Messages after which memory should not grow any more."""


def main() -> None:
    """Run a worker over all messages and print its memory."""
    options = _options()
    if options.worker:
        logging.basicConfig(level="WARNING")
        with closing(open_transport(options.worker)) as log:
            raise SystemExit(run_annotator(read_settings(environ=os.environ), log, _model(options.model)))
    with tempfile.TemporaryDirectory(prefix="freshet-bench-") as folder:
        samples = measure(options, f"embedded:{folder}/log.sqlite")
    result = summary(samples, min(SETTLED, options.messages // 4))
    if options.json:
        print(json.dumps(result))
        return
    for name, value in result.items():
        print(f"{name:28} {value:,}")


def measure(options: argparse.Namespace, broker: str) -> list[tuple[int, int]]:
    """(messages done, resident bytes of the worker), about every second."""
    with (
        closing(open_transport(broker)) as log,
        closing(log.admin()) as admin,
        closing(log.producer()) as producer,
    ):
        for topic in TOPICS:
            admin.create_topic(topic, PARTITIONS)
        return watch(options, broker, admin, producer)


def watch(
    options: argparse.Namespace, broker: str, admin: Admin, producer: Producer
) -> list[tuple[int, int]]:
    """The same, of a worker on topics that are there."""
    command = [
        sys.executable,
        "-m",
        "benchmarks.memory",
        str(options.model),
        str(options.conllu),
        "--worker",
        broker,
    ]
    worker = subprocess.Popen(
        command, env={**os.environ, "FRESHET_BROKER": broker, "FRESHET_HEALTH_PORT": "-1"}
    )
    texts = _texts(options.conllu, options.messages)
    samples: list[tuple[int, int]] = []
    sent = done = 0
    began = time.monotonic()
    try:
        while done < options.messages:
            if worker.poll() is not None:
                raise SystemExit(f"the worker ended with {worker.returncode} after {done} messages")
            if sent - done < AHEAD and sent < options.messages:
                part = [
                    OutgoingRecord("texts", value, b"%d" % (sent + i))
                    for i, value in enumerate(islice(texts, SEND_AT_ONCE))
                ]
                producer.send(part)
                sent += len(part)
            else:
                time.sleep(0.2)
            if time.monotonic() - began >= len(samples):
                done = sum(lag.committed or 0 for lag in admin.group_lag(GROUP, ["texts"]))
                samples.append((done, resident_bytes(worker.pid)))
                if options.verbose and len(samples) % 10 == 0:
                    print(
                        f"{done:>10,} messages, {samples[-1][1] / 1e6:8.1f} MB", file=sys.stderr, flush=True
                    )
    finally:
        worker.send_signal(signal.SIGTERM)
        worker.wait(60)
    return samples


def summary(samples: list[tuple[int, int]], settled: int) -> dict[str, float]:
    """The level (median) right after so many messages and at the end, over as many each, the growth between
    them, and the peaks."""
    total = samples[-1][0]
    first = [size for done, size in samples if settled < done <= 2 * settled]
    last = [size for done, size in samples if done > total - settled]
    return {
        "messages": total,
        "seconds": len(samples),
        "level_mb_settled": round(median(first) / 1e6, 1),
        "level_mb_at_the_end": round(median(last) / 1e6, 1),
        "growth_percent": round(100 * (median(last) / median(first) - 1), 2),
        "highest_mb_until_settled": round(max(size for done, size in samples if done <= settled) / 1e6, 1),
        "highest_mb_after": round(max(size for done, size in samples if done > settled) / 1e6, 1),
    }


def resident_bytes(pid: int) -> int:
    """Resident memory of a process."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _texts(conllu: Path, n: int):
    with conllu.open(encoding="utf-8") as lines:
        sentences = [line[9:].rstrip("\n") for line in lines if line.startswith("# text = ")]
    for i, sentence in zip(range(n), cycle(sentences), strict=False):
        yield orjson.dumps({"id": str(i), "text": f"{sentence} word{i:x}seen" if i % 10 == 0 else sentence})


def _model(folder: Path):
    return PipelineModel(engine.load(folder))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", type=Path)
    parser.add_argument("conllu", type=Path)
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
