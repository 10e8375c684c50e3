# SPDX-License-Identifier: Apache-2.0
"""`freshet console`: look, correct, publish, see it go live."""

from __future__ import annotations

import os
import threading
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from confection import Config

from ..console.server import ready_registry, serving
from ..console.sessions import ROLES, Person, Role, make_token, open_sessions, role_of
from ..errors import SettingsError
from ..http import LOOPBACK
from ..model_registry import DEFAULT_NAME, ModelRegistry, RegistryError, open_registry
from ..settings import ConsoleSettings, read_console_settings
from ..signals import StoppedEarly, stop_on_signals
from .broker import worker_settings
from .console import err, log_to_stderr, out
from .options import BrokerOption, RegistryOption
from .registry_options import this_user

app = typer.Typer(
    help="The web console: look at annotations, correct them, see a correction go live.",
    add_completion=False,
    invoke_without_command=True,
)
DataOption = Annotated[
    Path, typer.Option("--data-dir", metavar="DIR", help="Where the key is that signs links and cookies.")
]
DATA = Path(".freshet")


@app.callback()
def console(
    context: typer.Context,
    config: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A config with a [console] section.")
    ] = None,
    host: Annotated[
        str | None, typer.Option(help="Address to listen on; by default this machine's own.")
    ] = None,
    port: Annotated[int | None, typer.Option(help="Port; 0: any free one. By default 7117.")] = None,
    read_only: Annotated[bool, typer.Option("--read-only", help="Nobody may change anything.")] = False,
    second_opinion: Annotated[
        bool,
        typer.Option(
            "--second-opinion/--no-second-opinion",
            help="Let a child process with the engine compare the champion with its rival, for the queue of "
            "texts on which they disagree.",
        ),
    ] = False,
    held_out: Annotated[
        float | None, typer.Option(metavar="PERCENT", help="The trainer's held_out_percent; by default 10.")
    ] = None,
    name: Annotated[
        str, typer.Option(envvar="FRESHET_REGISTRY_NAME", help="The model's name in the registry.")
    ] = DEFAULT_NAME,
    say_link: Annotated[
        bool, typer.Option("--link/--no-link", help="Print a link that logs this user in.")
    ] = True,
    data_dir: DataOption = DATA,
    broker: BrokerOption = None,
    registry: RegistryOption = None,
) -> None:
    """Serve the console until it is stopped, and print a link that logs this user in, once."""
    if context.invoked_subcommand is not None:
        return
    log_to_stderr()
    settings = _settings(config, host=host, port=port, read_only=read_only, held_out=held_out)
    workers = worker_settings(broker, registry)
    sessions = open_sessions(data_dir, os.environ)
    stop = threading.Event()
    with suppress(StoppedEarly), stop_on_signals(stop) as at_work, ExitStack() as stack:
        models = _open_registry(stack, workers.registry, name)
        _, server = stack.enter_context(
            serving(settings, workers, models, sessions, second_opinion=second_opinion)
        )
        at_work.set()
        if say_link:
            token = sessions.link_token(Person(this_user(), Role.OPERATE))
            out.print(f"console at {link(server.address, token)}", soft_wrap=True)
        stop.wait()


@app.command("link")
def new_link(
    port: Annotated[int, typer.Option(help="The console's port.")] = ConsoleSettings().port,
    name: Annotated[str | None, typer.Option(help="Who logs in; else this user.")] = None,
    role: Annotated[str, typer.Option(help=f"What they may do: {', '.join(ROLES)}.")] = "operate",
    data_dir: DataOption = DATA,
) -> None:
    """Print another link that logs somebody in: once, within ten minutes."""
    person = Person(name or this_user(), role_of(role, "--role"))
    token = open_sessions(data_dir, os.environ).link_token(person)
    out.print(link(f"http://{LOOPBACK}:{port}", token), soft_wrap=True)


@app.command("token")
def new_token(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Whose it is; stands as author.")],
    role: Annotated[str, typer.Option(help=f"What they may do: {', '.join(ROLES)}.")] = "annotate",
) -> None:
    """Make a token for a person: it is printed once, the line for FRESHET_CONSOLE_TOKENS_FILE beside it."""
    token, line = make_token(name, role_of(role, "--role"))
    err.print(f"give this to {name}, it is not kept anywhere: {token}", markup=False)
    out.print(line, markup=False, soft_wrap=True)


def link(address: str, token: str) -> str:
    """Where a browser logs in."""
    return f"{address}/login?token={token}"


def _settings(
    config: Path | None, *, host: str | None, port: int | None, read_only: bool, held_out: float | None
) -> ConsoleSettings:
    section = {} if config is None else dict(_section(config))
    given = {"host": host, "port": port, "held_out_percent": held_out}
    flags = {key: value for key, value in given.items() if value is not None}
    settings = read_console_settings(section, flags)
    return replace(settings, read_only=True) if read_only else settings


def _section(path: Path) -> dict[str, object]:
    try:
        found = Config().from_disk(path)
    except (OSError, ValueError) as error:
        raise SettingsError(f"--config: expected a readable config, got {path} ({error})") from error
    return dict(found.get("console", {}))


def _open_registry(stack: ExitStack, address: str, name: str) -> ModelRegistry | None:
    """The registry, also one that is away now; None where there can be none."""
    try:
        registry = stack.enter_context(open_registry(address, name))
    except RegistryError as error:
        err.print(f"no registry, so nothing is said about versions: {error}", style="yellow", markup=False)
        return None
    if why := ready_registry(registry):
        err.print(f"the registry is away now: {why}", style="yellow", markup=False)
    return registry
