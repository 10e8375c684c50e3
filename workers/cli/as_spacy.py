# SPDX-License-Identifier: Apache-2.0
"""`--as-spacy`, beside every `--code`: `import spacy` in that file means Freshet, even where spaCy is
installed."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from typer.main import get_command

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
        command.params.append(_option())


def _option() -> Any:
    """The option, as Typer makes it of an argument."""
    app = typer.Typer(add_completion=False)

    @app.command()
    def with_option(
        as_spacy: Annotated[
            bool,
            typer.Option(
                "--as-spacy",
                callback=_take,
                help="In the --code file `import spacy` means Freshet, even where spaCy is installed.",
            ),
        ] = False,
    ) -> None:
        """Never run."""

    option = next(each for each in get_command(app).params if each.name == "as_spacy")
    option.expose_value = False
    return option


def _take(value: bool) -> bool:
    want(value)
    return value
