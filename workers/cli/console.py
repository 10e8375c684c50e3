# SPDX-License-Identifier: Apache-2.0
"""What commands share: consoles, the broker that is meant, progress."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from ..settings import WorkerSettings, read_settings
from ..transports.address import open_transport
from ..transports.base import Admin, Transport

out = Console(highlight=False, soft_wrap=True)
"""For what was asked for; goes into pipes."""

err = Console(stderr=True, highlight=False, soft_wrap=True)
"""For progress and remarks; never in a pipe's way."""

BrokerOption = Annotated[
    str | None,
    typer.Option(
        "--broker",
        metavar="URL",
        help="embedded:DIR or kafka://HOST:PORT[,...]; else FRESHET_BROKER, else embedded:./.freshet",
    ),
]
RegistryOption = Annotated[
    str | None,
    typer.Option(
        "--registry",
        metavar="URL",
        help="embedded:DIR, redis://..., rediss://..., unix://... or sentinel://...; else "
        "FRESHET_REGISTRY, else embedded:./.freshet",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]
ModelArgument = Annotated[
    str,
    typer.Argument(
        metavar="MODEL", help="A pipeline's folder, or en_starter for the one that comes with Freshet."
    ),
]


def worker_settings(broker: str | None = None, **flags: object) -> WorkerSettings:
    """The settings of this environment, with what the command line says on top."""
    return read_settings({}, os.environ, flags | ({"broker": broker} if broker else {}))


@contextmanager
def opened(broker: str | None) -> Iterator[Transport]:
    """The log that the command line, the environment or the default names."""
    with closing(open_transport(worker_settings(broker).broker)) as transport:
        yield transport


@contextmanager
def opened_admin(broker: str | None) -> Iterator[Admin]:
    """That log's topics and lags."""
    with opened(broker) as transport, closing(transport.admin()) as admin:
        yield admin


def progress(unit: str) -> Progress:
    """A progress bar on stderr, seen only where stderr is a terminal."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(unit),
        TimeElapsedColumn(),
    )
    return Progress(*columns, console=err, transient=True, disable=not err.is_terminal)


def print_json(value: object) -> None:
    """One line of JSON on stdout."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")
