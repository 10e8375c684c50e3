# SPDX-License-Identifier: Apache-2.0
"""`freshet stream-app`: corrections validated, counted and served, beside the fleet."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from contextlib import closing
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer

from engine.extras import FAUST

from ..annotator.instance_id import InstanceId
from ..corrections import CorrectionSettings, CorrectionWorker, WindowSettings, make_output_topics
from ..corrections.stream_metrics import stream_metrics
from ..http import METRICS_PATH, PATH, serve_tables, serving_health
from ..settings import WorkerSettings
from ..signals import END_MARGIN, stop_on_signals
from ..transports import open_transport, shown_address
from .broker import worker_settings
from .console import err, log_to_stderr
from .options import BrokerOption

app = typer.Typer(add_completion=False)


@app.command("stream-app")
def stream_app(
    topic: Annotated[str, typer.Option(help="Topic of corrections.")] = "corrections",
    output: Annotated[
        str | None, typer.Option(help="Topic of validated corrections; by default TOPIC.valid.")
    ] = None,
    annotations: Annotated[
        str, typer.Option(help="Topic of the annotations that are corrected; empty: join nothing.")
    ] = "annotations",
    group: Annotated[str, typer.Option(help="Consumer group, of this app alone.")] = "freshet-corrections",
    window: Annotated[int, typer.Option(min=1, help="Seconds of a window of the tables.")] = 3600,
    windows: Annotated[int, typer.Option(min=1, help="So many windows are kept.")] = 48,
    port: Annotated[
        int,
        typer.Option(
            min=0,
            max=65535,
            help="Where the tables are served, on loopback; 0: any free port (not on Kafka).",
        ),
    ] = 6066,
    data_dir: Annotated[
        Path | None, typer.Option(help="Faust's working folder; by default a temporary one.")
    ] = None,
    broker: BrokerOption = None,
) -> None:
    """Validate, join and count corrections; serve the counts at http://127.0.0.1:PORT/corrections/tables/.

    On kafka://... this is a Faust app, at least once with ids that make a repeat harmless; on an embedded log
    the same functions run in a worker that commits exactly once. Output topics that are missing are made,
    with as many partitions as the corrections have.
    """
    settings = CorrectionSettings(
        topic,
        output or f"{topic}.valid",
        annotations=annotations,
        group=group,
        windows=WindowSettings(window, windows),
    )
    shared = worker_settings(broker)
    is_kafka = shared.broker.startswith("kafka://")
    if is_kafka:
        FAUST.require("freshet stream-app on kafka://")
    log_to_stderr()
    with closing(open_transport(shared.broker)) as transport:
        make_output_topics(transport, settings)
    with InstanceId(shown_address(shared.broker), group) as slot:
        name = shared.slot or slot.name
        if is_kafka:
            # the extra's modules are imported by nobody else
            import_module("workers.corrections.faust_worker").run(shared, settings, port, name, data_dir)
        else:
            _run_worker(shared, settings, port, name)


def _run_worker(shared: WorkerSettings, settings: CorrectionSettings, port: int, slot: str) -> None:
    stop = threading.Event()
    limit = shared.drain_timeout + END_MARGIN
    with stop_on_signals(stop, limit) as at_work, closing(open_transport(shared.broker)) as transport:
        worker = CorrectionWorker(transport, settings, slot=slot)
        handler = worker.handler

        def metrics(report: Mapping[str, Any]) -> bytes:
            return stream_metrics(report, handler.newest_ms)

        with (
            serving_health(worker.health, lambda: metrics(handler.report()), shared),
            closing(serve_tables(handler.report, port, metrics)) as server,
        ):
            err.print(f"corrections at {server.address}{PATH}, metrics at {METRICS_PATH}")
            at_work.set()
            worker.run(stop)
