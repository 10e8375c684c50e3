# SPDX-License-Identifier: Apache-2.0
"""Commands that other packages bring: entry points of the groups `freshet_cli` and `spacy_cli`.

An entry point names a Typer application, a command of click, or a function, which becomes a command.
"""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points
from typing import Any

import typer
from typer.main import get_command

GROUPS = ("spacy_cli", "freshet_cli")
"""A name of the later group goes first."""


class PluginError(typer.BadParameter):
    """Another package's command cannot be loaded; the message names the package."""


def plugin_names() -> list[str]:
    """The names of all commands that other packages bring, sorted."""
    return sorted(_found())


def plugin_help(name: str) -> str | None:
    """A line about a command of another package, which is not loaded for it; None where there is none."""
    entry = _found().get(name)
    return None if entry is None else f"Of the package {package_of(entry)}."


def package_of(entry: EntryPoint) -> str:
    """The package that brings an entry point."""
    return entry.dist.name if entry.dist is not None else entry.value


def plugin_command(name: str) -> Any:
    """The command of that name, None where no package brings it. Raises: PluginError where it cannot be
    loaded."""
    entry = _found().get(name)
    if entry is None:
        return None
    try:
        value = entry.load()
    except Exception as error:  # another package's code: whatever it raises, its name has to be said
        raise PluginError(
            f"expected the command {name!r} of the package {package_of(entry)!r} to load, got "
            f"{type(error).__name__}: {error}"
        ) from error
    return as_command(value, name)


def as_command(value: Any, name: str) -> Any:
    """A command of what an entry point names. Raises: PluginError where it is something else."""
    if not isinstance(value, typer.Typer):
        if hasattr(value, "main") and hasattr(value, "params"):  # a command of click
            return value
        if not callable(value):
            raise PluginError(f"expected a Typer application or a function for {name!r}, got {value!r}")
        application = typer.Typer(add_completion=False)
        application.command(name, help=value.__doc__)(value)
        value = application
    command = get_command(value)
    command.name = name
    return command


def _found() -> dict[str, EntryPoint]:
    return {entry.name: entry for group in GROUPS for entry in entry_points(group=group)}
