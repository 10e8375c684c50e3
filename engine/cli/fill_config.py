# SPDX-License-Identifier: Apache-2.0
"""Incomplete configs completed, and what was changed."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path

from confection import Config

from ..config.config import read_config
from ..config.default_values import fill_config as fill_defaults
from .init_config import refuse_unbuilt


def fill_config(
    output_file: str | Path, base_path: str | Path, *, pretraining: bool = False
) -> tuple[Config, Config]:
    """Write the config of a file with all defaults into another file; both, before and after. Raises:
    ConfigError."""
    refuse_unbuilt(pretraining=pretraining)
    base = read_config(base_path)
    filled = fill_defaults(base)
    if str(output_file) != "-":
        Path(output_file).write_text(config_text(filled), encoding="utf8")
    return base, filled


def config_text(config: Config) -> str:
    """The text of a config's file; references stay references."""
    text: str = config.to_str(interpolate=False)
    return text + "\n"


def difference(before: Config, after: Config, names: tuple[str, str] = ("before", "after")) -> Iterator[str]:
    """The lines of a unified diff of two configs."""
    return difflib.unified_diff(
        config_text(before).splitlines(),
        config_text(after).splitlines(),
        *names,
        lineterm="",
        n=2,
    )
