# SPDX-License-Identifier: Apache-2.0
"""`freshet up`: log, registry, topics, annotator and trainer on this machine; with --demo, texts and people
too."""

from __future__ import annotations

import signal
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

import engine
from schemas.correction import TOPIC as CORRECTIONS

from ..bundled import STARTER, find_model
from ..errors import WorkerError
from ..model_registry import ModelRegistry, RegistryError, open_registry
from ..settings import WorkerSettings
from ..transports.address import open_transport
from ..transports.base import Transport
from .annotate import REGISTRY
from .broker import worker_settings
from .console import err, out
from .demo.feed import Follower, begin_with, ends_of
from .demo.people import EntityScores, People
from .demo.samples import BASE, HOLDOUT, corrected, mixed, sample_values, tickers
from .demo.screen import Shown, show_burst, show_later, show_learning, show_live, show_summary
from .demo.stream import DemoStream
from .worker_process import Child, annotator, trainer

app = typer.Typer(add_completion=False)
LOOK_INTERVAL = 0.5
RESTARTS = 3
NAME = "default"


@dataclass(slots=True)
class House:
    """All that runs for one `freshet up`. `follower` None: nothing is learned. `given_up`: the trainer died
    too often."""

    transport: Transport
    settings: WorkerSettings
    data_dir: Path
    stack: ExitStack
    annotator: Child
    follower: Follower | None
    trainer: Child | None = None
    given_up: bool = False

    def check(self) -> None:
        """See whether everything runs; what died is started again. Raises: WorkerError where that does not
        help the annotator."""
        self.annotator.check()
        if self.trainer is None or self.given_up:
            return
        try:
            self.trainer.check()
        except WorkerError as error:  # annotating goes on without it
            self.given_up = True
            err.print(f"nothing more will be learned: {error}", style="yellow", markup=False)

    def start_trainer(self, config: str, *options: str) -> None:
        """Begin to learn."""
        log = self.data_dir / "trainer.log"
        child = trainer(
            config,
            self.settings.broker,
            self.settings.registry,
            log,
            "--learner.name",
            NAME,
            *options,
            restarts=RESTARTS,
        )
        self.trainer = self.stack.enter_context(child)

    def ask_to_stop(self) -> None:
        """Let all finish at the same time."""
        for child in (self.trainer, self.annotator):
            if child is not None:
                child.ask_to_stop()


@app.command()
def up(
    demo: Annotated[
        bool,
        typer.Option(
            "--demo",
            help="Stream the bundled texts through it, let simulated people correct, end with a summary.",
        ),
    ] = False,
    data_dir: Annotated[
        Path,
        typer.Option(
            metavar="DIR", help="Where the embedded log and registry and the workers' logs are kept."
        ),
    ] = Path(".freshet"),
    model: Annotated[
        str,
        typer.Option(
            metavar="MODEL", help="The pipeline to begin with: a folder, or the name of a bundled one."
        ),
    ] = STARTER,
    partitions: Annotated[int, typer.Option(min=1, help="Partitions of topics that are made.")] = 4,
    burst: Annotated[
        int, typer.Option(min=0, help="With --demo: how often the samples are repeated at full speed.")
    ] = 48,
    learn: Annotated[bool, typer.Option(help="Learn from corrections, and serve what was learned.")] = True,
) -> None:
    """Run the whole loop on this machine, nothing else needed; Ctrl-C ends it in order."""
    folder = find_model(model)
    engine.load(folder)  # what is broken is said here, not in a worker's log
    data_dir.mkdir(parents=True, exist_ok=True)
    settings = replace(worker_settings(f"embedded:{data_dir}"), registry=f"embedded:{data_dir}")
    with closing(open_transport(settings.broker)) as transport, ExitStack() as stack, _interruptible():
        make_topics(transport, settings, partitions)
        registry = _registry(stack, settings) if learn else None
        house = _house(transport, settings, data_dir, stack, registry, folder, demo)
        if demo:
            complete = _demo(house, burst)
            _say_what_next(data_dir)
            raise typer.Exit(0 if complete else 1)
        if house.follower is not None:
            house.start_trainer("learn.cfg")
        _watch(house)


def _registry(stack: ExitStack, settings: WorkerSettings) -> ModelRegistry | None:
    try:
        registry = stack.enter_context(open_registry(settings.registry, NAME))
        registry.check()
    except RegistryError as error:
        err.print(f"nothing will be learned, there is no registry: {error}", style="yellow")
        return None
    return registry


