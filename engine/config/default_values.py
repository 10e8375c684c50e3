# SPDX-License-Identifier: Apache-2.0
"""Filling: every default of a config written out, of its sections and of the functions that it names."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping
from typing import Any

from confection import Config

from .config import interpolate_config, is_block
from .registry import registry
from .sections import default_sections


def fill_config(config: Config) -> Config:
    """A copy with every default written out: sections of the pipeline, and arguments of registered functions.

    References stay references. What is there is never changed, and nothing is removed.
    """
    filled = Config(config).copy()
    for name, defaults in default_sections(filled).items():
        _merge_missing(filled.setdefault(name, {}), defaults)
    values = interpolate_config(Config(filled, is_interpolated=False))
    _fill_blocks(filled, values)
    return Config(filled, is_interpolated=False)


def _merge_missing(target: dict[str, Any], defaults: Mapping[str, Any]) -> None:
    """Copy what is missing; a block that names another function keeps only its own arguments."""
    for key, value in defaults.items():
        if key not in target:
            target[key] = json.loads(json.dumps(value))
        elif isinstance(value, Mapping) and isinstance(target[key], dict) and not is_block(target[key]):
            _merge_missing(target[key], value)


def _fill_blocks(target: dict[str, Any], values: Mapping[str, Any]) -> None:
    """Write the default arguments of every block of `values` into `target`, which may hold references."""
    for key, value in values.items():
        if not isinstance(value, Mapping) or not isinstance(target.get(key), dict):
            continue
        function = _function_or_none(value)
        if function is not None:
            _write_defaults(target[key], function)
        _fill_blocks(target[key], {**target[key], **value})


def _function_or_none(block: Mapping[str, Any]) -> Callable[..., Any] | None:
    if "factory" in block and isinstance(block["factory"], str):
        return (
            registry.get("factories", block["factory"])
            if registry.has("factories", block["factory"])
            else None
        )
    keys = [key for key in block if isinstance(key, str) and key.startswith("@")]
    if len(keys) == 1 and registry.has(keys[0][1:], block[keys[0]]):
        return registry.get(keys[0][1:], block[keys[0]])
    return None


def _write_defaults(target: dict[str, Any], function: Callable[..., Any]) -> None:
    config_defaults: Mapping[str, Any] = getattr(function, "config_defaults", {})
    for parameter in inspect.signature(function).parameters.values():
        if parameter.name in target or parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        if parameter.name in config_defaults:
            target[parameter.name] = json.loads(json.dumps(config_defaults[parameter.name]))
        elif parameter.default is not parameter.empty:
            target[parameter.name] = (
                list(parameter.default) if isinstance(parameter.default, tuple) else parameter.default
            )
