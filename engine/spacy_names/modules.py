# SPDX-License-Identifier: Apache-2.0
"""Modules that exist only as names: what is asked of one is looked up in the table."""

from __future__ import annotations

import difflib
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any

from .table import ADVICE, NAMES


class NamedModule(ModuleType):
    """A documented module: its names are made when they are asked for."""

    def __init__(self, name: str, documented: str) -> None:
        super().__init__(name, f"Documented names of {name}, and whose they are here.")
        self.__path__: list[str] = []
        self.__dict__["_documented"] = documented

    @property
    def __all__(self) -> list[str]:
        """What `import *` takes."""
        return [name for name in all_names_in(self._documented) if not name.startswith("_")]

    def __getattr__(self, name: str) -> Any:
        """A documented name. Raises: AttributeError, which says what to do."""
        if name.startswith("__") and name not in names_in(self.__dict__["_documented"]):
            raise AttributeError(name)
        return named(self.__dict__["_documented"], name)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *names_in(self._documented)})


def is_documented(module: str) -> bool:
    """Whether there is a module of that name, or one below it."""
    return module in NAMES or any(name.startswith(f"{module}.") for name in NAMES)


def names_in(module: str) -> list[str]:
    """Names of a documented module, modules below it included."""
    prefix = f"{module}." if module else ""
    below = {
        name.removeprefix(prefix).split(".")[0]
        for name in NAMES
        if name and name.startswith(prefix) and name != module
    }
    own = {name for name in NAMES.get(module, {}) if name}
    return sorted(own | below)


def all_names_in(module: str) -> list[str]:
    """The same, with those of a module of ours that it stands for."""
    place = NAMES.get(module, {}).get("")
    there = dir(import_module(place)) if place is not None else []
    return sorted({*names_in(module), *there})


def named(module: str, name: str) -> Any:
    """What a documented name is here. Raises: AttributeError with the name and what to do."""
    places = NAMES.get(module, {})
    if name in places:
        return at_place(places[name])
    if "" in places and hasattr(import_module(places[""]), name):
        return getattr(import_module(places[""]), name)
    below = f"{module}.{name}" if module else name
    if is_documented(below):
        return virtual_module(below)
    raise AttributeError(missing(module, name))


def at_place(place: str) -> Any:
    """What stands at `module:attribute`, or the module."""
    module, _, attribute = place.partition(":")
    found = import_module(module)
    return getattr(found, attribute) if attribute else found


def missing(module: str, name: str) -> str:
    """What is said of a name that is not here."""
    whole = f"spacy.{module}.{name}" if module else f"spacy.{name}"
    known = names_in(module)
    close = difflib.get_close_matches(name, known, n=2)
    hint = f"; did you mean {' or '.join(close)}?" if close else "."
    advice = next((text for key, text in ADVICE.items() if f"{module}.{name}".strip(".").startswith(key)), "")
    return (
        f"{whole} is not here{hint} "
        + (f"{advice[0].upper()}{advice[1:]}. " if advice else "")
        + f"There are: {', '.join(known) or 'no names'}. Use engine's own names (docs/from-spacy.md), or "
        "install spaCy for this file"
    )


@cache
def virtual_module(documented: str) -> NamedModule:
    """The one object of a documented module, "" for that above all."""
    return NamedModule(f"spacy.{documented}" if documented else "spacy", documented)
