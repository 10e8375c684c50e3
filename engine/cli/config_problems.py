# SPDX-License-Identifier: Apache-2.0
"""All that is wrong with the blocks of a config at once: unknown names, arguments that are missing or too
many, values of another type."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from confection import Config

from ..config.config import ConfigError, KeyPath, interpolate_config, is_block
from ..config.parameters import parameters_of
from ..config.registry import UnknownNameError, registry
from ..config.resolver import check_type, hints_of
from ..config.sections import OPTIONAL, SECTIONS
from ..training.distributed.settings import DistributedSettings


def config_problems(config: Config) -> list[ConfigError]:
    """What keeps a config from being used, in the order of the file. Raises: ConfigError where a reference
    leads nowhere."""
    values = interpolate_config(config)
    return [*_missing_blocks(values), *_problems(values, ())]


def _missing_blocks(values: Mapping[str, Any]) -> Iterator[ConfigError]:
    components = values.get("components", {})
    for name in values.get("nlp", {}).get("pipeline", ()):
        if name not in components:
            yield ConfigError(
                ("components", str(name)),
                f"missing; there are: {', '.join(components) or 'none'}",
            )
        elif not {"factory", "source"} & set(components[name]):
            yield ConfigError(("components", str(name), "factory"), "missing; or a source to take it from")


def _problems(values: Mapping[str, Any], path: KeyPath) -> Iterator[ConfigError]:
    for key, value in values.items():
        where = (*path, str(key))
        if not isinstance(value, Mapping):
            continue
        if where in (("nlp",), ("training",), ("initialize",)):
            yield from _section_problems(where[0], value)
        yield from _block_problems(value, where)
        yield from _problems(value, where)


def _section_problems(section: str, values: Mapping[str, Any]) -> Iterator[ConfigError]:
    expected = SECTIONS[section]
    for key, value in values.items():
        if key in OPTIONAL.get(section, ()):
            yield from _group_problems(value)
        elif key not in expected:
            yield ConfigError((section, str(key)), f"unexpected; there are: {', '.join(sorted(expected))}")
        elif not is_block(value):
            yield from _type_problem(value, expected[key], (section, str(key)))


def _group_problems(block: Any) -> Iterator[ConfigError]:
    """Of `[training.distributed]`."""
    try:
        DistributedSettings.from_section(block if isinstance(block, Mapping) else {"": block})
    except ConfigError as error:
        yield error


def _block_problems(block: Mapping[str, Any], path: KeyPath) -> Iterator[ConfigError]:
    is_component = len(path) == 2 and path[0] == "components" and "factory" in block
    keys = ["factory"] if is_component else [key for key in block if key.startswith("@")]
    if len(keys) != 1:
        return
    namespace = "factories" if is_component else keys[0][1:]
    name = block[keys[0]]
    try:
        function = registry.get(namespace, name)
    except UnknownNameError as error:
        yield ConfigError((*path, keys[0]), str(error))
        return
    parameters = {p.name: p for p in parameters_of(function) if not (is_component and p.name in GIVEN)}
    open_ended = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
    hints = hints_of(function)
    n_positional = len(block.get("*", ()))
    for key, value in block.items():
        if key == keys[0] or key == "*":
            continue
        if key not in parameters and not open_ended:
            known = ", ".join(sorted(parameters)) or "none"
            yield ConfigError((*path, key), f"unexpected argument of {name}; there are: {known}")
        elif not isinstance(value, Mapping):
            yield from _type_problem(value, hints.get(key, Any), (*path, key))
    for parameter in list(parameters.values())[n_positional:]:
        named = parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
        if named and parameter.default is parameter.empty and parameter.name not in block:
            yield ConfigError((*path, parameter.name), f"missing argument of {name}")


GIVEN = ("name", "nlp")
"""Arguments of a factory that the program gives."""


def _type_problem(value: Any, hint: Any, path: KeyPath) -> Iterator[ConfigError]:
    try:
        check_type(value, hint, path)
    except ConfigError as error:
        yield error
