# SPDX-License-Identifier: Apache-2.0
"""Incomplete configs completed, and what was changed."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from confection import Config

from ..config.config import read_config
from ..config.default_values import fill_config as fill_defaults
from .init_config import with_pretraining


def fill_config(
    output_file: str | Path, base_path: str | Path, *, pretraining: bool = False
) -> tuple[Config, Config]:
    """Write the config of a file with all defaults into another file; both, before and after. Raises:
    ConfigError."""
    base = read_config(base_path)
    filled = fill_defaults(with_pretraining(base) if pretraining else base)
    if str(output_file) != "-":
        Path(output_file).write_text(config_text(filled), encoding="utf8")
    return base, filled


def config_text(config: Config) -> str:
    """The text of a config's file; references stay references."""
    text: str = config.to_str(interpolate=False)
    return text + "\n"


def difference(before: Config, after: Config, names: tuple[str, str] = ("before", "after")) -> Iterator[str]:
    """The lines of a unified diff of two configs, the second one in the order of the first."""
    ordered = Config(_in_order_of(before, after), is_interpolated=False)
    return difflib.unified_diff(
        config_text(before).splitlines(),
        config_text(ordered).splitlines(),
        *names,
        lineterm="",
        n=2,
    )


def _in_order_of(model: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    keys = [key for key in model if key in values] + [key for key in values if key not in model]
    return {
        key: _in_order_of(model.get(key, {}), values[key])
        if isinstance(values[key], Mapping) and isinstance(model.get(key, {}), Mapping)
        else values[key]
        for key in keys
    }
