# SPDX-License-Identifier: Apache-2.0
"""Filling: every default of a config written out, of its sections and of the functions that it names."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from confection import Config

from .config import interpolate_config, is_block
from .parameters import parameters_of
from .registry import canonical, registry
from .sections import default_sections


def fill_config(config: Config) -> Config:
    """A copy with every default written out: sections of the pipeline, and arguments of registered functions.

    References stay references. What is there is never changed, and nothing is removed.
    """
    filled = Config(config).copy()
    for name, defaults in default_sections(filled).items():
        _merge_missing(filled.setdefault(name, {}), defaults)
    values = interpolate_config(Config(filled, is_interpolated=False))
    _fill_blocks(filled, values, str(values["nlp"].get("lang", "")))
    return Config(filled, is_interpolated=False)


def _merge_missing(target: dict[str, Any], defaults: Mapping[str, Any]) -> None:
    """Copy what is missing; a block that names another function keeps only its own arguments."""
    for key, value in defaults.items():
        if key not in target:
            target[key] = json.loads(json.dumps(value))
        elif _can_merge(target[key], value):
            _merge_missing(target[key], value)


def _can_merge(block: object, default: object) -> bool:
    """Whether both are sections, and the block names no other function than the default."""
    if not isinstance(block, dict) or not isinstance(default, Mapping):
        return False
    return not is_block(block) or _calls(block) == _calls(default)


def fill_block(block: dict[str, Any], function: Callable[..., Any]) -> None:
    """Write every default of one block, which a function takes, into it."""
    _write_defaults(block, function)
    _fill_blocks(block, dict(block), "")


def function_defaults(function: Callable[..., Any]) -> dict[str, Any]:
    """What a config says of a registered function's arguments where nobody says anything."""
    config_defaults: Mapping[str, Any] = getattr(function, "config_defaults", {})
    defaults: dict[str, Any] = {}
    for parameter in parameters_of(function):
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        if parameter.name in config_defaults:
            defaults[parameter.name] = json.loads(json.dumps(config_defaults[parameter.name]))
        elif parameter.default is not parameter.empty:
            default = parameter.default
            defaults[parameter.name] = list(default) if isinstance(default, tuple) else default
    return {**defaults, **{key: config_defaults[key] for key in config_defaults if key not in defaults}}


def _fill_blocks(target: dict[str, Any], values: Mapping[str, Any], lang: str) -> None:
    """Write the default arguments of every block of `values` into `target`, which may hold references."""
    for key, value in values.items():
        if not isinstance(value, Mapping) or not isinstance(target.get(key), dict):
            continue
        function = _function_or_none(value, lang)
        if function is not None:
            _write_defaults(target[key], function)
        _fill_blocks(target[key], {**target[key], **value}, lang)


def _function_or_none(block: Mapping[str, Any], lang: str) -> Callable[..., Any] | None:
    if "factory" in block and isinstance(block["factory"], str):
        names = (f"{lang}.{block['factory']}", block["factory"])
        return next(
            (registry.get("factories", name) for name in names if registry.has("factories", name)), None
        )
    keys = [key for key in block if isinstance(key, str) and key.startswith("@")]
    if len(keys) == 1 and registry.has(keys[0][1:], block[keys[0]]):
        return registry.get(keys[0][1:], block[keys[0]])
    return None


def _write_defaults(target: dict[str, Any], function: Callable[..., Any]) -> None:
    for key, default in function_defaults(function).items():
        if key not in target:
            target[key] = json.loads(json.dumps(default)) if isinstance(default, Mapping) else default
        elif _can_merge(target[key], default):
            _merge_missing(target[key], default)


def _calls(block: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Which function a block names, by our name."""
    return [
        (key, canonical(key[1:], str(value)))
        for key, value in block.items()
        if isinstance(key, str) and key.startswith("@")
    ]
