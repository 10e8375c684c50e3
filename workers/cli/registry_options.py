# SPDX-License-Identifier: Apache-2.0
"""Options of the commands that read and change a model registry, and who it is that changes it."""

from __future__ import annotations

import getpass
import os
from typing import Annotated

import typer

DEFAULT = "embedded:./.freshet"

RegistryOption = Annotated[
    str,
    typer.Option(
        "--registry",
        envvar="FRESHET_REGISTRY",
        metavar="URL",
        help="embedded:DIR, redis://HOST:PORT, rediss://..., unix://SOCKET or "
        "sentinel://HOST:PORT,.../SERVICE.",
    ),
]
NameOption = Annotated[
    str,
    typer.Option("--name", envvar="FRESHET_REGISTRY_NAME", metavar="NAME", help="Which model's registry."),
]
ActorOption = Annotated[
    str | None, typer.Option("--actor", metavar="NAME", help="Who does it; else this user.")
]
ReasonOption = Annotated[
    str, typer.Option("--reason", metavar="TEXT", help="Why; stands in the audit chain.")
]


def this_user() -> str:
    """The name of who runs the command."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        return f"uid {os.getuid()}"
