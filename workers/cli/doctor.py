# SPDX-License-Identifier: Apache-2.0
"""`freshet doctor`: is everything here that a worker needs, and if not, what to do."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

import typer
from rich.text import Text

from ..bundled import STARTER
from ..corrections import CorrectionSettings
from ..model_registry import DEFAULT_NAME
from ..redaction import redact
from ..settings import WorkerSettings
from ..settings.sources import environment
from ..transports import shown_address
from .acls import KEEPERS, Role, redis_rights, rights_of
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
    acls: Annotated[
        bool,
        typer.Option("--acls", help="Print the rights that workers need in Kafka and Redis; check nothing."),
    ] = False,
    role: Annotated[Role | None, typer.Option(help="With --acls: of this kind of worker alone.")] = None,
    principal: Annotated[
        str, typer.Option(metavar="NAME", help="With --acls: who gets them; by default freshet-ROLE.")
    ] = "",
) -> None:
    """Check log, topics, extras, model, CPU, GPU and Redis. Exit code 1 where something is bad."""
    if acls:
        _print_acls(worker_settings(broker), [role] if role else list(Role), principal, as_json)
        return
    checks: list[Check] = []
    registry = registry or environment(WorkerSettings, os.environ).text_of("registry") or None
    with err.status("looking") as status:
        for check in run_checks(worker_settings(broker), model, registry, precision, device):
            checks.append(check)
            status.update(f"{check.name} looked at")
            if not as_json:
                _print(check)
    if as_json:
        print_json([{key: redact(value) for key, value in asdict(check).items()} for check in checks])
    raise typer.Exit(1 if any(check.state is State.bad for check in checks) else 0)


def _print_acls(settings: WorkerSettings, roles: Sequence[Role], principal: str, as_json: bool) -> None:
    """Lines for Kafka's own tool and for redis-cli, or all of it as JSON."""
    servers = shown_address(settings.broker).removeprefix("kafka://")
    name = os.environ.get("FRESHET_REGISTRY_NAME", DEFAULT_NAME)
    told: list[dict[str, object]] = []
    for role in roles:
        who = principal or f"freshet-{role}"
        rights = rights_of(role, settings, CorrectionSettings())
        told += [{"role": role, "principal": who, **asdict(right)} for right in rights]
        if not as_json:
            out.print(f"# {role}", markup=False)
            for right in rights:
                out.print(f"{right.command(who, servers)}  # {right.why}", markup=False)
            if role in KEEPERS:
                out.print(f"{redis_rights(who, name)}  # in Redis or Valkey, by redis-cli", markup=False)
    if as_json:
        print_json(told)


def _print(check: Check) -> None:
    mark, style = MARKS[check.state]
    out.print(Text.assemble((f"{mark:5}", style), (f"{check.name:10}", "bold"), redact(check.found)))
    if check.advice:
        out.print(Text.assemble(" " * 15, ("-> ", style), redact(check.advice)))
