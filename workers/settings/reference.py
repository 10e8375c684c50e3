# SPDX-License-Identifier: Apache-2.0
"""The settings' sections of the shipped configs: every setting with its comment.

`python -m workers.settings.reference FOLDER` writes them anew; a value that a config has of its own is kept,
and the comment then says the default.
"""

from __future__ import annotations

import re
import sys
import textwrap
from collections.abc import Iterator, Mapping
from configparser import ConfigParser
from dataclasses import MISSING, fields
from enum import StrEnum
from pathlib import Path

import orjson

from .console_section import ConsoleSettings
from .learner_section import TrainerSettings
from .section import ABOUT, Section, sections_within
from .worker_section import WorkerSettings

CONFIGS: Mapping[str, tuple[str, type[Section]]] = {
    "annotate.cfg": ("worker", WorkerSettings),
    "console.cfg": ("console", ConsoleSettings),
    "learn.cfg": ("learner", TrainerSettings),
}
"""The configs that name every setting of a section."""

WIDTH = 110


def with_reference(text: str, name: str, section: type[Section]) -> str:
    """A config's text with every setting of the section `name`, each below its comment."""
    first = rf"(?m)^\[{name}\]$"
    behind = rf"(?m)^\[(?!{name}[\].])|\Z"
    start = re.search(first, text)
    if start is None:
        raise ValueError(f"expected a section [{name}], got none")
    end = re.compile(behind).search(text, start.end())
    assert end is not None  # the end of the text is one
    written = "\n".join(_lines(name, section, _values(text)))
    return text[: start.start()] + written + ("\n\n" if end.group() else "\n") + text[end.start() :]


def rewrite(folder: Path) -> None:
    """Write the settings' sections of a folder's configs."""
    for file, (name, section) in CONFIGS.items():
        path = folder / file
        path.write_text(with_reference(path.read_text(encoding="utf8"), name, section), encoding="utf8")


def _lines(name: str, section: type[Section], values: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    yield f"[{name}]"
    own, within, behind = values.get(name, {}), sections_within(section), list[str]()
    for one in fields(section):
        if one.name in within:
            continue
        factory = one.default_factory
        default = _written(one.default if factory is MISSING else factory())
        value = own.get(one.name, default)
        note = "" if value == default else f" Default: {default}."
        comment = textwrap.wrap(one.metadata[ABOUT] + note, WIDTH - 2)
        if default == "{}":
            entries = [f"{key} = {entry}" for key, entry in values.get(f"{name}.{one.name}", {}).items()]
            behind += ["", f"[{name}.{one.name}]", *(f"# {line}" for line in comment), *entries]
        else:
            yield from (f"# {line}" for line in comment)
            yield f"{one.name} = {value}"
    yield from behind
    for inner, kind in within.items():
        yield ""
        yield from _lines(f"{name}.{inner}", kind, values)


def _values(text: str) -> Mapping[str, Mapping[str, str]]:
    """What a config says, as it is written."""
    parser = ConfigParser(interpolation=None, delimiters=("=",))
    parser.optionxform = str  # type: ignore[assignment, method-assign]  # as the standard library says
    parser.read_string(text)
    return {name: dict(parser[name]) for name in parser.sections()}


def _written(value: object) -> str:
    """A value as configs write it, which is JSON."""
    if isinstance(value, StrEnum):
        value = str(value)
    return orjson.dumps(value).decode()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m workers.settings.reference FOLDER")
    rewrite(Path(sys.argv[1]))
