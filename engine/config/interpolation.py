# SPDX-License-Identifier: Apache-2.0
"""References replaced: `${section.key}` by a value, also inside of strings, `${section}` by a whole section.

Values that hold references are kept as they were typed, with their quotes; what is put into a string is put
in as it is, whatever quotes, backslashes or dollars it holds.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Mapping
from typing import Any

from confection import VARIABLE_RE  # type: ignore[attr-defined]  # it is there, in no __all__

REFERENCE = re.compile(r"\$\{([^{}$]+)\}")
SINGLE = re.compile(r"'([^']*)'")


MAX_VALUES = 1_000_000
CHARS_OF_A_VALUE = 64
"""How much of a config references may write: a value each, or so many characters of a text."""


class BrokenReferenceError(ValueError):
    """A reference leads nowhere, to itself, or to a section where only a value can stand."""


def interpolated(config: Mapping[str, Any]) -> dict[str, Any]:
    """A copy with all references replaced. Raises: BrokenReferenceError."""
    return _Interpolation(config).section(config, ())


def as_meant(value: Any) -> Any:
    """What was read, where it was typed in single quotes without them, and with `$` for each `$$`: Confection
    writes two for one, but in a string with references, which it writes as it is."""
    if isinstance(value, dict):
        return {key: as_meant(item) for key, item in value.items()}
    if isinstance(value, str):
        found = SINGLE.fullmatch(value)
        text = found[1] if found else value
        return text if VARIABLE_RE.search(text) else _plain(text)
    return _plain_strings(value)


def _plain_strings(value: Any) -> Any:
    """The same for all strings inside of a list: references or not, Confection writes those as JSON."""
    if isinstance(value, dict):
        return {key: _plain_strings(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain_strings(item) for item in value]
    return _plain(value) if isinstance(value, str) else value


class _Interpolation:
    def __init__(self, root: Mapping[str, Any]) -> None:
        self.root = root
        self._open: list[tuple[str, ...]] = []
        self._left = MAX_VALUES

    def section(self, values: Mapping[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
        """A section, its own sections included."""
        return {key: self.value(value, (*path, key)) for key, value in values.items()}

    def value(self, value: Any, path: tuple[str, ...]) -> Any:
        """A value of the config, by what was typed."""
        self._spend(1, path)
        if isinstance(value, Mapping):
            return self.section(value, path)
        if isinstance(value, list):
            return [self._item(item, path) for item in value]
        if isinstance(value, str) and REFERENCE.search(value):
            return self._typed(value, path)
        return copy.deepcopy(value)

    def _item(self, item: Any, path: tuple[str, ...]) -> Any:
        """Something within a list: a string there had quotes around it."""
        if isinstance(item, str) and REFERENCE.search(item):
            whole = REFERENCE.fullmatch(item)
            found = self._look_up(whole[1], path) if whole else None
            return found if isinstance(found, dict) else self._filled(item, path, str)
        return self.value(item, path)

    def _typed(self, text: str, path: tuple[str, ...]) -> Any:
        quoted = len(text) > 1 and text[0] == text[-1] == '"'
        inner = text[1:-1] if quoted else text
        whole = REFERENCE.fullmatch(inner)
        if whole:
            found = self._look_up(whole[1], path)
            return found if not quoted or isinstance(found, dict) else _as_text(found)
        if quoted:
            return self._filled(inner, path, _unescaped)
        filled = self._filled(inner, path, _plain)
        return _loaded(filled) if filled[:1] in "[{" or filled[:1].isdigit() else filled

    def _filled(self, text: str, path: tuple[str, ...], literal: Any) -> str:
        """A string with its references replaced; `literal` reads what stands between them."""
        pieces: list[str] = []
        at = 0
        for match in REFERENCE.finditer(text):
            found = self._look_up(match[1], path)
            if isinstance(found, dict):
                raise BrokenReferenceError(
                    f"{_dotted(path)}: expected a value in place of ${{{match[1]}}}, got a whole section, "
                    "which cannot stand inside of a string"
                )
            pieces += [literal(text[at : match.start()]), _as_text(found)]
            at = match.end()
        filled = "".join([*pieces, literal(text[at:])])
        self._spend(len(filled) // CHARS_OF_A_VALUE, path)
        return filled

    def _spend(self, amount: int, path: tuple[str, ...]) -> None:
        """Raises: BrokenReferenceError where references multiply without end."""
        self._left -= amount
        if self._left < 0:
            raise BrokenReferenceError(
                f"{_dotted(path)}: expected references to up to {MAX_VALUES} values in all, got more"
            )

    def _look_up(self, name: str, path: tuple[str, ...]) -> Any:
        """What a reference at this place means."""
        target = tuple(name.replace(":", ".").split("."))
        beside = (*path[:-1], *target)
        for place in (beside, target) if len(target) == 1 and beside != path else (target,):
            found, value = _find(self.root, place)
            if found:
                return self._resolved(value, place, name, path)
        raise BrokenReferenceError(
            f"{_dotted(path)}: expected ${{{name}}} to name an existing value or section"
        )

    def _resolved(self, value: Any, place: tuple[str, ...], name: str, path: tuple[str, ...]) -> Any:
        if place in self._open:
            raise BrokenReferenceError(f"{_dotted(path)}: expected ${{{name}}} not to lead back to itself")
        self._open.append(place)
        try:
            return self.value(value, place)
        finally:
            self._open.pop()


def _find(root: Mapping[str, Any], place: tuple[str, ...]) -> tuple[bool, Any]:
    node: Any = root
    for key in place:
        if not isinstance(node, Mapping) or key not in node:
            return False, None
        node = node[key]
    return True, node


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _plain(text: str) -> str:
    return text.replace("$$", "$")


def _unescaped(text: str) -> str:
    """What a piece of a quoted string says."""
    try:
        return str(json.loads(f'"{text}"')).replace("$$", "$")
    except ValueError:
        return _plain(text)


def _loaded(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _dotted(path: tuple[str, ...]) -> str:
    return " -> ".join(path)
