# SPDX-License-Identifier: Apache-2.0
"""`freshet up`: log, registry, topics, annotator and trainer on this machine; with --demo, texts and people
too."""

from __future__ import annotations

import signal
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

import engine
from engine.components.adaptable import encoders_among
from schemas import CORRECTIONS

from ..bundled import STARTER, find_model
from ..model_registry import REGISTRY, ModelRegistry, RegistryError, open_registry
from ..settings import ConsoleSettings, WorkerSettings
from ..trainer.known_registry import require_no_lost_registry
from ..transports import Transport, open_transport, shown_address
from .broker import worker_settings
from .console import err, out
from .console_child import serve_console
from .demo.feed import DemoFeed, begin_with, ends_of
from .demo.people import EntityScores, People
from .demo.samples import BASE, HOLDOUT, interleave, read_corrected, read_samples, read_tickers
from .demo.screen import DemoState, show_burst, show_later, show_learning, show_live, show_summary
from .demo.stream import DemoStream
from .fleet import NAME, RESTARTS, Fleet, make_topics
from .worker_process import start_annotator

app = typer.Typer(add_completion=False)
LOOK_INTERVAL = 0.5
ADAPTER_RANK = 8
LEARNER_GROUP = ConsoleSettings().learner_group
"""Of the bundled learning configs."""

BaseOption = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="What the pipeline learned from, for rehearsal; the starter has one."),
]
HoldoutOption = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Texts that judge what was learned; the starter has some."),
]
LearningOption = Annotated[
    Path | None,
    typer.Option(metavar="CONFIG", help="The learning config; else Freshet's own (configs/learn.cfg)."),
]
DemoOption = Annotated[
    bool,
    typer.Option(
        "--demo",
        help="Stream the bundled texts through it, let simulated people correct, end with a summary.",
    ),
]


@app.command()
def up(
    demo: DemoOption = False,
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
    base: BaseOption = None,
    holdout: HoldoutOption = None,
    learning: LearningOption = None,
    with_console: Annotated[
        bool, typer.Option("--console/--no-console", help="Serve the web console, and print its link.")
    ] = True,
    console_port: Annotated[
        int | None, typer.Option(metavar="PORT", help="The console's port; else 7117, or a free one.")
    ] = None,
) -> None:
    """Run the whole loop on this machine, nothing else needed; Ctrl-C ends it in order."""
    folder = find_model(model)
    # What is broken is said here, not in a worker's log; the pipeline is not kept.
    adapter = ADAPTER_RANK if any(encoders_among(engine.load(folder).components)) else 0
    data_dir.mkdir(parents=True, exist_ok=True)
    settings = replace(worker_settings(f"embedded:{data_dir}"), registry=f"embedded:{data_dir}")
    with closing(open_transport(settings.broker)) as transport, ExitStack() as stack, _interruptible():
        make_topics(transport, settings, partitions)
        registry = _open_registry(stack, settings) if learn else None
        fleet = _start_fleet(transport, settings, data_dir, stack, registry, folder, demo)
        learned_by = _learning_of(model, base, holdout, adapter, learning)
        if with_console:
            out.print(serve_console(fleet, learned_by[0], console_port))
        if demo:
            complete = _run_demo(fleet, burst)
            _say_what_next(data_dir)
            raise typer.Exit(0 if complete else 1)
        if fleet.feed is not None:
            fleet.start_trainer(*learned_by)
        _watch(fleet)


def _open_registry(stack: ExitStack, settings: WorkerSettings) -> ModelRegistry | None:
    try:
        registry = stack.enter_context(open_registry(settings.registry, NAME))
        registry.check()
    except RegistryError as error:
        err.print(f"nothing will be learned, there is no registry: {error}", style="yellow")
        return None
    return registry


def _start_fleet(
    transport: Transport,
    settings: WorkerSettings,
    data_dir: Path,
    stack: ExitStack,
    registry: ModelRegistry | None,
    folder: Path,
    demo: bool,
) -> Fleet:
    log = data_dir / "annotator.log"
    if registry is None:
        return Fleet(
            transport,
            settings,
            data_dir,
            stack,
            stack.enter_context(start_annotator(str(folder), settings.broker, log, restarts=RESTARTS)),
            None,
        )
    require_no_lost_registry(registry, transport, CORRECTIONS, LEARNER_GROUP)
    feed = DemoFeed(registry, begin_with(registry, folder, anew=demo))
    options = ("--registry", settings.registry, "--worker.reread_topic", CORRECTIONS)
    process = start_annotator(REGISTRY + NAME, settings.broker, log, *options, restarts=RESTARTS)
    return Fleet(transport, settings, data_dir, stack, stack.enter_context(process), feed)


