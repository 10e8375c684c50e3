# SPDX-License-Identifier: Apache-2.0
"""Options given as `--section.key value`, for commands whose options are a config's values, and the config
that they change."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

import typer

from engine import Config, read_config
from engine.config.config import ConfigError, parse_config, parse_overrides
from engine.config.default_values import fill_and_override

PASS_THROUGH = {"allow_extra_args": True, "ignore_unknown_options": True}
"""Context settings of a command that takes such options."""

ENVIRONMENT = ("SPACY_CONFIG_OVERRIDES", "FRESHET_CONFIG_OVERRIDES")
"""Variables that hold such options, as they would be typed; a later one outweighs an earlier one, and what is
typed outweighs both."""

STANDARD_INPUT = "-"


def read_overrides(arguments: Sequence[str]) -> dict[str, object]:
    """Dotted names and their values, of the environment too; wrong ones are usage errors.

    >>> read_overrides(["--training.max_steps", "20", "--paths.data=corpus"])
    {'training.max_steps': 20, 'paths.data': 'corpus'}
    """
    found: dict[str, object] = {}
    for name in ENVIRONMENT:
        found |= _parse(shlex.split(os.environ.get(name, "")), f"{name}: ")
    return found | _parse(arguments, "")


def read_command_config(path: Path) -> Config:
    """The config of a file, or `-` for standard input."""
    if str(path) == STANDARD_INPUT:
        return parse_config(sys.stdin.read())
    return read_config(path)


def read_filled_config(path: Path, arguments: Sequence[str]) -> Config:
    """The same with all defaults written out and the options of environment and command line put in."""
    return fill_and_override(read_command_config(path), read_overrides(arguments))


def _parse(words: Sequence[str], where: str) -> dict[str, object]:
    try:
        return parse_overrides(words)
    except ConfigError as error:
        raise typer.BadParameter(f"{where}{error}; see --help for this command's own options") from None
