# SPDX-License-Identifier: Apache-2.0
"""`freshet replay`: annotate a stretch of a topic again with a chosen version; with --verify, learn a version
again and compare."""

from __future__ import annotations

import tempfile
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from ..bundled import STARTER, find_model
from ..errors import WorkerError
from ..model_registry import open_registry
from ..reprocess.topic_replay import Progress, Stretch, bounds_of, group_of, replay
from ..serving import Model
from ..serving.pipeline_model import model_of_folder, model_of_version
from ..settings import WorkerSettings
from ..trainer.reproduce import reproduce_version
from ..transports import Transport, open_transport
from .broker import worker_settings
from .console import err, out, progress
from .options import BrokerOption, RegistryOption
from .pipeline_loader import load_pipeline

app = typer.Typer(add_completion=False)

DIFFERS = 1
INTO = "annotations.replay"


@app.command("replay")
def replay_command(
    topic: Annotated[str, typer.Argument(metavar="TOPIC", help="The texts to annotate again.")] = "texts",
    version: Annotated[int | None, typer.Option(metavar="N", help="A version of the registry.")] = None,
    verify: Annotated[
        bool,
        typer.Option("--verify", help="Learn the version again from its recorded offsets; compare digests."),
    ] = False,
    model: Annotated[
        str, typer.Option(metavar="MODEL", help="A pipeline's folder instead of a version.")
    ] = STARTER,
    into: Annotated[
        str, typer.Option(metavar="TOPIC", help="Where the annotations go; made where it is missing.")
    ] = INTO,
    start: Annotated[
        int | None, typer.Option("--from", min=0, metavar="OFFSET", help="First offset in each partition.")
    ] = None,
    end: Annotated[
        int | None,
        typer.Option("--to", min=0, metavar="OFFSET", help="Offset before which to stop; else the end now."),
    ] = None,
    partition: Annotated[int | None, typer.Option(min=0, help="This partition only.")] = None,
    rate: Annotated[
        float, typer.Option(min=0, metavar="N", help="Texts a second at most; 0: as fast as it goes.")
    ] = 0.0,
    group: Annotated[
        str | None,
        typer.Option(help="The group that remembers how far it is; else one of stretch and model."),
    ] = None,
    name: Annotated[
        str, typer.Option(envvar="FRESHET_REGISTRY_NAME", help="The model's name in the registry.")
    ] = "default",
    broker: BrokerOption = None,
    registry: RegistryOption = None,
) -> None:
    """Annotate a stretch of a topic again with a chosen version, into another topic; started again, it goes
    on where it was left.

    With --verify nothing is annotated: the version is learned again from its recorded offsets, and its digest
    compared.
    """
    settings = worker_settings(broker, registry)
    if verify:
        _verify(settings, name, version)
        return
    if into in (topic, settings.output_topic):
        raise typer.BadParameter(
            f"expected another topic than {into}: annotations of a replay stand apart", param_hint="--into"
        )
    chosen = _from_registry(settings, name, version) if version is not None else _from_folder(settings, model)
    with closing(open_transport(settings.broker)) as transport:
        stretch = _stretch(transport, topic, into, (start, end, partition), rate)
        _run(transport, stretch, chosen, settings, group or group_of(stretch, chosen))


def _verify(settings: WorkerSettings, name: str, version: int | None) -> None:
    """Learn a version again and say whether the same bytes come out; exit code 1 where they differ."""
    if version is None:
        raise typer.BadParameter(
            "expected the version to verify, such as --version 3", param_hint="--version"
        )
    with open_registry(settings.registry, name) as models:
        done = reproduce_version(models, version, broker=settings.broker)
    told = f"{done.steps} steps over {done.corrections} corrections"
    if done.same:
        out.print(f"version {version}: the same, sha256 {done.got} ({told})")
        return
    err.print(
        f"version {version} differs: recorded {done.expected}, now {done.got} ({told}); another "
        "code, library or kind of processor?"
    )
    raise typer.Exit(DIFFERS)


def _from_registry(settings: WorkerSettings, name: str, number: int) -> Model:
    with (
        open_registry(settings.registry, name) as registry,
        tempfile.TemporaryDirectory(prefix="freshet-replay-") as folder,
    ):
        version = registry.version(number)
        files = registry.fetch(number, Path(folder) / str(number))
        return model_of_version(load_pipeline(files), settings, files, version)


def _from_folder(settings: WorkerSettings, model: str) -> Model:
    return model_of_folder(load_pipeline(model), settings, find_model(model))


def _stretch(
    transport: Transport, topic: str, into: str, where: tuple[int | None, int | None, int | None], rate: float
) -> Stretch:
    with closing(transport.admin()) as admin:
        bounds = bounds_of(admin, topic, *where)
        admin.create_topic(into, max(1, len(admin.topic(topic).bounds)))
    return Stretch(topic, into, bounds, rate)


def _run(transport: Transport, stretch: Stretch, model: Model, settings: WorkerSettings, group: str) -> None:
    total = Progress(0, 0, 0)
    steps = replay(transport, stretch, model, settings, group=group)
    with closing(steps), progress("offsets") as bar:
        task = bar.add_task(
            f"{stretch.topic} with {model.ref.name} {model.ref.version}", total=stretch.n_offsets
        )
        try:
            for step in steps:
                total = Progress(
                    total.offsets + step.offsets,
                    total.annotations + step.annotations,
                    total.failures + step.failures,
                )
                bar.advance(task, step.offsets)
        except KeyboardInterrupt:
            err.print(f"interrupted; the same command goes on from here (group {group})")
            raise typer.Exit(130) from None
    out.print(
        f"{total.annotations:,} annotations in {stretch.into}, {total.failures:,} texts could not "
        "be annotated"
    )
    if total.offsets < stretch.n_offsets and total.annotations == 0 and stretch.n_offsets:
        raise WorkerError(
            f"expected records in {stretch.n_offsets} offsets of {stretch.topic}, found none; were they "
            "deleted?"
        )
