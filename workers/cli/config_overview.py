# SPDX-License-Identifier: Apache-2.0
"""What a config refers to: the functions that it names, and its references with what they mean."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from engine import Config
from engine.config.config import interpolate_config

REFERENCE = re.compile(r"\$\{[^}]+\}")


def functions_of(config: Config) -> Iterator[tuple[str, str, str]]:
    """Path, namespace and name of every function that a config names."""
    yield from _functions(interpolate_config(config), ())


def variables_of(config: Config) -> dict[str, str]:
    """Every `${section.key}` and its value, as JSON, in the order of the file."""
    values = interpolate_config(config)
    found = dict.fromkeys(REFERENCE.findall(json.dumps(config)))
    return {reference: _value(values, reference) for reference in found}


def _functions(values: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[tuple[str, str, str]]:
    for key, value in values.items():
        if key.startswith("@") and isinstance(value, str):
            yield ".".join(path), key[1:], value
        elif key == "factory" and len(path) == 2 and path[0] == "components":
            yield ".".join(path), "factories", str(value)
        elif isinstance(value, Mapping):
            yield from _functions(value, (*path, key))


def _value(values: Mapping[str, Any], reference: str) -> str:
    node: Any = values
    for part in re.split(r"[.:]", reference[2:-1]):
        node = node.get(part) if isinstance(node, Mapping) else None
    return json.dumps(node)
