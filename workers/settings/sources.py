# SPDX-License-Identifier: Apache-2.0
"""Where settings come from: sections of files, the environment and flags, the later ones winning."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin

from ..errors import SettingsError
from .section import Section, kinds, sections_within

log = logging.getLogger(__name__)

ENVIRONMENT_PREFIX = "FRESHET_"

S = TypeVar("S", bound=Section)


@dataclass(frozen=True, slots=True)
class SettingsSource:
    """Values by dotted name, and the place that errors name. `text`: numbers may come as strings."""

    place: str
    values: Mapping[str, object]
    text: bool = True

    def text_of(self, name: str) -> str:
        """A value as text; empty where there is none."""
        return str(self.values.get(name, ""))


def merge(section: type[S], sources: Sequence[SettingsSource]) -> S:
    """The section that these sources make over its defaults.

    Raises: SettingsError with the place, what was expected, what came and the names that exist.
    """
    known, values, ignored = kinds(section), dict[str, object](), _ignored(section)
    for source in sources:
        for name, value in _flat(known, source.values):
            place = " -> ".join((source.place, *name.split(".")))
            if name in ignored:
                log.warning("%s is ignored: nothing reads it any more; it may be taken out", place)
            else:
                values[name] = _convert(place, value, _kind(known, name, place), source.text)
    return _build(section, values)


def environment(section: type[Section], environ: Mapping[str, str]) -> SettingsSource:
    """Values that stand as `FRESHET_KEY`, or in the file that `FRESHET_KEY_FILE` names. Raises:
    SettingsError."""
    found: dict[str, object] = {}
    for name in kinds(section):
        variable = ENVIRONMENT_PREFIX + name.replace(".", "_").upper()
        if variable in environ and f"{variable}_FILE" in environ:
            raise SettingsError(
                f"environment -> {variable}: expected either {variable} or {variable}_FILE, got both; unset "
                "one of them"
            )
        if variable in environ:
            found[name] = environ[variable]
        elif f"{variable}_FILE" in environ:
            found[name] = _read_secret(f"{variable}_FILE", environ[f"{variable}_FILE"])
    return SettingsSource("environment", found)


def _read_secret(variable: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8-sig").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"environment -> {variable}: expected a readable UTF-8 file, got {path!r} ({error})"
        ) from error


def _flat(known: Mapping[str, Any], values: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    """Values by dotted name; a mapping that is the value of one setting stays whole."""
    for key, value in values.items():
        if isinstance(value, Mapping) and key not in known:
            yield from ((f"{key}.{inner}", inner_value) for inner, inner_value in value.items())
        else:
            yield key, value


def _ignored(section: type[Section]) -> set[str]:
    """Settings that nothing reads any more, by dotted name."""
    within = sections_within(section).items()
    return {*section.ignored, *(f"{name}.{old}" for name, inner in within for old in inner.ignored)}


def _kind(known: Mapping[str, Any], name: str, place: str) -> Any:
    if name not in known:
        within = name.rpartition(".")[0]
        siblings = [other.removeprefix(f"{within}.") for other in known if other.startswith(f"{within}.")]
        raise SettingsError(
            f"{place}: no such setting; those that exist: {', '.join(sorted(siblings or known))}"
        )
    return known[name]


def _convert(place: str, value: object, kind: Any, text: bool) -> object:
    """The value as one of this kind. Raises: SettingsError."""
    if get_origin(kind) is tuple:
        return _convert_list(place, value, get_args(kind)[0])
    if get_origin(kind) is not None:
        if isinstance(value, Mapping) and all(isinstance(factor, int | float) for factor in value.values()):
            return dict(value)
        raise SettingsError(f"{place}: expected factors by pattern, got {value!r}")
    if issubclass(kind, StrEnum):
        return _choose(place, value, kind)
    accepted = {str: (str,), bool: (bool,), int: (int,), float: (int, float)}[kind]
    if text and kind in (int, float):
        accepted = (*accepted, str)
    if kind is str and value is None:
        return ""
    if text and kind is bool and value in ("true", "false"):
        return value == "true"
    if isinstance(value, accepted) and (kind is bool or not isinstance(value, bool)):
        try:
            return kind(value)
        except ValueError:
            pass
    shown = "a value" if place.endswith(("password", "token")) else repr(value)
    raise SettingsError(f"{place}: expected {kind.__name__}, got {shown} ({type(value).__name__})")


def _convert_list(place: str, value: object, kind: Any) -> tuple[object, ...]:
    accepted, expected = (int | float, "numbers") if kind is float else (str, "names")
    if isinstance(value, list | tuple) and all(isinstance(item, accepted) for item in value):
        return tuple(map(kind, value))
    raise SettingsError(f"{place}: expected a list of {expected}, got {value!r}")


def _choose(place: str, value: object, kind: type[StrEnum]) -> StrEnum:
    try:
        return kind(str(value))
    except ValueError:
        raise SettingsError(f"{place}: expected one of {', '.join(kind)}, got {value!r}") from None


def _build(section: type[S], values: Mapping[str, object]) -> S:
    own: dict[str, Any] = {name: value for name, value in values.items() if "." not in name}
    for name, kind in sections_within(section).items():
        prefix = f"{name}."
        inner = {key.removeprefix(prefix): value for key, value in values.items() if key.startswith(prefix)}
        own[name] = _build(kind, inner)
    return section(**own)
