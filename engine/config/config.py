# SPDX-License-Identifier: Apache-2.0
"""Configs as text: read, overridden, interpolated; one error that shows the path of what is wrong."""

from __future__ import annotations

import configparser
import difflib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from confection import Config, ConfigValidationError

from ..errors import EngineError, ModelFileError
from ..safe_files import MAX_CONFIG, MAX_DEPTH, check_depth, check_texts, read_file, strings_in
from .interpolation import BrokenReferenceError, as_meant, interpolated

KeyPath = tuple[str, ...]

NAMED_VALUES = ("paths", "system")
"""Sections whose values do nothing by themselves."""


class ConfigError(EngineError, ValueError):
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
    try:
        text = read_file(file, MAX_CONFIG).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise ConfigError(
            (), f"{file}:{line}: expected UTF-8, got the byte 0x{error.object[error.start]:02x}; convert it"
        ) from None
    return parse_config(text, overrides, interpolate=interpolate)


def parse_config(
    text: str, overrides: Mapping[str, object] | None = None, *, interpolate: bool = False
) -> Config:
    """The config of a text; see `read_config`."""
    _check_sections(text)
    try:
        read = check_depth(dict(Config().from_str(text, interpolate=False)), "config", "values")
        _check_texts(read)
        config = Config(check_texts(as_meant(read), text, "config", "values"), is_interpolated=False)
        apply_overrides(config, overrides or {})
        return interpolate_config(config) if interpolate else config
    except RecursionError:
        raise ConfigError((), f"expected values nested up to {MAX_DEPTH} deep, got deeper ones") from None
    except ModelFileError as error:
        raise ConfigError((), str(error)) from None
    except (ConfigValidationError, configparser.Error, ValueError, TypeError, LookupError) as error:
        raise ConfigError(
            (),
            f"expected a config of sections, JSON values and ${{section.key}} references; {_one_line(error)}",
        ) from None


def _check_sections(text: str) -> None:
    """Raises: ConfigError where sections are inside of each other beyond all reason."""
    for number, line in enumerate(text.split("\n"), start=1):
        if line.startswith("[") and line.count(".") > MAX_DEPTH:
            raise ConfigError(
                (), f"line {number}: expected sections up to {MAX_DEPTH} deep, got a deeper one"
            )


def _check_texts(read: Any) -> None:
    """Values that are too deep to be read as JSON stay texts. Raises: RecursionError at one of them."""
    for text in strings_in(read):
        if len(text) > 2 * MAX_DEPTH and text[:1] in "[{":
            json_or_text(text)


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
        if not does_something(config, sections, key):
            close = difflib.get_close_matches(key, node, n=2)
            hint = f"did you mean {' or '.join(map(repr, close))}? " if close else ""
            raise ConfigError(
                (*sections, key),
                f"expected an override of a value that exists or that others refer to; {hint}there are: "
                f"{', '.join(sorted(node)) or 'none'}",
            )
        node[key] = value


def does_something(config: Config, sections: Sequence[str], key: str) -> bool:
    """Whether a value may be set there: in sections whose values do nothing by themselves, only one that is
    there or that others refer to."""
    if sections[0] not in NAMED_VALUES or key in config.get(sections[0], {}):
        return True
    text = json.dumps(config)
    return any(f"${{{'.'.join(sections)}{joint}{key}}}" in text for joint in ".:")


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


def split_overrides(
    overrides: Mapping[str, object], section: Sequence[str]
) -> tuple[dict[str, object], dict[str, object]]:
    """The values of one section, by their names inside it, and all others."""
    start = ".".join((*section, ""))
    inside = {name.removeprefix(start): value for name, value in overrides.items() if name.startswith(start)}
    return inside, {name: value for name, value in overrides.items() if not name.startswith(start)}


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
        values = interpolated(config)
    except BrokenReferenceError as error:
        raise ConfigError((), f"expected every ${{section.key}} to name an existing value; {error}") from None
    return Config(values, is_interpolated=True, section_order=config.section_order)


def short(value: object, limit: int = 80) -> str:
    """A value as an error shows it: cut, and on one line."""
    text = " ".join(repr(value).split())
    return text if len(text) <= limit else f"{text[:limit]}..."


def is_block(value: object) -> bool:
    """Whether a value is a block that names a registered function."""
    return isinstance(value, Mapping) and any(isinstance(key, str) and key.startswith("@") for key in value)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
