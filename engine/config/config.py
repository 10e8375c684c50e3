# SPDX-License-Identifier: Apache-2.0
"""Configs: read, override, interpolate, fill, check and resolve; one error that shows the path of what is
wrong."""

from __future__ import annotations

import configparser
import inspect
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, get_type_hints

from confection import Config, ConfigValidationError
from confection.validation import validate_type

from ..errors import EngineError
from .registry import UnknownNameError, registry
from .sections import SECTIONS, default_sections

if sys.version_info >= (3, 14):
    import annotationlib

POSITIONAL = "*"
"""Key of a block whose entries, in order, are positional arguments."""

FILL = "write it, or let `freshet init fill-config` write the defaults"

KeyPath = tuple[str, ...]


class ConfigError(EngineError):
    """A config that cannot be used; the message shows `section -> key`, what was expected, what came, and
    what exists."""

    def __init__(self, path: Sequence[str], message: str) -> None:
        self.path = tuple(path)
        super().__init__(f"{' -> '.join(self.path)}: {message}" if self.path else message)


def read_config(
    path: str | Path, overrides: Mapping[str, object] | None = None, *, interpolate: bool = False
) -> Config:
    """The config of a file, with `section.key` overrides put in.

    Raises: ConfigError where the file is missing, is no config, or an override or reference leads nowhere.
    """
    file = Path(path)
    if not file.is_file():
        raise ConfigError((), f"expected a config file, got {str(file)!r}, which is not a file")
    return parse_config(file.read_text(encoding="utf8"), overrides, interpolate=interpolate)


def parse_config(
    text: str, overrides: Mapping[str, object] | None = None, *, interpolate: bool = False
) -> Config:
    """The config of a text; see `read_config`."""
    try:
        config = Config().from_str(text, interpolate=False)
        apply_overrides(config, overrides or {})
        return interpolate_config(config) if interpolate else config
    except (ConfigValidationError, configparser.Error) as error:
        raise ConfigError(
            (),
            f"expected a config of sections, JSON values and ${{section.key}} references; {_one_line(error)}",
        ) from None


def apply_overrides(config: Config, overrides: Mapping[str, object]) -> None:
    """Put values into a config in place, by dotted path: `{"training.max_steps": 5}`."""
    for dotted, value in overrides.items():
        *sections, key = dotted.split(".")
        node: Any = config
        for depth, section in enumerate(sections):
            if not isinstance(node.get(section), dict):
                known = ", ".join(sorted(k for k, v in node.items() if isinstance(v, dict)))
                raise ConfigError(
                    sections[: depth + 1],
                    f"expected the section of override {dotted!r} to exist; there are: {known}",
                )
            node = node[section]
        if not sections:
            raise ConfigError((dotted,), "expected an override as section.key, such as training.max_steps")
        node[key] = value


def parse_overrides(args: Sequence[str]) -> dict[str, object]:
    """Overrides from command-line words: `--training.max_steps 5`, `--nlp.lang=en`, `--flag.on` (true).

    Raises: ConfigError where a word is no override or comes twice.
    """
    words, result = list(args), {}
    while words:
        word = words.pop(0)
        if not word.startswith("--") or "." not in word:
            raise ConfigError((), f"expected an override such as --training.max_steps 5, got {word!r}")
        key, equals, value = word[2:].partition("=")
        if not equals:
            value = words.pop(0) if words and not words[0].startswith("--") else "true"
        if key in result:
            raise ConfigError(key.split("."), "expected each override once")
        result[key] = json_or_text(value)
    return result


def json_or_text(value: str) -> object:
    """The JSON value of a word, or the word itself."""
    try:
        return json.loads(value)
    except ValueError:
        return value


def interpolate_config(config: Config) -> Config:
    """A copy with all `${section.key}` references replaced.

    Raises: ConfigError where a reference leads nowhere.
    """
    if config.is_interpolated:
        return config
    try:
        return config.interpolate()
    except ValueError as error:
        raise ConfigError(
            (), f"expected every ${{section.key}} to name an existing value; {_one_line(error)}"
        ) from None


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


def resolve(config: Mapping[str, Any], section: str = "") -> Any:
    """Make what a section (dotted path; default: all) says: calls every registered function, innermost first.

    A section of a fixed form (`nlp`, `training`, `initialize`) must hold exactly its keys.
    Raises: ConfigError with the path of the first value that is missing, unexpected or of the wrong type.
    """
    whole = interpolate_config(config) if isinstance(config, Config) else config
    node: Any = whole
    path = tuple(section.split(".")) if section else ()
    for depth, key in enumerate(path):
        if not isinstance(node, Mapping) or key not in node:
            known = ", ".join(sorted(node)) if isinstance(node, Mapping) else "nothing"
            raise ConfigError(path[: depth + 1], f"expected this section; there are: {known}")
        node = node[key]
    if section in SECTIONS:
        check_section(section, node)
    return resolve_value(node, path)


def check_section(section: str, values: Mapping[str, Any]) -> None:
    """Check the keys and plain values of a section of a fixed form. Raises: ConfigError."""
    expected = SECTIONS[section]
    for key in values:
        if key not in expected:
            raise ConfigError((section, str(key)), f"unexpected; there are: {', '.join(sorted(expected))}")
    for key, hint in expected.items():
        if key not in values:
            raise ConfigError((section, key), f"missing; {FILL}")
        if not _is_block(values[key]):
            _check_type(values[key], hint, (section, key))


