# SPDX-License-Identifier: Apache-2.0
"""Options given as `--section.key value`, for commands whose options are a config's values."""

from __future__ import annotations

from collections.abc import Sequence

import typer

from engine.config.config import ConfigError, parse_overrides

PASS_THROUGH = {"allow_extra_args": True, "ignore_unknown_options": True}
"""Context settings of a command that takes such options."""


def read_overrides(arguments: Sequence[str]) -> dict[str, object]:
    """Dotted names and their values; wrong ones are usage errors.

    >>> read_overrides(["--training.max_steps", "20", "--paths.data=corpus"])
    {'training.max_steps': 20, 'paths.data': 'corpus'}
    """
    try:
        return parse_overrides(arguments)
    except ConfigError as error:
        raise typer.BadParameter(f"{error}; see --help for this command's own options") from None


def split_overrides(
    overrides: dict[str, object], section: str
) -> tuple[dict[str, object], dict[str, object]]:
    """The values of one section, by their names inside it, and all others."""
    inside = {
        name.removeprefix(f"{section}."): value
        for name, value in overrides.items()
        if name.startswith(f"{section}.")
    }
    return inside, {name: value for name, value in overrides.items() if not name.startswith(f"{section}.")}
