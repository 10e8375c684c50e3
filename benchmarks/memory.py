# SPDX-License-Identifier: Apache-2.0
"""Whether a worker's memory stays flat: `python -m benchmarks.memory MODEL CONLLU [--messages 1000000]`, and
`python -m benchmarks.memory MODEL --slope`.

A worker process annotates single sentences from an embedded log, exactly once, while this process writes
them, a bounded number ahead. One message in ten carries a word that was never seen before, so that caches of
words must be bounded to pass: they fill up to their bounds, are emptied and fill again, and memory swings
with them. Resident memory of the worker is read every second; growth is the median over the last 100,000
messages against that over the 100,000 after the first 100,000.

`--slope` asks what months would do: ten million messages, and a line through the medians of each 100,000
after the first 100,000: its slope in percent of the level a million messages, and the standard error of that.
Exit code 1 where it is above 0.1 by more than twice the error. So that a slope can be told from the swing,
the allocator of that worker gives back at once what is freed (MALLOC_ variables below); a leak stays one with
it too.
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

import numpy as np
import orjson

import engine
from workers.annotator.annotator import run_annotator
from workers.cli.demo.samples import read_samples
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
MILLION, MONTHS = 1_000_000, 10_000_000
MAX_SLOPE = 0.1
"""Percent of the level that memory may grow in a million messages."""
CALM = {"MALLOC_ARENA_MAX": "1", "MALLOC_MMAP_THRESHOLD_": "131072", "MALLOC_TRIM_THRESHOLD_": "131072"}
"""Settings of glibc's allocator under which freed memory is not kept."""


def main() -> None:
    """Run a worker over all messages and print its memory."""
    options = _options()
    if options.worker:
        logging.basicConfig(level="WARNING")
        with closing(open_transport(options.worker)) as log:
            raise SystemExit(run_annotator(read_settings(environ=os.environ), log, _model(options.model)))
    with tempfile.TemporaryDirectory(prefix="freshet-bench-") as folder:
        samples = measure(options, f"embedded:{folder}/log.sqlite")
    settled = min(SETTLED, options.messages // 4)
    result = summary(samples, settled) | (slope(samples, settled) if options.slope else {})
    if options.json:
        print(json.dumps(result))
    else:
        for name, value in result.items():
            print(f"{name:28} {value:,}")
    if options.slope and result["slope_percent"] > MAX_SLOPE + 2 * result["slope_error"]:
        raise SystemExit(
            f"expected at most {MAX_SLOPE} % a million messages, memory grows by {result['slope_percent']} %"
        )


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
        "--worker",
        broker,
    ]
    calm = CALM if options.slope else {}
    worker = subprocess.Popen(
        command, env={**os.environ, **calm, "FRESHET_BROKER": broker, "FRESHET_HEALTH_PORT": "-1"}
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


def slope(samples: list[tuple[int, int]], settled: int) -> dict[str, float]:
    """A line through the medians of blocks of so many messages, after the first of them: its slope and the
    standard error of that, in percent of the mean level a million messages.

    Neighbouring blocks are alike (a table of words lives longer than one), which widens the error (AR(1)).
    """
    blocks: dict[int, list[int]] = {}
    for done, size in samples:
        if done > settled:
            blocks.setdefault(done // settled, []).append(size)
    at = np.array([(number + 0.5) * settled / MILLION for number in blocks])
    level = np.array([median(sizes) for sizes in blocks.values()], dtype=np.float64)
    if len(level) < 4:
        raise SystemExit(f"expected messages enough for four blocks of {settled:,}, got {len(level)}")
    level *= 100 / level.mean()
    grade, base = np.polyfit(at, level, 1)
    rest = level - base - grade * at
    alike = min(max(float(np.corrcoef(rest[1:], rest[:-1])[0, 1]), 0.0), 0.9)
    error = np.sqrt(rest @ rest / (len(rest) - 2) / ((at - at.mean()) ** 2).sum() * (1 + alike) / (1 - alike))
    return {"slope_percent": round(float(grade), 3), "slope_error": round(float(error), 3)}


def resident_bytes(pid: int) -> int:
    """Resident memory of a process."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _texts(conllu: Path | None, n: int):
    sentences = (
        _sentences(conllu) if conllu is not None else [text for text in map(_text_of, read_samples()) if text]
    )
    for i, sentence in zip(range(n), cycle(sentences), strict=False):
        yield orjson.dumps({"id": str(i), "text": f"{sentence} word{i:x}seen" if i % 10 == 0 else sentence})


def _sentences(conllu: Path) -> list[str]:
    with conllu.open(encoding="utf-8") as lines:
        return [line[9:].rstrip("\n") for line in lines if line.startswith("# text = ")]


def _text_of(sample: bytes) -> str:
    """The text of one of the demo's records; empty where it is one of those that are broken on purpose."""
    try:
        text = orjson.loads(sample)["text"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return ""
    return text if isinstance(text, str) else ""


def _model(folder: Path):
    return PipelineModel(engine.load(folder))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", type=Path)
    parser.add_argument("conllu", type=Path, nargs="?", help="texts; else those of the demo")
    parser.add_argument("--messages", type=int, help="a million, with --slope ten")
    parser.add_argument("--slope", action="store_true")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.messages = options.messages or (MONTHS if options.slope else MILLION)
    return options


if __name__ == "__main__":
    main()
