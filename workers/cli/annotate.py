# SPDX-License-Identifier: Apache-2.0
"""`freshet annotate`: one annotator worker, until it is told to stop."""

from __future__ import annotations

import logging
import os
from contextlib import closing
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from engine.config import read_config

from ..annotator import run_annotator
from ..bundled import find_model
from ..pipeline_model import pipeline_model
from ..settings import WorkerSettings, read_settings
from ..transports.opening import open_transport
from .common import BrokerOption
from .overrides import PASS_THROUGH, read_overrides, split_overrides
from .pipelines import CodeOption, ComponentsOption, DeviceOption, ExcludeOption, PrecisionOption, load_pipeline

app = typer.Typer(add_completion=False)


class LogLevel(StrEnum):
    """How much is told."""

    debug = "debug"
    info = "info"
    warning = "warning"
    error = "error"


@app.command(context_settings=PASS_THROUGH)
def annotate(
    ctx: typer.Context,
    model_or_config: Annotated[str, typer.Argument(metavar="CONFIG_OR_MODEL", help="A worker config, a pipeline's folder, or en_starter.")],
    broker: BrokerOption = None,
    log_level: Annotated[LogLevel, typer.Option(help="What goes to stderr.")] = LogLevel.info,
    exclude: ExcludeOption = None,
    components: ComponentsOption = None,
    code: CodeOption = None,
    precision: PrecisionOption = "auto",
    device: DeviceOption = "cpu",
) -> None:
    """Annotate the texts of a topic, exactly once, until SIGTERM or Ctrl-C.

    Every setting may be given as --worker.NAME VALUE, such as --worker.threads 4 or --worker.batching.max_batch_tokens 8192.
    """
    _log_to_stderr(log_level)
    flags, others = split_overrides(read_overrides(ctx.args), "worker")
    settings, folder = _plan(model_or_config, others, flags | ({"broker": broker} if broker else {}))
    pipeline = load_pipeline(folder, exclude, components, code, precision=precision, device=device)
    with closing(open_transport(settings.broker)) as transport:
        raise typer.Exit(run_annotator(settings, transport, pipeline_model(pipeline, settings.output_format)))


def _log_to_stderr(level: LogLevel) -> None:
    logging.basicConfig(level=level.upper(), format="%(asctime)s %(levelname)-7s %(name)s: %(message)s")
    if level is not LogLevel.debug:
        # kafka-python tells of every connection at the level info.
        logging.getLogger("kafka").setLevel(max(logging.WARNING, logging.getLevelName(level.upper())))


def _plan(model_or_config: str, overrides: dict[str, object], flags: dict[str, object]) -> tuple[WorkerSettings, Path]:
    """Settings and the pipeline's folder: of a config file, or of a folder and the environment alone."""
    if not model_or_config.endswith(".cfg"):
        if overrides:
            raise typer.BadParameter(
                f"expected --worker.NAME options only, got --{next(iter(overrides))}; other sections need a config file"
            )
        return read_settings({}, os.environ, flags), find_model(model_or_config)
    config = read_config(model_or_config, overrides, interpolate=True)
    model = config.get("paths", {}).get("model") or "en_starter"
    return read_settings(config.get("worker", {}), os.environ, flags), find_model(str(model))
