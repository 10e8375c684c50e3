# SPDX-License-Identifier: Apache-2.0
"""What a swap of the model costs a worker under load, and how soon a correction is live.

`python -m benchmarks.swap [--swaps N] [--seconds S]`

- `swap`: a worker annotates a filled embedded log while another champion is promoted every few seconds
  (embedded Redis, two versions of the starter in turn). The second that begins with each promotion is
  compared with the quiet second before it: texts on the wall's clock and per second of processor time.
  `pause`: the longest time without a finished batch, in seconds that begin with a promotion and in quiet
  ones, beside the median time that a batch takes. At the end every text must have exactly one annotation.
- `correction`: annotator and trainer as processes, on the demo's configuration. 132 corrections at the demo's
  pace; for each the time from its writing to the new annotation of its text by a version that has learned
  past it ("read your correction").
  `judged`: from its writing to the verdict of the first version that has learned past it, whatever it is.
- `person`: the same at a person's pace, one correction each 5 to 20 seconds (by a seed); `--corrections` says
  how many, 40 take eight minutes. They come after the demo's other corrections, at its pace, which are not
  counted, so that a champion was shown to be better by then (`proven`): 40 alone are no evidence.
"""

from __future__ import annotations

import argparse
import itertools
import json
import resource
import tempfile
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from itertools import repeat
from pathlib import Path
from random import Random
from statistics import median, quantiles

import engine
from engine.cores import n_cores
from schemas import CORRECTIONS, Source, header_value
from workers.annotator.annotator import Annotator, run_annotator
from workers.cli.demo.feed import DemoFeed, begin_with, ends_of
from workers.cli.demo.outcomes import Outcome
from workers.cli.demo.people import People
from workers.cli.demo.samples import BASE, HOLDOUT, read_corrected, read_samples
from workers.cli.fleet import make_topics
from workers.cli.worker_process import start_annotator, start_trainer
from workers.model_registry import ModelRegistry, Version, open_registry
from workers.serving import (
    AnnotationObserver,
    BatchServed,
    LiveModel,
    Model,
    ModelLoader,
    wait_for_champion,
)
from workers.serving.pipeline_model import PipelineModel, version_ref
from workers.serving.swap_metrics import SwapMetrics
from workers.serving.updater import ModelUpdater
from workers.settings import WorkerSettings
from workers.transports import Transport
from workers.transports.address import open_transport
from workers.transports.base import OutgoingRecord, Record

MODEL = Path(__file__).parent.parent / "models" / "en_starter"
PACE = 15.0
PERSON = (5.0, 20.0)
"""Seconds that a person takes for a correction, from and to."""
SECOND = 1.0


class Clocked:
    """Notes when each batch was done, and hands it on."""

    def __init__(self) -> None:
        self.inner: AnnotationObserver | None = None
        self.done: list[tuple[float, float, int]] = []

    def on_batch(self, batch: BatchServed) -> None:
        """A batch."""
        self.done.append((time.perf_counter(), time.process_time(), len(batch.records)))
        if self.inner is not None:
            self.inner.on_batch(batch)

    def on_break(self, model: Model, error: Exception) -> None:
        """A model failed."""
        if self.inner is not None:
            self.inner.on_break(model, error)


