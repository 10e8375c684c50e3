# SPDX-License-Identifier: Apache-2.0
"""Whether a worker's memory stays flat: `python -m benchmarks.memory MODEL CONLLU [--messages 1000000]`, and
`python -m benchmarks.memory MODEL --slope`.

A worker process annotates single sentences from an embedded log, exactly once, while this process writes
them, a bounded number ahead. One message in ten carries a word that was never seen before, so that caches of
words must be bounded to pass: they fill up to their bounds, are emptied and fill again, and memory swings
with them. Resident memory of the worker is read every second; growth is the median over the last 100,000
messages against that over the 100,000 after the first 100,000.

`--slope` asks what months would do: ten million messages, each with a word that was never seen before.
Resident memory swings by a tenth as tables of words fill and give way to fresh ones, far more than a slope
that matters. So the worker itself notes, each time that a table gives way, how much its allocator has given
out (glibc's `mallinfo2`, Python's own objects in it too: PYTHONMALLOC=malloc). A line goes through these: its
slope in percent of their mean a million messages, and the standard error of that. Exit code 1 where it is
above 0.1 by more than twice the error.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import logging
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import closing
from itertools import cycle, islice
from pathlib import Path
from statistics import median
from typing import TextIO

import numpy as np
import orjson

import engine
from engine import Pipeline
from schemas import ModelRef, Source, TextMessage
from workers.annotator.annotator import run_annotator
from workers.cli.demo.samples import read_samples
from workers.serving import Model, StageTimer, untimed
from workers.serving.model import Annotated
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


def main() -> None:
    """Run a worker over all messages and print its memory."""
    options = _options()
    if options.worker:
        logging.basicConfig(level="WARNING")
        with closing(open_transport(options.worker)) as log:
            model = _model(options.model, options.turns)
            raise SystemExit(run_annotator(read_settings(environ=os.environ), log, model))
    with tempfile.TemporaryDirectory(prefix="freshet-bench-") as folder:
        options.turns = Path(folder) / "turns" if options.slope else None
        samples = measure(options, f"embedded:{folder}/log.sqlite")
        settled = min(SETTLED, options.messages // 4)
        result = summary(samples, settled) | (slope(options.turns, settled) if options.slope else {})
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
    command = [sys.executable, "-m", "benchmarks.memory", str(options.model), "--worker", broker]
    environ = {**os.environ, "FRESHET_BROKER": broker, "FRESHET_HEALTH_PORT": "-1"}
    if options.turns is not None:
        command += ["--turns", str(options.turns)]
        environ["PYTHONMALLOC"] = "malloc"
    worker = subprocess.Popen(command, env=environ)
    texts = _texts(options.conllu, options.messages, new_word_each=1 if options.slope else 10)
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


def slope(turns: Path, settled: int) -> dict[str, float]:
    """A line through the notes of `WatchedModel`, from so many messages on.

    Notes that follow each other may be alike, which widens the error (AR(1)).
    """
    notes = np.loadtxt(turns, ndmin=2)
    at, held = notes[notes[:, 0] > settled].T
    if len(at) < 4:
        raise SystemExit(
            f"expected tables to give way four times, they did {len(at)} times; more messages help"
        )
    at, level = at / MILLION, 100 * held / held.mean()
    grade, base = np.polyfit(at, level, 1)
    rest = level - base - grade * at
    alike = min(max(float(np.corrcoef(rest[1:], rest[:-1])[0, 1]), 0.0), 0.9)
    error = np.sqrt(rest @ rest / (len(rest) - 2) / ((at - at.mean()) ** 2).sum() * (1 + alike) / (1 - alike))
    return {
        "held_mb": round(held.mean() / 1e6, 1),
        "table_turns": len(at),
        "slope_percent": round(float(grade), 4),
        "slope_error": round(float(error), 4),
    }


class WatchedModel:
    """A model that notes in a file, each time that its tokenizer has taken a fresh table, how many messages
    it has annotated and how many bytes are given out by the allocator."""

    def __init__(self, pipeline: Pipeline, notes: TextIO) -> None:
        self._model, self._tokenizer, self._notes = PipelineModel(pipeline), pipeline.tokenizer, notes
        self._table, self._done, self._lock = self._tokenizer.lexemes, 0, threading.Lock()

    @property
    def ref(self) -> ModelRef:
        """As it is."""
        return self._model.ref

    def annotate(
        self, messages: Sequence[TextMessage], sources: Sequence[Source], timer: StageTimer = untimed
    ) -> Sequence[Annotated]:
        """Annotate, then maybe note."""
        outputs = self._model.annotate(messages, sources, timer)
        with self._lock:
            self._done += len(messages)
            if self._tokenizer.lexemes is not self._table:
                self._table = self._tokenizer.lexemes
                self._notes.write(f"{self._done} {bytes_given_out()}\n")
                self._notes.flush()
        return outputs


class MallocFacts(ctypes.Structure):
    """`struct mallinfo2` of glibc."""

    _fields_ = [
        (name, ctypes.c_size_t)
        for name in (
            *("arena", "ordblks", "smblks", "hblks", "hblkhd"),
            *("usmblks", "fsmblks", "uordblks", "fordblks", "keepcost"),
        )
    ]


def bytes_given_out() -> int:
    """What malloc has given out and not got back, in mappings of its own too. Raises: AttributeError without
    glibc 2.33 or newer."""
    read = ctypes.CDLL(None).mallinfo2
    read.restype = MallocFacts
    facts = read()
    return int(facts.uordblks + facts.hblkhd)


def resident_bytes(pid: int) -> int:
    """Resident memory of a process."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _texts(conllu: Path | None, n: int, new_word_each: int):
    sentences = (
        _sentences(conllu) if conllu is not None else [text for text in map(_text_of, read_samples()) if text]
    )
    for i, sentence in zip(range(n), cycle(sentences), strict=False):
        yield orjson.dumps(
            {"id": str(i), "text": f"{sentence} word{i:x}seen" if i % new_word_each == 0 else sentence}
        )


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


def _model(folder: Path, turns: Path | None) -> Model:
    pipeline = engine.load(folder)
    if turns is None:
        return PipelineModel(pipeline)
    bytes_given_out()  # where it cannot be asked, that is said now
    return WatchedModel(pipeline, turns.open("w", encoding="utf-8"))


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
    parser.add_argument("--turns", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.messages = options.messages or (MONTHS if options.slope else MILLION)
    return options


if __name__ == "__main__":
    main()
