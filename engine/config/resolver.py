# SPDX-License-Identifier: Apache-2.0
"""Resolving: a section of a config becomes objects, by calling the registered functions that it names."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, get_args, get_type_hints

from confection import Config
from confection.validation import validate_type

from ..errors import EngineError
from ..safe_files import is_confined
from .config import ConfigError, KeyPath, interpolate_config, is_block, short
from .made import adapted
from .parameters import parameters_of
from .registry import UnknownNameError, registry
from .sections import FUNCTIONS, NEVER_NULL, OPTIONAL, SECTIONS

POSITIONAL = "*"
"""Key of a block whose entries, in order, are positional arguments."""

LOGGERS = "@loggers"

DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+")

FILL = "write it, or let `freshet init fill-config` write the defaults"


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
    made = resolve_value(node, path)
    _check_callable(section, made)
    return made


def _check_callable(section: str, made: Any) -> None:
    """Raises: ConfigError where something stands that is called later and is no function."""
    for key in FUNCTIONS.get(section, ()) if isinstance(made, Mapping) else ():
        value = made.get(key)
        if not callable(value) and (value is not None or key in NEVER_NULL):
            raise ConfigError(
                (section, key), f"expected a block that names a registered function, got {short(value)}"
            )


def check_section(section: str, values: Any) -> None:
    """Check the keys and plain values of a section of a fixed form. Raises: ConfigError."""
    expected = SECTIONS[section]
    if not isinstance(values, Mapping):
        raise ConfigError(
            (section,), f"expected a section with {', '.join(sorted(expected))}, got {short(values)}"
        )
    for key in values:
        if key not in expected and key not in OPTIONAL.get(section, ()):
            raise ConfigError((section, str(key)), f"unexpected; there are: {', '.join(sorted(expected))}")
    for key, hint in expected.items():
        if key not in values:
            raise ConfigError((section, key), f"missing; {FILL}")
        if not is_block(values[key]):
            check_type(values[key], hint, (section, key))


def resolve_value(value: Any, path: KeyPath) -> Any:
    """One value of a config: blocks with `@namespace` become what their function makes, all else stays."""
    if isinstance(value, Mapping):
        if is_block(value):
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
    if not isinstance(name, str):
        raise ConfigError(
            (*path, keys[0]), f"expected the name of a registered function, a text, got {short(name)}"
        )
    if keys[0] == LOGGERS and is_confined():
        raise ConfigError(
            (*path, keys[0]),
            "expected no logger in a saved pipeline: loggers write files and speak to servers",
        )
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
        if not is_block(arguments[key]):
            _refuse_comma(value, hints.get(key, Any), (*path, key))
            check_type(value, hints.get(key, Any), (*path, key))
    try:
        made = function(*args, **provided, **resolved)
    except (TypeError, ValueError) as error:
        ours = getattr(function, "__module__", "").startswith(("thinc.", "engine."))
        if isinstance(error, EngineError) or not ours:
            raise  # a function of somebody's own: its traceback says more
        message = " ".join(str(error).split())
        raise ConfigError(path, f"{name} cannot be made of these values: {message}") from error
    return adapted(function, made)


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


def check_type(value: Any, hint: Any, path: KeyPath) -> None:
    """Raises: ConfigError where a value is not of its type."""
    problem = validate_type(value, hint)  # type: ignore[no-untyped-call]  # confection has no types here
    if not problem:
        return
    if _is_written(value):
        raise ConfigError(path, f"{problem}; expected {_type_name(hint)}, got {value!r}")
    raise ConfigError(path, f"expected {_type_name(hint)}, got {_kind_of(value)}")


def _is_written(value: Any) -> bool:
    """Whether a value stands in a config as it is, and can be shown so."""
    if isinstance(value, list | tuple):
        return all(map(_is_written, value))
    return value is None or isinstance(value, str | int | float)


def _kind_of(value: Any) -> str:
    """What sections were made into, in words."""
    if isinstance(value, Mapping):
        keys = ", ".join(map(str, value)) or "nothing"
        return f"a section with {keys}, and no function (@...) to make one"
    return f"a {type(value).__name__}"


def _refuse_comma(value: Any, hint: Any, path: KeyPath) -> None:
    """Raises: ConfigError for a number with a decimal comma, which is a text."""
    takes_text = hint is str or str in get_args(hint)
    if isinstance(value, str) and DECIMAL_COMMA.fullmatch(value) and not takes_text:
        raise ConfigError(path, f"expected a number, got {value!r}; write {value.replace(',', '.')}")


def _type_name(hint: Any) -> str:
    return hint.__name__ if isinstance(hint, type) else str(hint).replace("typing.", "")