def _learning_of(
    model: str, base: Path | None, holdout: Path | None, adapter: int = 0, config: Path | None = None
) -> list[str]:
    """The config that is learned with, and its corpora: the starter's come with Freshet, and its config is
    made for their size. A pipeline on an encoder learns an adapter of it, unless there is a config of
    somebody's own, which says itself what is learned."""
    if model == STARTER:
        base, holdout = base or BASE, holdout or HOLDOUT
    given = {"--paths.base": base, "--paths.holdout": holdout}
    options = [word for name, path in given.items() if path for word in (name, str(path.resolve()))]
    if config is not None:
        return [str(config.resolve()), *options]
    options += ["--learner.adapter.rank", str(adapter)] if adapter else []
    return ["learn_demo.cfg" if model == STARTER else "learn.cfg", *options]


def _run_demo(fleet: Fleet, burst: int) -> bool:
    samples, (early, later) = read_samples(), read_tickers()
    with (
        closing(DemoStream(fleet.transport, fleet.settings, fleet.check)) as stream,
        closing(fleet.transport.producer()) as producer,
    ):
        people = People(producer, read_corrected() if fleet.feed else [], uuid.uuid4().hex[:8])
        with closing(fleet.transport.admin()) as admin:
            before = sum(ends_of(admin, CORRECTIONS).values())
        state = DemoState(stream, people, EntityScores([*early, *later]), fleet.feed, before)
        try:
            for outcome in show_live(state, interleave(samples, [text.value for text in early])):
                people.see(outcome)
                if fleet.feed is not None and fleet.trainer is None:  # the first annotation comes first
                    fleet.start_trainer(*_learning_of(STARTER, BASE, HOLDOUT))
            if fleet.feed is not None:
                with closing(fleet.transport.admin()) as admin:
                    show_learning(state, fleet.feed, admin, lambda: fleet.given_up)
                show_later(state, [text.value for text in later])
            if burst:
                show_burst(state, samples * burst)
        except KeyboardInterrupt:
            err.print("interrupted")
        finally:
            fleet.ask_to_stop()
    return show_summary(
        state, [process for process in (fleet.annotator, fleet.trainer) if process is not None]
    )


def _say_what_next(data_dir: Path) -> None:
    flag = "" if data_dir == Path(".freshet") else f" --broker embedded:{data_dir}"
    both = "" if data_dir == Path(".freshet") else f"{flag} --registry embedded:{data_dir}"
    look = (
        f"freshet read annotations --pretty --limit 5{flag}; freshet dlq list{flag}; freshet "
        f"explain ticker-001{both}"
    )
    out.print(f"look around: {look}", style="dim")
    folder = "" if data_dir == Path(".freshet") else f" --data-dir {data_dir}"
    out.print(f"see it, and correct it, in a browser: freshet console{both}{folder}", style="dim")


def _watch(fleet: Fleet) -> None:
    settings, data_dir = fleet.settings, fleet.data_dir
    out.print(f"log and registry in {data_dir}, the workers' logs too; Ctrl-C ends it. In another terminal:")
    lines = [
        f"send {settings.input_topic} FILE.jsonl",
        f"read {settings.output_topic} --follow --pretty",
        "dlq list",
    ]
    if fleet.feed is not None:
        lines += ["send corrections FILE.jsonl", f"models list --registry {shown_address(settings.registry)}"]
    for line in lines:
        out.print(f"  FRESHET_BROKER={shown_address(settings.broker)} freshet {line}")
    try:
        with err.status("starting") as status, closing(fleet.transport.admin()) as admin:
            while True:
                fleet.check()
                lags = admin.group_lag(settings.group, [settings.input_topic])
                learned = f"; version {fleet.feed.look().champion} serves" if fleet.feed is not None else ""
                status.update(
                    f"{sum(lag.end for lag in lags):,} texts, {sum(lag.lag for lag in lags):,} "
                    f"waiting{learned}"
                )
                time.sleep(LOOK_INTERVAL)
    except KeyboardInterrupt:
        err.print("stopping: the workers finish what they began")
        fleet.ask_to_stop()


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
