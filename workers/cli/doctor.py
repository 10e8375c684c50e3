# SPDX-License-Identifier: Apache-2.0
"""`freshet doctor`: is everything here that a worker needs, and if not, what to do."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer
from rich.text import Text

from ..bundled import STARTER
from .broker import worker_settings
from .console import err, out, print_json
from .doctor_checks import Check, State, run_checks
from .options import BrokerOption, DeviceOption, JsonOption, PrecisionOption

app = typer.Typer(add_completion=False)
MARKS = {State.good: ("ok", "green"), State.note: ("note", "yellow"), State.bad: ("bad", "bold red")}


@app.command()
def doctor(
    model: Annotated[str, typer.Option(metavar="MODEL", help="The pipeline to try.")] = STARTER,
    registry: Annotated[
        str | None,
        typer.Option(
            envvar="FRESHET_REGISTRY",
            metavar="URL",
            help="Address of a model registry, such as redis://HOST:PORT.",
        ),
    ] = None,
    precision: PrecisionOption = "auto",
    device: DeviceOption = "cpu",
    as_json: JsonOption = False,
    broker: BrokerOption = None,
) -> None:
    """Check log, topics, extras, model, CPU, GPU and Redis. Exit code 1 where something is bad."""
    checks: list[Check] = []
    with err.status("looking") as status:
        for check in run_checks(worker_settings(broker), model, registry, precision, device):
            checks.append(check)
            status.update(f"{check.name} looked at")
            if not as_json:
                _print(check)
    if as_json:
        print_json([asdict(check) for check in checks])
    raise typer.Exit(1 if any(check.state is State.bad for check in checks) else 0)


def _print(check: Check) -> None:
    mark, style = MARKS[check.state]
    out.print(Text.assemble((f"{mark:5}", style), (f"{check.name:10}", "bold"), check.found))
    if check.advice:
        out.print(Text.assemble(" " * 15, ("-> ", style), check.advice))