def _house(
    transport: Transport,
    settings: WorkerSettings,
    data_dir: Path,
    stack: ExitStack,
    registry: ModelRegistry | None,
    folder: Path,
    demo: bool,
) -> House:
    log = data_dir / "annotator.log"
    if registry is None:
        return House(
            transport,
            settings,
            data_dir,
            stack,
            stack.enter_context(annotator(str(folder), settings.broker, log, restarts=RESTARTS)),
            None,
        )
    follower = Follower(registry, begin_with(registry, folder, anew=demo))
    options = ("--registry", settings.registry, "--worker.reread_topic", CORRECTIONS)
    child = annotator(REGISTRY + NAME, settings.broker, log, *options, restarts=RESTARTS)
    return House(transport, settings, data_dir, stack, stack.enter_context(child), follower)


def _demo(house: House, burst: int) -> bool:
    samples, (early, later) = sample_values(), tickers()
    stream = DemoStream(house.transport, house.settings, house.check)
    producer = house.transport.producer()
    people = People(producer, corrected() if house.follower else [], uuid.uuid4().hex[:8])
    with closing(house.transport.admin()) as admin:
        before = sum(ends_of(admin, CORRECTIONS).values())
    shown = Shown(stream, people, EntityScores([*early, *later]), house.follower, before)
    try:
        for outcome in show_live(shown, mixed(samples, [text.value for text in early])):
            people.see(outcome)
            if house.follower is not None and house.trainer is None:  # the first annotation comes first
                house.start_trainer(
                    "learn_demo.cfg", "--paths.base", str(BASE), "--paths.holdout", str(HOLDOUT)
                )
        if house.follower is not None:
            with closing(house.transport.admin()) as admin:
                show_learning(shown, house.follower, admin, lambda: house.given_up)
            show_later(shown, [text.value for text in later])
        if burst:
            show_burst(shown, samples * burst)
    except KeyboardInterrupt:
        err.print("interrupted")
    finally:
        house.ask_to_stop()
        producer.close()
        stream.close()
    return show_summary(shown, [child for child in (house.annotator, house.trainer) if child is not None])


def _say_what_next(data_dir: Path) -> None:
    flag = "" if data_dir == Path(".freshet") else f" --broker embedded:{data_dir}"
    both = "" if data_dir == Path(".freshet") else f"{flag} --registry embedded:{data_dir}"
    look = (
        f"freshet read annotations --pretty --limit 5{flag}; freshet dlq list{flag}; freshet "
        f"explain ticker-001{both}"
    )
    out.print(f"look around: {look}", style="dim")


def _watch(house: House) -> None:
    settings, data_dir = house.settings, house.data_dir
    out.print(f"log and registry in {data_dir}, the workers' logs too; Ctrl-C ends it. In another terminal:")
    lines = [
        f"send {settings.input_topic} FILE.jsonl",
        f"read {settings.output_topic} --follow --pretty",
        "dlq list",
    ]
    if house.follower is not None:
        lines += ["send corrections FILE.jsonl", f"models list --registry {settings.registry}"]
    for line in lines:
        out.print(f"  FRESHET_BROKER={settings.broker} freshet {line}")
    try:
        with err.status("starting") as status, closing(house.transport.admin()) as admin:
            while True:
                house.check()
                lags = admin.group_lag(settings.group, [settings.input_topic])
                learned = (
                    f"; version {house.follower.look().champion} serves" if house.follower is not None else ""
                )
                status.update(
                    f"{sum(lag.end for lag in lags):,} texts, {sum(lag.lag for lag in lags):,} "
                    f"waiting{learned}"
                )
                time.sleep(LOOK_INTERVAL)
    except KeyboardInterrupt:
        err.print("stopping: the workers finish what they began")
        house.ask_to_stop()


def make_topics(transport: Transport, settings: WorkerSettings, partitions: int) -> None:
    """Make the topics that workers with these settings need, where they are missing."""
    with closing(transport.admin()) as admin:
        for topic in (settings.input_topic, settings.output_topic, settings.dead_letters_to, CORRECTIONS):
            admin.create_topic(topic, partitions)


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let SIGTERM and a closed terminal end the block as Ctrl-C does, so that no worker is left behind."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
