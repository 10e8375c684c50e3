# SPDX-License-Identifier: Apache-2.0
"""Conditions on one attribute that are more than equality: sets, comparisons, regular expressions, fuzzy
texts."""

from __future__ import annotations

import operator
import re
import threading
import weakref
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from ..regexes import PatternTimeoutError, compiled
from ..vocab.lexemes import LexemeTable
from .attributes import LAYERS, NO_FEATURES, TEXT_OF_LEXEME, Kind, TokenValues, label_texts
from .errors import PatternError
from .fuzzy import FuzzyCompare

Test = Callable[[Any], bool]
BoolArray = npt.NDArray[np.bool_]

COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}
SETS = ("IN", "NOT_IN", "IS_SUBSET", "IS_SUPERSET", "INTERSECTS")
FUZZIES = {"FUZZY": -1, **{f"FUZZY{n}": n for n in range(1, 10)}}
"""Name -> number of edits; negative where the pattern's length decides."""

TEXT_PREDICATES = (*SETS, "REGEX", *FUZZIES)
NUMBER_PREDICATES = (*SETS, *COMPARISONS)


class Predicate:
    """A test of an attribute's value, tried once per distinct value and remembered."""

    def __init__(self, attribute: str, test: Test) -> None:
        self.attribute = attribute
        self.test = test
        self._of_lexemes: weakref.WeakKeyDictionary[LexemeTable, BoolArray] = weakref.WeakKeyDictionary()
        self._of_labels: dict[str, bool] = {}
        self._of_last_labels: tuple[tuple[str, ...] | None, BoolArray] = None, np.zeros(0, dtype=np.bool_)
        self._timed_out: weakref.WeakKeyDictionary[LexemeTable, dict[int, PatternTimeoutError]] = (
            weakref.WeakKeyDictionary()
        )
        self._lock = threading.Lock()

    def hits(self, values: TokenValues) -> BoolArray:
        """Which tokens pass. Shape: `(len(values),)`."""
        if self.attribute in LAYERS or self.attribute == "ENT_TYPE":
            return self._layer_hits(values)
        ids = values.lexeme_ids
        known = self._lexeme_hits(values.batch.lexemes)
        if self._timed_out:
            self._raise_for(values.batch.lexemes, ids)
        return known[ids]

    def _raise_for(self, table: LexemeTable, ids: npt.NDArray[Any]) -> None:
        """Raises: PatternTimeoutError where one of these words took too long when it came; words of earlier
        texts stay in the table, and are no fault of later ones."""
        late = self._timed_out.get(table, {})
        for number in np.unique(ids[np.isin(ids, list(late))]).tolist():
            raise late[number]

    def _tested(self, table: LexemeTable, number: int) -> bool:
        try:
            return self.test(TEXT_OF_LEXEME[self.attribute](table, number))
        except PatternTimeoutError as error:
            self._timed_out.setdefault(table, {})[number] = error
            return False

    def _lexeme_hits(self, table: LexemeTable) -> BoolArray:
        with self._lock:
            known = self._of_lexemes.get(table)
            done = 0 if known is None else len(known)
            size = len(table)
            if known is None or done < size:
                new = np.fromiter(
                    (self._tested(table, i) for i in range(done, size)),
                    dtype=np.bool_,
                    count=size - done,
                )
                known = self._of_lexemes[table] = new if known is None else np.concatenate([known, new])
            return known

    def _layer_hits(self, values: TokenValues) -> BoolArray:
        column = values.column(self.attribute)
        if column is None:
            return np.full(len(values), self._of_label(""), dtype=np.bool_)
        labels, passed = self._of_last_labels
        if labels is not column.labels:  # a component's batches share theirs
            texts = [*label_texts(self.attribute, column), ""]
            passed = np.fromiter(map(self._of_label, texts), dtype=np.bool_, count=len(texts))
            self._of_last_labels = column.labels, passed
        out: BoolArray = passed[column.ids[values.rows]]
        return out

    def _of_label(self, label: str) -> bool:
        known = self._of_labels.get(label)
        if known is None:
            known = self._of_labels[label] = self.test(label)
        return known


