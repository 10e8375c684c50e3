# SPDX-License-Identifier: Apache-2.0
"""`freshet annotate`: one annotator worker, until it is told to stop."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from engine import Pipeline
from engine.components.compiled import backend_for
from engine.components.shared_encoders import sharing_encoders
from engine.config.config import read_config, split_overrides

from ..annotator.annotator import Annotator, run_annotator
from ..annotator.reannotate import Reannotator, require_reread_topic
from ..bundled import find_model
from ..model_registry import REGISTRY, Version, WorkerEntry, open_registry
from ..oms_signatures import verified_copy, verify_folder
from ..serving import LiveModel, Model, ModelLoader, TrustedHeads, wait_for_champion
from ..serving.adapters import AdapterShelf, require_fitting
from ..serving.beacon import WorkerBeacon
from ..serving.pipeline_model import model_of_folder, model_of_version
from ..serving.swap_metrics import SwapMetrics
from ..serving.updater import ModelUpdater
from ..settings import WorkerSettings, read_settings
from ..transports import Transport, open_transport
from .config_overrides import PASS_THROUGH, read_overrides
from .console import LogLevel, log_to_stderr
from .options import (
    BrokerOption,
    CodeOption,
    ComponentsOption,
    DeviceOption,
    ExcludeOption,
    PrecisionOption,
    RegistryOption,
)
from .pipeline_loader import load_pipeline

app = typer.Typer(add_completion=False)

LoadPipeline = Callable[[Path], Pipeline]

AdapterKeyOption = Annotated[
    str | None,
    typer.Option(
        metavar="HEADER",
        help="Header of a record that chooses, among --worker.tenants.adapters, what reads its text.",
    ),
]
SignatureOption = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Serve only what was signed as OpenSSF does, by this key (PEM)."),
]


@app.command(context_settings=PASS_THROUGH)
def annotate(
    ctx: typer.Context,
    model_or_config: Annotated[
        str,
        typer.Argument(
            metavar="CONFIG_OR_MODEL",
            help="A worker config, a pipeline's folder, en_starter, or registry:NAME.",
        ),
    ],
    broker: BrokerOption = None,
    registry: RegistryOption = None,
    log_level: Annotated[LogLevel, typer.Option(help="What goes to stderr.")] = LogLevel.info,
    exclude: ExcludeOption = None,
    components: ComponentsOption = None,
    code: CodeOption = None,
    precision: PrecisionOption = "auto",
    device: DeviceOption = "cpu",
    adapter_key: AdapterKeyOption = None,
    require_signature: SignatureOption = None,
) -> None:
    """Annotate the texts of a topic, exactly once, until SIGTERM or Ctrl-C.

    registry:NAME serves the champion of a model registry (registry:default unless it was named) and each one
    after it, without a restart.

    Every setting may be given as --worker.NAME VALUE, such as --worker.threads 4 or
    --worker.batching.max_batch_tokens 8192.
    """
    log_to_stderr(log_level)
    flags, others = split_overrides(read_overrides(ctx.args), ("worker",))
    given = {"broker": broker, "registry": registry, "tenants.key": adapter_key}
    settings, model = _plan(
        model_or_config, others, flags | {name: value for name, value in given.items() if value}
    )

    def load(folder: str | Path) -> Pipeline:
        return load_pipeline(folder, exclude, components, code, precision=precision, device=device)

    def load_signed(folder: Path) -> Pipeline:
        if require_signature is not None:
            verify_folder(folder, require_signature)
        return load(folder)

    with ExitStack() as stack:
        shelf = _open_shelf(settings, stack)
        if model.startswith(REGISTRY):
            backend_for(precision, device)  # what is missing is said now, not when a champion comes
            name = model.removeprefix(REGISTRY)
            raise typer.Exit(_annotate_from_registry(settings, name, load_signed, shelf))
        if require_signature is None:
            served = model_of_folder(load(model), settings, Path(model), shelf)
        else:
            with verified_copy(Path(model), require_signature) as folder:
                served = model_of_folder(load(folder), settings, folder, shelf)
        if served.adapters is not None:
            require_fitting(served.adapters)
        with closing(open_transport(settings.broker, kafka=settings.kafka)) as transport:
            raise typer.Exit(run_annotator(settings, transport, served))


def _open_shelf(settings: WorkerSettings, stack: ExitStack) -> AdapterShelf | None:
    """The adapters that records choose from, kept up to date; None where they choose none."""
    if not settings.tenants.key:
        return None
    shelf = AdapterShelf(settings)
    places = import_module("workers.serving.adapter_places")  # others need none of it
    stack.enter_context(places.AdapterPlaces(settings, shelf))
    return shelf


def _annotate_from_registry(
    settings: WorkerSettings, name: str, load: LoadPipeline, shelf: AdapterShelf | None
) -> int:
    """Serve the champion of a registry, and each one after it; the worker's exit code. Versions that differ
    in adapter and heads alone share their encoder."""

    def load_version(folder: Path, version: Version) -> Model:
        with sharing_encoders():
            pipeline = load(folder)
        return model_of_version(pipeline, settings, folder, version, shelf)

    stop = threading.Event()
    with (
        open_registry(settings.registry, name) as registry,
        closing(open_transport(settings.broker, kafka=settings.kafka)) as transport,
    ):
        loader = ModelLoader(registry, load_version, settings)
        heads = TrustedHeads(
            registry,
            identity=settings.registry_id,
            folder=settings.model_cache,
            accept=settings.registry_accept,
        )
        model = wait_for_champion(heads, loader, stop)
        if model is None:
            return 0
        live, companions = LiveModel(model), ExitStack()

        def start_companions(worker: Annotator) -> None:
            metrics = SwapMetrics(worker.telemetry.registry)
            updater = ModelUpdater(
                registry, loader, live, worker.settings, metrics, worker.health, stop, heads
            )
            companions.callback(updater.close)
            updater.start()
            beacon = WorkerBeacon(registry, _entry_of(worker, live, updater), stop)
            companions.callback(beacon.close)
            beacon.start()
            if worker.settings.reread_topic:
                _start_reannotation(transport, live, worker.settings, stop)

        try:
            return run_annotator(settings, transport, live, stop=stop, on_start=start_companions)
        finally:
            stop.set()
            companions.close()


def _entry_of(worker: Annotator, live: LiveModel, updater: ModelUpdater) -> Callable[[], WorkerEntry]:
    """What the worker says of itself to the registry, as it is when it is asked."""
    settings, started = worker.settings, time.time()

    def entry() -> WorkerEntry:
        ref = live.current().ref
        return WorkerEntry(
            f"{settings.group}:{settings.slot}",
            socket.gethostname(),
            os.getpid(),
            worker.address,
            ref.name,
            ref.version,
            updater.epoch,
            worker.lags,
            updater.error,
            started,
        )

    return entry


def _start_reannotation(
    transport: Transport, live: LiveModel, settings: WorkerSettings, stop: threading.Event
) -> None:
    require_reread_topic(transport, settings)
    reannotator = Reannotator(transport, live, settings)
    threading.Thread(target=reannotator.run, args=(stop,), name="freshet-reread", daemon=True).start()


def _plan(
    model_or_config: str, overrides: dict[str, object], flags: dict[str, object]
) -> tuple[WorkerSettings, str]:
    """Settings and what is to be served: of a config file, or of the command line and the environment
    alone."""
    if not model_or_config.endswith(".cfg"):
        if overrides:
            raise typer.BadParameter(
                f"expected --worker.NAME options only, got --{next(iter(overrides))}; other sections need a "
                "config file"
            )
        return read_settings({}, os.environ, flags), _findable(model_or_config)
    config = read_config(model_or_config, overrides, interpolate=True)
    model = config.get("paths", {}).get("model") or "en_starter"
    return read_settings(config.get("worker", {}), os.environ, flags), _findable(str(model))


def _findable(model: str) -> str:
    """The model, if it is in a registry or there is such a folder. Raises: SettingsError."""
    return model if model.startswith(REGISTRY) else str(find_model(model))