def main() -> None:
    """Measure and print one JSON object a part."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--swaps", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=4.0, help="between two swaps")
    parser.add_argument("--corrections", type=int, default=40, help="that the person makes")
    parser.add_argument("--only", choices=("swap", "correction", "person"))
    options = parser.parse_args()
    parts: dict[str, Callable[[Path], dict[str, object]]] = {
        "swap": lambda folder: measure_swaps(folder, options.swaps, options.seconds),
        "correction": lambda folder: measure_corrections(folder, repeat(1 / PACE)),
        "person": lambda folder: measure_corrections(folder, persons_pauses(seed=0), options.corrections),
    }
    for name, part in parts.items():
        if options.only in (None, name):
            with tempfile.TemporaryDirectory() as folder:
                print(json.dumps({"part": name, **part(Path(folder))}), flush=True)


def measure_swaps(folder: Path, n_swaps: int, pause: float) -> dict[str, object]:
    """Promote while a worker annotates."""
    broker, stop = f"embedded:{folder}", threading.Event()
    settings = WorkerSettings(broker=broker, registry=broker, health_port=-1, group=uuid.uuid4().hex)
    with ExitStack() as stack:
        registry = stack.enter_context(open_registry(broker))
        transport = stack.enter_context(closing(open_transport(broker)))
        make_topics(transport, settings, 4)
        numbers = [registry.put(MODEL, actor="benchmark", corrections={"0": i}).number for i in (1, 2)]
        promote(registry, numbers[0])
        loader = ModelLoader(registry, load, settings)
        model = wait_for_champion(registry, loader, stop)
        assert model is not None
        live, clocked = LiveModel(model), Clocked()

        def follow(annotator: Annotator) -> None:
            metrics, health = SwapMetrics(annotator.telemetry.registry), annotator.health
            updater = ModelUpdater(registry, loader, live, settings, metrics, health, stop)
            stack.callback(updater.close)
            clocked.inner, live.observer = updater, clocked
            updater.start()

        feeder = threading.Thread(target=feed, args=(broker, settings, stop), daemon=True)
        worker = threading.Thread(target=work, args=(settings, live, follow, stop), daemon=True)
        feeder.start()
        worker.start()
        while sum(n for _, _, n in clocked.done) < 5000:
            time.sleep(0.1)
        moments = []
        for i in range(n_swaps):
            time.sleep(pause)
            moments.append(time.perf_counter())
            promote(registry, numbers[(i + 1) % 2])
        time.sleep(2 * SECOND)
        stop.set()
        worker.join(60)
        feeder.join(60)
        return {**swap_figures(clocked.done, moments), **exactness(broker, settings)}


def swap_figures(done: Sequence[tuple[float, float, int]], moments: Sequence[float]) -> dict[str, object]:
    """Throughput and gaps in the second of each swap and in the one before."""
    swapped = [window(done, at) for at in moments]
    quiet = [window(done, at - SECOND) for at in moments]
    per_cpu = [[n / cpu for n, cpu, _ in rows] for rows in (quiet, swapped)]
    texts = [[n for n, _, _ in rows] for rows in (quiet, swapped)]
    gaps = [[gap for _, _, gap in rows] for rows in (quiet, swapped)]
    return {
        "swaps": len(moments),
        "texts_per_second": {
            "quiet": median(texts[0]),
            "swap": median(texts[1]),
            "dip": round(1 - median(texts[1]) / median(texts[0]), 4),
        },
        "dip_paired": round(1 - median(s / q for q, s in zip(*texts, strict=True)), 4),
        "texts_per_cpu_second": {"quiet": round(median(per_cpu[0])), "swap": round(median(per_cpu[1]))},
        "dip_cpu": round(1 - median(per_cpu[1]) / median(per_cpu[0]), 4),
        "pause_seconds": {
            "quiet": [round(median(gaps[0]), 4), round(max(gaps[0]), 4)],
            "swap": [round(median(gaps[1]), 4), round(max(gaps[1]), 4)],
        },
        "batch_seconds": round(batch_seconds(done), 4),
    }


def window(done: Sequence[tuple[float, float, int]], start: float) -> tuple[int, float, float]:
    """Texts, processor seconds and the longest gap between finished batches in one second."""
    inside = [row for row in done if start <= row[0] < start + SECOND]
    gaps = [later[0] - earlier[0] for earlier, later in itertools.pairwise(inside)]
    return sum(n for _, _, n in inside[1:]), inside[-1][1] - inside[0][1], max(gaps)


def batch_seconds(done: Sequence[tuple[float, float, int]]) -> float:
    """Median time between batches, times the threads: what one batch takes."""
    times = [row[0] for row in done]
    return median(b - a for a, b in itertools.pairwise(times)) * n_cores()


def exactness(broker: str, settings: WorkerSettings) -> dict[str, object]:
    """Whether what was committed has exactly one annotation for each text."""
    with closing(open_transport(broker)) as log:
        seen = Counter(header_value(record.headers, "src") for record in log.read(settings.output_topic))
        with closing(log.admin()) as admin:
            lags = admin.group_lag(settings.group, [settings.input_topic])
    committed = sum(lag.committed or 0 for lag in lags)
    return {
        "committed": committed,
        "lost": committed - len(seen),
        "doubled": sum(n - 1 for n in seen.values()),
    }


def feed(broker: str, settings: WorkerSettings, stop: threading.Event) -> None:
    """Keep the log ahead of the worker."""
    values = [value for value in read_samples() if value.startswith(b'{"id":"demo-')]
    with (
        closing(open_transport(broker)) as log,
        closing(log.producer()) as producer,
        closing(log.admin()) as admin,
    ):
        while not stop.is_set():
            if sum(lag.lag for lag in admin.group_lag(settings.group, [settings.input_topic])) < 20_000:
                producer.send(
                    [
                        OutgoingRecord(settings.input_topic, value, str(i).encode())
                        for i, value in enumerate(values * 25)
                    ]
                )
            else:
                stop.wait(0.05)


def work(
    settings: WorkerSettings, live: LiveModel, follow: Callable[[Annotator], None], stop: threading.Event
) -> None:
    """The worker."""
    with closing(open_transport(settings.broker)) as log:
        run_annotator(settings, log, live, stop=stop, on_start=follow)


def load(folder: Path, version: Version) -> Model:
    """As `freshet annotate` does."""
    pipeline = engine.load(folder)
    return PipelineModel(pipeline, ref=version_ref(pipeline, version))


def promote(registry: ModelRegistry, number: int) -> None:
    """Make it champion, whatever it is."""
    registry.promote(
        number, expected_epoch=registry.head().epoch, actor="benchmark", reason="a benchmark", force=True
    )


def persons_pauses(seed: int) -> Iterator[float]:
    """Seconds between two corrections of one person."""
    random = Random(seed)
    while True:
        yield random.uniform(*PERSON)


def measure_corrections(
    folder: Path, pauses: Iterator[float], n_corrections: int | None = None
) -> dict[str, object]:
    """From a correction to the new annotation of its text, on the demo's configuration; of the last ones, so
    many, of the demo's corrections, else of all."""
    broker = f"embedded:{folder}"
    settings = WorkerSettings(broker=broker, registry=broker)
    corrected, began = read_corrected(), time_of_children()
    if n_corrections is not None:
        Random(0).shuffle(corrected)
    people_of = {gold.id: gold for gold in corrected}
    ids = list(people_of)
    before, counted = ids[: -(n_corrections or len(ids))], ids[-(n_corrections or len(ids)) :]
    with ExitStack() as stack:
        registry = stack.enter_context(open_registry(broker))
        transport = stack.enter_context(closing(open_transport(broker)))
        make_topics(transport, settings, 4)
        follower = DemoFeed(registry, begin_with(registry, MODEL, anew=False))
        options = ("--registry", broker, "--worker.reread_topic", CORRECTIONS)
        stack.enter_context(start_annotator("registry:default", broker, folder / "annotator.log", *options))
        paths = ("--paths.base", str(BASE), "--paths.holdout", str(HOLDOUT))
        stack.enter_context(start_trainer("learn_demo.cfg", broker, broker, folder / "trainer.log", *paths))
        wait_for_workers(registry)
        producer = stack.enter_context(closing(transport.producer()))
        people = People(producer, list(people_of.values()), "benchmark")
        for gold in before:
            people.see(outcome_of(gold))
            time.sleep(1 / PACE)
        if before:
            wait_until_read(transport, follower)
        first, proven = people.sent, len(follower.look().promoted)
        for gold in counted:
            people.see(outcome_of(gold))
            time.sleep(next(pauses))
        wait_until_read(transport, follower)
        live = seconds_until_live(transport, settings, first)
        judged = seconds_until_judged(transport, registry, first)
        learning = follower.look()
    return {
        "before": first,
        "proven": proven,
        "corrections": people.sent - first,
        "judged": len(judged),
        "judged_seconds": spread(judged),
        "live": len(live),
        "seconds": spread(live),
        "processor_seconds": round(time_of_children() - began, 1),
        "versions": len(learning.versions),
        "promoted": len(learning.promoted),
    }


