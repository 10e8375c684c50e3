# SPDX-License-Identifier: Apache-2.0
"""Filling: every default of a config written out, of its sections and of the functions that it names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from confection import Config

from .config import ConfigError, apply_overrides, does_something, interpolate_config, is_block, short
from .documented_names import with_documented_names
from .parameters import parameters_of
from .registry import canonical, registry
from .score_weights import fill_score_weights
from .sections import default_sections

SECTION_NAMES = ("paths", "system", "nlp", "components", "corpora", "training", "initialize", "pretraining")
OF_LEARNING = ("corpora", "pretraining", "training")
"""Sections whose functions annotating does not need; naming them imports the files that learn."""
WEIGHTS = ("training", "score_weights")


def fill_config(config: Config, *, learning: bool = True) -> Config:
    """A copy with every default written out: sections of the pipeline, arguments of registered functions, and
    the components' score weights. `learning`: also arguments of functions that only learning needs; else
    `fill_learning` writes them.

    References stay references. What is there is never changed, and nothing is removed; only score weights,
    where some are added, are set in proportion, so that all add up to 1. Functions that are written go by
    their public names.
    """
    filled = Config(config).copy()
    check_form(interpolate_config(filled))
    for name, defaults in default_sections(filled).items():
        if not is_block(filled.setdefault(name, {})):  # one function may make a whole section
            _merge_missing(filled[name], defaults)
    values = interpolate_config(Config(filled, is_interpolated=False))
    wanted = {name: section for name, section in values.items() if learning or name not in OF_LEARNING}
    _fill_blocks(filled, wanted, str(values["nlp"].get("lang", "")))
    given = values.get("training", {}).get("score_weights", {})
    if isinstance(given, Mapping) and not isinstance(filled["training"], str):
        filled["training"]["score_weights"] = fill_score_weights(given, values)
    return Config(filled, is_interpolated=False)


def fill_learning(config: Config) -> None:
    """Write the arguments in that `fill_config` has left out."""
    values = interpolate_config(Config(config, is_interpolated=False))
    wanted = {name: values[name] for name in OF_LEARNING if name in values}
    _fill_blocks(config, wanted, str(values["nlp"].get("lang", "")))


def check_form(values: Mapping[str, Any]) -> None:
    """Raises: ConfigError where a section is none, or what is read before all else has another form."""
    for name in SECTION_NAMES:
        if not isinstance(values.get(name, {}), Mapping):
            raise ConfigError((name,), f"expected a section, got {short(values[name])}")
    for key in ("pipeline", "disabled"):
        _expect_names(values.get("nlp", {}).get(key, []), ("nlp", key))
    for name, block in values.get("components", {}).items():
        if not isinstance(block, Mapping):
            raise ConfigError(
                ("components", name), f"expected the section of a component, got {short(block)}"
            )
    weights = values.get("training", {}).get("score_weights", {})
    if not isinstance(weights, Mapping):
        raise ConfigError(WEIGHTS, f"expected weights by the names of scores, got {short(weights)}")
    for name, weight in weights.items():
        if not isinstance(weight, int | float | None) or isinstance(weight, bool):
            raise ConfigError((*WEIGHTS, name), f"expected a number or null, got {short(weight)}")


def _expect_names(value: Any, path: tuple[str, ...]) -> None:
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise ConfigError(path, f"expected a list of components' names, got {short(value)}")


def fill_and_override(config: Config, overrides: Mapping[str, object]) -> Config:
    """A filled copy with `section.key` values put in, which may belong to sections that only the defaults
    have.

    Raises: ConfigError where an override or a reference leads nowhere.
    """
    if not overrides:
        return fill_config(config)
    early = Config(config).copy()
    for name in default_sections(early):
        early.setdefault(name, {})
    put_in: dict[str, object] = {}
    left: dict[str, object] = {}
    for dotted, value in overrides.items():
        *sections, key = dotted.split(".")
        early_enough = _has_section(early, dotted) and sections and does_something(early, sections, key)
        (put_in if early_enough else left)[dotted] = value
    _put(early, put_in)
    filled = fill_config(Config(early, is_interpolated=False))
    apply_overrides(filled, overrides)
    return fill_config(filled) if left else filled


def _has_section(config: Mapping[str, Any], dotted: str) -> bool:
    node: Any = config
    for section in dotted.split(".")[:-1]:
        node = node.get(section) if isinstance(node, Mapping) else None
    return isinstance(node, dict)


def _put(config: Config, overrides: Mapping[str, object]) -> None:
    for dotted, value in overrides.items():
        node: Any = config
        *sections, key = dotted.split(".")
        for section in sections:
            node = node[section]
        node[key] = value


def _merge_missing(target: dict[str, Any], defaults: Mapping[str, Any]) -> None:
    """Copy what is missing; a block that names another function keeps only its own arguments."""
    for key, value in defaults.items():
        if key not in target:
            target[key] = with_documented_names(value)
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
            defaults[parameter.name] = with_documented_names(config_defaults[parameter.name])
        elif parameter.default is not parameter.empty:
            default = parameter.default
            defaults[parameter.name] = list(default) if isinstance(default, tuple) else default
    others = {key: value for key, value in config_defaults.items() if key not in defaults}
    return {**defaults, **with_documented_names(others)}


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
    ours_alone: frozenset[str] = getattr(function, "optional_arguments", frozenset())
    for key, default in function_defaults(function).items():
        if key in ours_alone and key not in target and not _is_of_ours(target):
            continue  # what reads this config elsewhere does not know it; left out, it has its default
        if key not in target:
            target[key] = default
        elif _can_merge(target[key], default):
            _merge_missing(target[key], default)


def _calls(block: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Which function a block names, by our name."""
    return [
        (key, canonical(key[1:], str(value)))
        for key, value in block.items()
        if isinstance(key, str) and key.startswith("@")
    ]


def _is_of_ours(block: Mapping[str, Any]) -> bool:
    return any(str(value).startswith("freshet.") for key, value in block.items() if key.startswith("@"))
