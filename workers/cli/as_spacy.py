# SPDX-License-Identifier: Apache-2.0
"""`--as-spacy`, beside every `--code`: `import spacy` in that file means Freshet, even where spaCy is
installed."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperOption

NAME = "--as-spacy"

_wanted = [False]


def is_wanted() -> bool:
    """Whether the command line said so."""
    return _wanted[0]


def want(wanted: bool) -> None:
    """Take it from the command line."""
    _wanted[0] = wanted


def add_option(command: Any) -> None:
    """Give a command, and those below it, the option where they have `--code`."""
    for below in getattr(command, "commands", {}).values():
        add_option(below)
    if any(parameter.name == "code" for parameter in command.params):
        command.params.append(
            TyperOption(
                param_decls=[NAME],
                is_flag=True,
                expose_value=False,
                callback=_take,
                help="In the --code file `import spacy` means Freshet, even where spaCy is installed.",
            )
        )


def _take(ctx: typer.Context, parameter: Any, value: bool) -> bool:
    want(bool(value))
    return value