def wait_until_read(transport: Transport, follower: DemoFeed) -> None:
    """Until a version has learned past all corrections so far, or two minutes; then until texts are annotated
    anew."""
    deadline = time.monotonic() + 120
    with closing(transport.admin()) as admin:
        ends = ends_of(admin, CORRECTIONS)
    while time.monotonic() < deadline and not follower.look().has_read(ends):
        time.sleep(0.2)
    time.sleep(5)


def seconds_until_live(transport: Transport, settings: WorkerSettings, first: int) -> list[float]:
    """From each correction that is live, from the one at this offset on, to the new annotation of its
    text."""
    records = [record for record in transport.read(CORRECTIONS) if record.offset >= first]
    sent = {str(record.source): record.timestamp_ms for record in records}
    answers = [
        (record, (header_value(record.headers, "src") or b"").decode())
        for record in transport.read(settings.output_topic)
    ]
    return [(record.timestamp_ms - sent[source]) / 1000 for record, source in answers if source in sent]


def seconds_until_judged(transport: Transport, registry: ModelRegistry, first: int) -> list[float]:
    """From each correction to the verdict of the first version that has learned past it: what cadence can do,
    whatever the gate says."""
    judged = {entry.version: entry.time for entry in registry.audit() if entry.action == "verdict"}
    versions = [version for version in registry.versions() if version.number in judged]
    found = []
    for record in transport.read(CORRECTIONS):
        place = str(record.partition)
        past = next((v for v in versions if v.corrections.get(place, 0) > record.offset), None)
        if past is not None and record.offset >= first:
            found.append(judged[past.number] - record.timestamp_ms / 1000)
    return found


def spread(seconds: Sequence[float]) -> dict[str, float]:
    """Median, 95th percentile, least and most."""
    cuts = quantiles(seconds, n=20) if len(seconds) > 1 else [0.0] * 19
    figures = {
        "p50": cuts[9],
        "p95": cuts[18],
        "min": min(seconds, default=0),
        "max": max(seconds, default=0),
    }
    return {name: round(value, 2) for name, value in figures.items()}


def time_of_children() -> float:
    """Processor seconds of all processes that this one started and that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def wait_for_workers(registry: ModelRegistry) -> None:
    """Until the annotator and the trainer have begun; on a busy machine that takes a while."""
    deadline = time.monotonic() + 180
    while not registry.workers() or all(entry.action != "fence" for entry in registry.audit()):
        if time.monotonic() > deadline:
            raise SystemExit("expected an annotator and a trainer to begin within three minutes")
        time.sleep(0.2)
    time.sleep(5)  # what the trainer reads after its fence


def outcome_of(text_id: str) -> Outcome:
    """What the people see: an annotation of their text by the first version."""
    return Outcome(
        Record("annotations", 0, 0, 0, None, None),
        Source("texts", 0, 0),
        {"id": text_id, "model": {"version": "1"}},
    )


if __name__ == "__main__":
    main()
