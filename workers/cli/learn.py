# SPDX-License-Identifier: Apache-2.0
"""`freshet learn`: the streaming trainer, until it is told to stop."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path
from typing import Annotated

import typer

from engine.config.config import read_config

from ..bundled import find_config
from ..errors import SettingsError
from ..http import serving_health
from ..settings import WorkerSettings
from ..settings.sources import environment
from ..signals import stop_on_signals
from ..trainer.telemetry import TrainerTelemetry
from ..trainer.trainer import run_trainer
from ..trainer.trainer_config import read_trainer_config
from .broker import worker_settings
from .config_overrides import PASS_THROUGH, read_overrides
from .console import err, log_to_stderr
from .options import BrokerOption, CodeOption
from .user_code import load_code

app = typer.Typer(add_completion=False)
END_AFTER = 120.0
"""Seconds in which a learner that is stopped ends its step; whatever keeps it, it may be killed anywhere."""

RegistryOption = Annotated[
    str | None,
    typer.Option(
        "--registry",
        metavar="URL",
        help="embedded:DIR, redis://..., rediss://..., unix://... or sentinel://...; else the config's.",
    ),
]


@app.command(context_settings=PASS_THROUGH)
def learn(
    ctx: typer.Context,
    config: Annotated[
        str,
        typer.Argument(
            metavar="CONFIG", help="A learning config; learn.cfg is the one that comes with Freshet."
        ),
    ],
    broker: BrokerOption = None,
    registry: RegistryOption = None,
    until_end: Annotated[
        bool, typer.Option("--until-end", help="Stop at the log's end, instead of waiting for more.")
    ] = False,
    code: CodeOption = None,
) -> None:
    """Learn from corrections as they come; put candidates into the registry, promote those that pass the
    gate.

    Goes on where the last run stopped or fell. Every value of the config may be given as --section.key VALUE.
    """
    log_to_stderr()
    load_code(code)
    told = environment(WorkerSettings, os.environ).text_of
    trainer_config = read_trainer_config(
        read_config(find_learning_config(config), read_overrides(ctx.args)),
        broker=broker or told("broker"),
        registry=registry or told("registry"),
    )
    stop, telemetry = threading.Event(), TrainerTelemetry()
    health = serving_health(telemetry.health, telemetry.text, worker_settings())
    with stop_on_signals(stop, END_AFTER) as at_work, health:
        at_work.set()
        session = run_trainer(
            trainer_config,
            stdout=sys.stdout,
            stderr=sys.stderr,
            until_end=until_end,
            stopped=stop.is_set,
            telemetry=telemetry,
        )
    counts = (
        ", ".join(f"{n} {what}" for what, n in sorted(session.parts.filter.counts.items())) or "nothing read"
    )
    err.print(f"{session.progress.step} steps; {counts}; stopped at {session.positions}")


def find_learning_config(given: str) -> Path:
    """The file, or, by its name alone or in `configs`, one that comes with Freshet.

    Raises: SettingsError where there is none: a config of one's own that is missing is not ours.
    """
    path = Path(given)
    if path.is_file():
        return path
    if path.parent in (Path(), Path("configs")):
        return find_config(path.name)
    raise SettingsError(
        f"expected a learning config, got {given!r}, where there is no file; `learn.cfg` alone names the one "
        "that comes with Freshet"
    )
