# SPDX-License-Identifier: Apache-2.0
"""The engine alone, and the same text through a log, exactly once.

`python -m benchmarks.stream MODEL CONLLU [--kafka HOST:PORT or own] [--spacy PYTHON MODEL]`; `own` starts a
broker for the time.

Sides, each in a process of its own, alternating:

- `engine`: texts in memory to annotated columns, one thread a core; `written`: the same, and annotations
  encoded as messages.
- `embedded`, `kafka`: the annotator worker on a filled topic, exactly once, a commit every 100 ms, from its
  first poll to its last commit.
- `naive`: what one would write otherwise: a kafka-python loop that calls spaCy for each message, with
  auto-commit (so at most or at least once, as it happens), from its first message to its last acknowledged
  annotation.

Seconds are those of the wall; beside them those of the processor, of our process alone, which a busy machine
disturbs less, and what that makes for a text in core-microseconds: of our process, and of the broker where it
is our `own` one, which runs on the same cores. Words are blank-separated chunks; a run has so many that the
last commit, which waits for its turn, hardly counts. Every side sees every different text once before the
clock starts (warm), as a worker that runs for long has.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import cycle, islice
from pathlib import Path
from statistics import median

import orjson

import engine
from schemas import Source, TextMessage
from tests.servers.kafka import KafkaBroker
from workers.annotator.annotator import Annotator, run_annotator
from workers.serving.pipeline_model import PipelineModel
from workers.settings import WorkerSettings
from workers.transports.address import open_transport
from workers.transports.base import OutgoingRecord

Times = tuple[float, float, float]
"""Seconds of the wall, of the processor for our process, and of the processor for the broker (0 where it is
not ours)."""

OWN = "own"
PARTITIONS = 4
SEND_AT_ONCE = 2000
NAIVE = Path(__file__).with_name("naive_worker.py")


def main() -> None:
    """Measure all sides alternating and print medians and ratios; with `--side`, one side once."""
    options = _options()
    if options.side:
        print(json.dumps(measure(options.side, options)))
        return
    texts = _repeated(_texts(options.conllu, options.sentences), options.words)
    n_words = sum(len(text.split()) for text in texts)
    sides = [
        "engine",
        "written",
        "embedded",
        *(["kafka"] if options.kafka else []),
        *(["naive"] if options.kafka and options.spacy else []),
    ]
    seconds: dict[str, list[Times]] = {side: [] for side in sides}
    with _broker(options.kafka) as (address, pid):
        for _ in range(options.repeats):
            for side in sides:
                seconds[side].append(_in_a_process(side, address, pid))
    rows = [_row(side, seconds[side], n_words, len(texts), seconds["engine"]) for side in sides]
    _print(rows, options)


def measure(side: str, options: argparse.Namespace) -> Times:
    """Seconds that a side takes for all texts."""
    once = _texts(options.conllu, options.sentences)
    texts = _repeated(once, options.words)
    if side in ("engine", "written"):
        return engine_alone(options.model, once, texts, written=side == "written")
    if side == "embedded":
        with tempfile.TemporaryDirectory(prefix="freshet-bench-") as folder:
            return through_log(options, once, texts, f"embedded:{folder}/log.sqlite")
    if side == "kafka":
        return through_log(options, once, texts, f"kafka://{options.kafka}", options.broker_pid)
    return naive(options, texts)


def engine_alone(model: Path, once: list[str], texts: list[str], *, written: bool) -> Times:
    """The engine on texts in memory, slices over as many threads as cores; with `written` also encoded."""
    pipeline = engine.load(model)
    annotate = PipelineModel(pipeline).annotate

    def work(messages: list[TextMessage]) -> None:
        if written:
            annotate(messages, [Source("texts", 0, 0)] * len(messages), lambda stage: None)
        else:
            pipeline.predict([message.text for message in messages])

    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        list(pool.map(work, list(_slices(once))))
        slices = list(_slices(texts))
        began = _now()
        list(pool.map(work, slices))
        return _between(began, _now())


def through_log(
    options: argparse.Namespace, once: list[str], texts: list[str], broker: str, broker_pid: int = 0
) -> Times:
    """The annotator on a topic that holds every text once, which warms it up, and on one that holds all."""
    transport = open_transport(broker)
    model = PipelineModel(engine.load(options.model))
    _annotate_all(_topics(transport, broker, options, once), transport, model, len(once), broker_pid)
    seconds = _annotate_all(
        _topics(transport, broker, options, texts), transport, model, len(texts), broker_pid
    )
    transport.close()
    return seconds


def _topics(transport, broker: str, options: argparse.Namespace, texts: list[str]) -> WorkerSettings:
    """Settings of a worker on new topics, of which the one for input holds the texts."""
    name = uuid.uuid4().hex[:8]
    settings = WorkerSettings(
        broker=broker,
        input_topic=f"texts-{name}",
        output_topic=f"annotations-{name}",
        group=name,
        health_port=-1,
        commit_interval=options.commit_interval,
    )
    admin = transport.admin()
    for topic in (settings.input_topic, settings.output_topic, settings.dead_letters_to):
        admin.create_topic(topic, PARTITIONS)
    admin.close()
    _fill(transport, settings.input_topic, texts)
    return settings


def naive(options: argparse.Namespace, texts: list[str]) -> Times:
    """The naive worker on the same text, in spaCy's own environment."""
    transport = open_transport(f"kafka://{options.kafka}")
    name = uuid.uuid4().hex[:8]
    admin = transport.admin()
    for topic in (f"texts-{name}", f"annotations-{name}"):
        admin.create_topic(topic, PARTITIONS)
    admin.close()
    python, model = options.spacy
    few = texts[: max(1, len(texts) // options.naive_share)]
    _fill(transport, f"texts-{name}", few)
    command = [
        python,
        str(NAIVE),
        options.kafka,
        model,
        f"texts-{name}",
        f"annotations-{name}",
        str(len(few)),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    seconds = float(done.stdout.split()[-1]) * len(texts) / len(few)
    return seconds, seconds, 0.0


def _annotate_all(settings: WorkerSettings, transport, model, n_records: int, broker_pid: int) -> Times:
    """Run a worker until it has committed so many records; seconds from its first record to its last
    commit."""
    stop = threading.Event()
    marks: list[Times] = []

    def watch(worker: Annotator) -> None:
        committed = worker.telemetry.note_commit

        def note(ranges, seconds: float) -> None:
            committed(ranges, seconds)
            marks.append(_now(broker_pid))
            counted[0] += sum(len(offsets.records) for offsets in ranges)
            if counted[0] >= n_records:
                stop.set()

        def polled(n: int) -> None:
            if n and not marks:
                marks.append(_now(broker_pid))
            first_polled(n)

        counted = [0]
        first_polled = worker.telemetry.note_poll
        worker.telemetry.note_commit = note  # type: ignore[method-assign]
        worker.telemetry.note_poll = polled  # type: ignore[method-assign]

    run_annotator(settings, transport, model, stop=stop, on_start=watch)
    return _between(marks[0], marks[-1])


def _now(broker_pid: int = 0) -> Times:
    return time.perf_counter(), time.process_time(), _processor_time(broker_pid) if broker_pid else 0.0


def _between(began: Times, ended: Times) -> Times:
    return ended[0] - began[0], ended[1] - began[1], ended[2] - began[2]


def _processor_time(pid: int) -> float:
    """Seconds of the processor that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _fill(transport, topic: str, texts: list[str]) -> None:
    producer = transport.producer()
    records = [
        OutgoingRecord(topic, orjson.dumps({"id": str(i), "text": text}), str(i).encode())
        for i, text in enumerate(texts)
    ]
    for start in range(0, len(records), SEND_AT_ONCE):
        producer.send(records[start : start + SEND_AT_ONCE])
    producer.close()


def _texts(conllu: Path, n_sentences: int) -> list[str]:
    """Texts of so many sentences each."""
    with conllu.open(encoding="utf-8") as lines:
        sentences = [line[9:].rstrip("\n") for line in lines if line.startswith("# text = ")]
    return [" ".join(sentences[i : i + n_sentences]) for i in range(0, len(sentences), n_sentences)]


def _repeated(texts: list[str], n_words: int) -> list[str]:
    """The texts again and again until there are so many words."""
    per_round = sum(len(text.split()) for text in texts)
    return list(islice(cycle(texts), max(1, round(len(texts) * n_words / per_round))))


def _slices(texts: list[str], chars: int = 40_000) -> Iterator[list[TextMessage]]:
    """The texts as messages, in lists of about so many characters."""
    found: list[TextMessage] = []
    size = 0
    for i, text in enumerate(texts):
        if size >= chars:
            yield found
            found, size = [], 0
        found.append(TextMessage(str(i), text))
        size += len(text)
    yield found


@contextmanager
def _broker(address: str) -> Iterator[tuple[str, int]]:
    """The broker's address, and its process where it is `own`: a broker of our own for the time of the
    block."""
    if address != OWN:
        yield address, 0
        return
    with tempfile.TemporaryDirectory(prefix="freshet-bench-kafka-") as folder:
        broker = KafkaBroker(Path(folder))
        broker.start()
        try:
            yield broker.address, int((broker.folder / "pid").read_text())
        finally:
            broker.stop()


def _in_a_process(side: str, kafka: str, broker_pid: int) -> Times:
    command = [sys.executable, "-m", "benchmarks.stream", *sys.argv[1:]]
    command += ["--kafka", kafka, "--side", side, "--broker-pid", str(broker_pid)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"side {side} failed:\n{done.stderr[-3000:]}")
    wall, processor, broker = json.loads(done.stdout.splitlines()[-1])
    return wall, processor, broker


def _row(
    side: str, seconds: list[Times], n_words: int, n_texts: int, engine_seconds: list[Times]
) -> dict[str, object]:
    middle, processor, broker = _medians(seconds)
    engine_wall, engine_processor, _ = _medians(engine_seconds)
    return {
        "side": side,
        "words_per_s": round(n_words / middle),
        "messages_per_s": round(n_texts / middle),
        "ratio_to_engine": round(engine_wall / middle, 3),
        "processor_ratio": round(engine_processor / processor, 3),
        "core_us_a_text": round(processor / n_texts * 1e6),
        "brokers_core_us_a_text": round(broker / n_texts * 1e6),
        "seconds": [tuple(round(part, 3) for part in times) for times in seconds],
    }


def _medians(seconds: list[Times]) -> Times:
    wall, processor, broker = (median(times[i] for times in seconds) for i in range(3))
    return wall, processor, broker


def _print(rows: list[dict[str, object]], options: argparse.Namespace) -> None:
    if options.json:
        print(json.dumps(rows))
        return
    print(
        f"{options.sentences} sentences a text, {options.repeats} repeats, commit every "
        f"{options.commit_interval * 1000:.0f} ms"
    )
    print(
        f"{'side':10} {'words/s':>10} {'texts/s':>9} {'x engine':>9} {'by processor time':>18} "
        f"{'core-us a text':>15} {'the broker':>11}"
    )
    for row in rows:
        rates = f"{row['words_per_s']:>10,} {row['messages_per_s']:>9,}"
        ratios = f"{row['ratio_to_engine']:>9} {row['processor_ratio']:>18}"
        print(
            f"{row['side']:10} {rates} {ratios} {row['core_us_a_text']:>15} "
            f"{row['brokers_core_us_a_text']:>11}"
        )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", type=Path)
    parser.add_argument("conllu", type=Path)
    parser.add_argument("--kafka", metavar="HOST:PORT", default="", help=f"a broker, or `{OWN}`")
    parser.add_argument("--spacy", nargs=2, metavar=("PYTHON", "MODEL"))
    parser.add_argument("--sentences", type=int, default=10, help="sentences a text")
    parser.add_argument("--words", type=int, default=6_000_000)
    parser.add_argument(
        "--naive-share",
        type=int,
        default=60,
        help="the naive worker gets one in so many texts; its time is scaled up",
    )
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--commit-interval", type=float, default=0.1)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--side", help=argparse.SUPPRESS)
    parser.add_argument("--broker-pid", type=int, default=0, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
