# SPDX-License-Identifier: Apache-2.0
"""`freshet up`: log, topics and annotator on this machine; with --demo, texts too."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from ..bundled import STARTER, find_model
from ..demo.samples import sample_values
from ..demo.stream import DemoStream
from ..settings import WorkerSettings
from ..transports.base import Transport
from ..transports.opening import open_transport
from .child import AnnotatorProcess
from .common import err, out, worker_settings
from .demo_screen import show_burst, show_live, show_summary

app = typer.Typer(add_completion=False)
LOOK_INTERVAL = 0.5


@app.command()
def up(
    demo: Annotated[bool, typer.Option("--demo", help="Stream the bundled sample texts through it and end with a summary.")] = False,
    data_dir: Annotated[Path, typer.Option(metavar="DIR", help="Where the embedded log and the annotator's own log are kept.")] = Path(
        ".freshet"
    ),
    model: Annotated[str, typer.Option(metavar="MODEL", help="The pipeline's folder, or the name of a bundled one.")] = STARTER,
    partitions: Annotated[int, typer.Option(min=1, help="Partitions of topics that are made.")] = 4,
    burst: Annotated[int, typer.Option(min=0, help="With --demo: how often the samples are repeated at full speed.")] = 48,
) -> None:
    """Run the whole loop on this machine, nothing else needed; Ctrl-C ends it in order."""
    folder = find_model(model)
    data_dir.mkdir(parents=True, exist_ok=True)
    settings = worker_settings(f"embedded:{data_dir}")
    with closing(open_transport(settings.broker)) as transport, _interruptible():
        make_topics(transport, settings, partitions)
        with AnnotatorProcess(folder, settings.broker, data_dir / "annotator.log") as annotator:
            if demo:
                complete = _demo(transport, settings, annotator, burst)
                _say_what_next(data_dir)
                raise typer.Exit(0 if complete else 1)
            _watch(transport, settings, annotator, data_dir)


def _demo(transport: Transport, settings: WorkerSettings, annotator: AnnotatorProcess, burst: int) -> bool:
    values = sample_values()
    stream = DemoStream(transport, settings, annotator.check)
    measured = None
    try:
        show_live(stream, values)
        if burst:
            measured = show_burst(stream, values * burst)
    except KeyboardInterrupt:
        err.print("interrupted")
    finally:
        stream.close()
    return show_summary(stream, measured)


def _say_what_next(data_dir: Path) -> None:
    flag = "" if data_dir == Path(".freshet") else f" --broker embedded:{data_dir}"
    out.print(f"look around: freshet read annotations --pretty --limit 5{flag}; freshet dlq list{flag}", style="dim")


def _watch(transport: Transport, settings: WorkerSettings, annotator: AnnotatorProcess, data_dir: Path) -> None:
    out.print(f"log in {data_dir}, annotator's log in {annotator.log_file}; Ctrl-C ends it. In another terminal:")
    for line in (f"send {settings.input_topic} FILE.jsonl", f"read {settings.output_topic} --follow --pretty", "dlq list"):
        out.print(f"  FRESHET_BROKER={settings.broker} freshet {line}")
    try:
        with err.status("starting") as status, closing(transport.admin()) as admin:
            while True:
                annotator.check()
                lags = admin.group_lag(settings.group, [settings.input_topic])
                status.update(f"{sum(lag.end for lag in lags):,} texts, {sum(lag.lag for lag in lags):,} waiting")
                time.sleep(LOOK_INTERVAL)
    except KeyboardInterrupt:
        err.print("stopping: the annotator finishes what it began")


def make_topics(transport: Transport, settings: WorkerSettings, partitions: int) -> None:
    """Make the topics that a worker with these settings needs, where they are missing."""
    with closing(transport.admin()) as admin:
        for topic in (settings.input_topic, settings.output_topic, settings.dead_letters_to):
            admin.create_topic(topic, partitions)


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let SIGTERM and a closed terminal end the block as Ctrl-C does, so that no annotator is left behind."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
