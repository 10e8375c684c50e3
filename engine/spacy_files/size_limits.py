# SPDX-License-Identifier: Apache-2.0
"""Bounds on the numbers of a config that came with a download: beyond them a model is a mistake or an
attack."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..config.config import interpolate_config
from ..errors import ModelFileError

MAX_LAYERS = 256
MAX_SIZE = 1 << 28
SMALL = frozenset({"depth", "maxout_pieces", "ngram_size", "window_size", "nC"})
"""Settings that count layers, pieces or positions; all other numbers are sizes."""


def check_sizes(config: Any, file: Path) -> None:
    """Raises: ModelFileError where a number of a component is beyond all reason."""
    for path, value in _numbers(interpolate_config(config).get("components", {}), ("components",)):
        limit = MAX_LAYERS if path[-1] in SMALL else MAX_SIZE
        if abs(value) > limit:
            raise ModelFileError(f"{file}: expected {' -> '.join(path)} up to {limit}, got {value}")


def _numbers(value: Any, path: tuple[str, ...]) -> Any:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _numbers(item, (*path, str(key)))
    elif isinstance(value, list):
        for item in value:
            yield from _numbers(item, path)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield path, value