def resolve_value(value: Any, path: KeyPath) -> Any:
    """One value of a config: blocks with `@namespace` become what their function makes, all else stays."""
    if isinstance(value, Mapping):
        if _is_block(value):
            return _call(value, path)
        return {key: resolve_value(item, (*path, str(key))) for key, item in value.items()}
    if isinstance(value, list):
        return [resolve_value(item, (*path, str(i))) for i, item in enumerate(value)]
    return value


def function_of(block: Mapping[str, Any], path: KeyPath) -> tuple[str, Callable[..., Any]]:
    """Name and function of a block with one `@namespace` key. Raises: ConfigError."""
    keys = [key for key in block if key.startswith("@")]
    if len(keys) != 1:
        raise ConfigError(path, f"expected one @ key, got {', '.join(keys)}")
    name = block[keys[0]]
    try:
        return name, registry.get(keys[0][1:], name)
    except UnknownNameError as error:
        raise ConfigError((*path, keys[0]), str(error)) from None


def call_with(
    function: Callable[..., Any],
    name: str,
    values: Mapping[str, Any],
    path: KeyPath,
    provided: Mapping[str, Any],
) -> Any:
    """Call a function with resolved config values, plus arguments `given` by the program; checks names and
    types."""
    arguments = {key: value for key, value in values.items() if key != POSITIONAL}
    positional = values.get(POSITIONAL, {})
    args = (
        [resolve_value(v, (*path, POSITIONAL, str(k))) for k, v in positional.items()] if positional else []
    )
    check_arguments(function, name, arguments, path, provided, n_args=len(args))
    hints = hints_of(function)
    resolved = {key: resolve_value(value, (*path, key)) for key, value in arguments.items()}
    for key, value in resolved.items():
        if not _is_block(arguments[key]):
            _check_type(value, hints.get(key, Any), (*path, key))
    return function(*args, **provided, **resolved)


def check_arguments(
    function: Callable[..., Any],
    name: str,
    arguments: Mapping[str, Any],
    path: KeyPath,
    provided: Mapping[str, Any],
    *,
    n_args: int = 0,
) -> None:
    """Check the argument names of a block. Functions named `freshet.*` and factories want every value
    written.

    Raises: ConfigError.
    """
    parameters = [p for p in parameters_of(function) if p.name not in provided]
    named = {p.name: p for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)}
    open_ended = any(p.kind is p.VAR_KEYWORD for p in parameters)
    for key in arguments:
        if key not in named and not open_ended:
            raise ConfigError(
                (*path, key),
                f"unexpected argument of {name}; there are: {', '.join(sorted(named)) or 'none'}",
            )
    strict = name.startswith("freshet.") or "." not in name
    own: frozenset[str] = getattr(function, "optional_arguments", frozenset())
    for parameter in list(named.values())[n_args:]:
        if parameter.name not in arguments and (
            parameter.default is parameter.empty or (strict and parameter.name not in own)
        ):
            raise ConfigError((*path, parameter.name), f"missing argument of {name}; {FILL}")


def parameters_of(function: Callable[..., Any]) -> list[inspect.Parameter]:
    """Names and defaults of a function's arguments, whatever their annotations name."""
    if sys.version_info >= (3, 14):  # annotations are evaluated when they are asked for, and may fail then
        late = inspect.signature(function, annotation_format=annotationlib.Format.FORWARDREF)
        return list(late.parameters.values())
    return list(inspect.signature(function).parameters.values())


def hints_of(function: Callable[..., Any]) -> dict[str, Any]:
    """Type hints of a function's arguments, as far as they can be read."""
    try:
        return get_type_hints(function)
    except (NameError, TypeError):
        return {}


def _call(block: Mapping[str, Any], path: KeyPath) -> Any:
    name, function = function_of(block, path)
    values = {key: value for key, value in block.items() if not key.startswith("@")}
    return call_with(function, name, values, path, {})


def _is_block(value: object) -> bool:
    return isinstance(value, Mapping) and any(isinstance(key, str) and key.startswith("@") for key in value)


def _check_type(value: Any, hint: Any, path: KeyPath) -> None:
    problem = validate_type(value, hint)  # type: ignore[no-untyped-call]  # confection has no types here
    if problem:
        raise ConfigError(path, f"{problem}; expected {_type_name(hint)}, got {value!r}")


def _type_name(hint: Any) -> str:
    return hint.__name__ if isinstance(hint, type) else str(hint).replace("typing.", "")


def _merge_missing(target: dict[str, Any], defaults: Mapping[str, Any]) -> None:
    """Copy what is missing; a block that names another function keeps only its own arguments."""
    for key, value in defaults.items():
        if key not in target:
            target[key] = json.loads(json.dumps(value))
        elif isinstance(value, Mapping) and isinstance(target[key], dict) and not _is_block(target[key]):
            _merge_missing(target[key], value)


def _fill_blocks(target: dict[str, Any], values: Mapping[str, Any]) -> None:
    """Write the default arguments of every block of `values` into `target`, which may hold references."""
    for key, value in values.items():
        if not isinstance(value, Mapping) or not isinstance(target.get(key), dict):
            continue
        function = _function_or_none(value)
        if function is not None:
            _write_defaults(target[key], function)
        _fill_blocks(target[key], interpolated_or_same(target[key], value))


def interpolated_or_same(target: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a block together with the defaults that were just written beside them."""
    return {**target, **values}


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
    for parameter in parameters_of(function):
        if parameter.name in target or parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        if parameter.name in config_defaults:
            target[parameter.name] = json.loads(json.dumps(config_defaults[parameter.name]))
        elif parameter.default is not parameter.empty:
            target[parameter.name] = (
                list(parameter.default) if isinstance(parameter.default, tuple) else parameter.default
            )


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