def make_test(attribute: str, kind: Kind, name: str, value: Any, compare: FuzzyCompare, where: str) -> Test:
    """The test of one predicate of a pattern. Raises: PatternError, which says `where`."""
    allowed = NUMBER_PREDICATES if kind == "number" else TEXT_PREDICATES
    if name not in allowed:
        raise PatternError(
            f"{where}: expected a predicate for {attribute}, got {name!r}; there are: {', '.join(allowed)}"
        )
    if name in COMPARISONS:
        return _comparison(COMPARISONS[name], _number(value, where, name, fractions=True))
    if name in SETS:
        return _set_test(attribute, name, _items(value, kind, where, name))
    single = _regex if name == "REGEX" else _fuzzy(FUZZIES[name], compare)
    if not isinstance(value, Mapping):
        return single(_text(value, where, name), f"{where}: {name}")
    return _each_of(value, single, where, name)


def _each_of(value: Mapping[str, Any], single: Callable[[str, str], Test], where: str, name: str) -> Test:
    """`{"REGEX": {"IN": [...]}}` and the like: any of them, or none."""
    tests: list[Test] = []
    for key, items in value.items():
        inner = str(key).upper()
        if inner not in ("IN", "NOT_IN"):
            raise PatternError(f"{where}: expected IN or NOT_IN inside {name}, got {key!r}")
        parts = [single(item, f"{where}: {name}") for item in _items(items, "text", where, inner)]
        tests.append(_any_of(parts) if inner == "IN" else _none_of(parts))
    return all_of(tests)


def all_of(tests: list[Test]) -> Test:
    """Passes where all do; always, where there are none."""
    return tests[0] if len(tests) == 1 else lambda value: all(test(value) for test in tests)


def _any_of(tests: list[Test]) -> Test:
    return lambda value: any(test(value) for test in tests)


def _none_of(tests: list[Test]) -> Test:
    return lambda value: not any(test(value) for test in tests)


def _comparison(compare: Callable[[Any, Any], bool], number: float) -> Test:
    return lambda value: compare(value, number)


def _set_test(attribute: str, name: str, items: list[Any]) -> Test:
    wanted = frozenset(items)
    if attribute == "MORPH" and name in ("IN", "NOT_IN"):
        wanted = frozenset(map(_normal, items))
    if name == "IN":
        return lambda value: value in wanted
    if name == "NOT_IN":
        return lambda value: value not in wanted
    parts = _features if attribute == "MORPH" else _alone
    if name == "IS_SUBSET":
        return lambda value: parts(value) <= wanted
    if name == "IS_SUPERSET":
        return lambda value: parts(value) >= wanted
    return lambda value: not parts(value).isdisjoint(wanted)


def _features(morph: str) -> frozenset[str]:
    """Single `Name=Value` pairs of an analysis."""
    return frozenset(feature for feature in morph.split("|") if feature not in ("", NO_FEATURES))


def _normal(morph: str) -> str:
    """An analysis as columns hold it."""
    pairs = (feature.partition("=") for feature in _features(morph))
    return (
        "|".join(sorted(f"{name}={','.join(sorted(values.split(',')))}" for name, _, values in pairs))
        or NO_FEATURES
    )


def _alone(value: Any) -> frozenset[Any]:
    """The value, or the members of a list, as an attribute of one's own may be."""
    return frozenset(value) if isinstance(value, list | tuple | set | frozenset) else frozenset((value,))


def _regex(pattern: str, where: str) -> Test:
    try:
        search = compiled(pattern, where).search
    except (re.error, RecursionError, OverflowError) as error:
        raise PatternError(f"{where}: expected a regular expression, got {pattern!r}: {error}") from None
    return lambda value: search(value) is not None


def _fuzzy(edits: int, compare: FuzzyCompare) -> Callable[[str, str], Test]:
    return lambda pattern, where: lambda value: compare(value, pattern, edits)


def _items(value: Any, kind: Kind, where: str, name: str) -> list[Any]:
    if not isinstance(value, list | tuple | set | frozenset):
        raise PatternError(f"{where}: expected a list for {name}, got {value!r}")
    return [_number(item, where, name) if kind == "number" else _text(item, where, name) for item in value]


def _text(value: Any, where: str, name: str) -> str:
    if not isinstance(value, str):
        raise PatternError(f"{where}: expected a text for {name}, got {value!r}")
    return value


def _number(value: Any, where: str, name: str, *, fractions: bool = False) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float if fractions else int):
        raise PatternError(f"{where}: expected a number for {name}, got {value!r}")
    return value
