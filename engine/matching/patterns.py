# SPDX-License-Identifier: Apache-2.0
"""Token patterns: what a user writes, checked and taken apart into steps."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..vocab.attrs import NAMES as NAME_OF_NUMBER
from ..vocab.strings import string_id
from .attributes import IOB, KINDS, NAMES, REQUIRED, SAME
from .errors import PatternError
from .fuzzy import FuzzyCompare
from .own_attributes import OwnAttribute, own_attributes
from .predicates import Predicate, all_of, make_test

ONE, NONE, MAYBE, ANY = 0, 1, 2, 3
"""What a step takes: one token that passes, one that does not, one or nothing, any number."""

MAX_REPEAT = 10_000
"""Largest number in `{n,m}`: each repetition is a step of its own."""

_COUNTS = re.compile(r"\{(\d*)(,?)(\d*)\}")
OPERATORS = "!, ?, +, *, 1, {n}, {n,m}, {n,} and {,m}"

Equality = tuple[str, int]
"""Attribute and the id that its value must have."""


@dataclass(frozen=True, slots=True)
class Condition:
    """What one token must be: values of attributes, and predicates."""

    equalities: tuple[Equality, ...]
    predicates: tuple[Predicate | OwnAttribute, ...]

    @property
    def required(self) -> tuple[str, ...]:
        """Attributes that documents must have for this to be asked of them."""
        return tuple(name for name, _ in self.equalities if name in REQUIRED)


@dataclass(frozen=True, slots=True)
class Step:
    """One state of a pattern's automaton: what it takes, and the position of the token pattern that it comes
    from."""

    takes: int
    condition: Condition
    index: int


class PatternReader:
    """Reads patterns of one matcher; equal predicates are made once."""

    def __init__(self, compare: FuzzyCompare) -> None:
        self._compare = compare
        self._predicates: dict[str, Predicate] = {}

    def steps(self, key: object, number: int, pattern: object) -> tuple[Step, ...]:
        """Steps of pattern `number` of `key`. Raises: PatternError, which says where it is wrong and what
        exists."""
        where = f"pattern {number} of {key!r}"
        if not isinstance(pattern, Sequence) or isinstance(pattern, str):
            raise PatternError(f"{where}: expected a list of one map per token, got {pattern!r}")
        if not pattern:
            raise PatternError(f"{where}: expected at least one token, got an empty list")
        return tuple(
            step for i, token in enumerate(pattern) for step in self._token(token, i, f"{where}, token {i}")
        )

    def _token(self, token: object, index: int, where: str) -> Iterator[Step]:
        if not isinstance(token, Mapping):
            raise PatternError(f"{where}: expected a map from attributes to values, got {token!r}")
        entries: dict[str, Any] = {}
        for key, value in token.items():
            name = NAME_OF_NUMBER.get(key, str(key)) if isinstance(key, int) else str(key).upper()
            if name in entries:
                raise PatternError(f"{where}: expected each attribute once, got {key!r} again")
            entries[name] = value
        operation = entries.pop("OP", "1")
        condition = self._condition(entries, where)
        return (Step(takes, condition, index) for takes in _takes(operation, where))

    def _condition(self, entries: Mapping[str, Any], where: str) -> Condition:
        equalities: list[Equality] = []
        predicates: list[Predicate | OwnAttribute] = []
        for key, value in entries.items():
            if key == "_":
                predicates += own_attributes(value, self._compare, f"{where}, _")
                continue
            name = SAME.get(key, key)
            if name not in KINDS:
                raise PatternError(f"{where}: {_unknown(key)}")
            if isinstance(value, Mapping) and KINDS[name] in ("text", "number"):
                predicates.append(self._predicate(name, value, f"{where}, {key}"))
            else:
                equalities.append((name, _value_id(name, value, f"{where}, {key}")))
        return Condition(tuple(equalities), tuple(predicates))

    def _predicate(self, attribute: str, value: Mapping[str, Any], where: str) -> Predicate:
        signature = f"{attribute} {dict(value)!r}"
        known = self._predicates.get(signature)
        if known is None:
            items = value.items()
            tests = [
                make_test(attribute, KINDS[attribute], str(name).upper(), item, self._compare, where)
                for name, item in items
            ]
            known = self._predicates[signature] = Predicate(attribute, all_of(tests))
        return known


def _unknown(key: str) -> str:
    return f"expected the name of an attribute, got {key!r}; there are: {', '.join(NAMES)}, _ and OP"


def _value_id(attribute: str, value: Any, where: str) -> int:
    kind = KINDS[attribute]
    if kind == "text" and isinstance(value, str):
        return string_id(value)
    if kind == "flag" and isinstance(value, bool):
        return int(value)
    if kind == "number" and isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    if kind == "iob" and not isinstance(value, bool) and (value in IOB or value in IOB.values()):
        return int(IOB.get(value, value))
    expected = {
        "text": "a text, or a map of predicates",
        "flag": "true or false",
        "number": "a whole number that is not negative, or a map of predicates",
        "iob": "one of '', 'I', 'O', 'B', or 0 to 3",
    }[kind]
    raise PatternError(f"{where}: expected {expected}, got {value!r}")


def _takes(operation: object, where: str) -> list[int]:
    """Steps of an operator."""
    simple = {"1": [ONE], "!": [NONE], "?": [MAYBE], "*": [ANY], "+": [ONE, ANY]}
    if not isinstance(operation, str):
        raise PatternError(f"{where}: expected one of the operators {OPERATORS}, got {operation!r}")
    if operation in simple:
        return simple[operation]
    match = _COUNTS.fullmatch(operation)
    if match is None or not (match[1] or match[3]):
        raise PatternError(f"{where}: expected one of the operators {OPERATORS}, got {operation!r}")
    least, comma, most = match.groups()
    low = int(least or 0)
    high = low if not comma else int(most) if most else None
    if max(low, high or 0) > MAX_REPEAT or (high is not None and low > high):
        raise PatternError(
            f"{where}: expected n up to m and both up to {MAX_REPEAT} in an operator {{n,m}}, got "
            f"{operation!r}"
        )
    return [ONE] * low + ([ANY] if high is None else [MAYBE] * (high - low))
