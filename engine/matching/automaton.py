# SPDX-License-Identifier: Apache-2.0
"""Many patterns as one automaton: arrays of steps, and the loop that runs all of them over documents.

At each token every pattern is begun, behind those under way. A state that has not taken the token yet may
pass over steps that can take nothing; what such a step takes, goes on behind all states that moved in place.
Matches come out in the order in which states end; a match is told as soon as it is certain, which for one
that ends with `?` or `*` is at the token after it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..jit.loops import jit, jit_noalloc
from .attributes import LEXICAL, TokenValues
from .own_attributes import OwnAttribute
from .patterns import ANY, MAYBE, NONE, ONE, Condition, Equality, Step
from .predicates import Predicate

IntArray = npt.NDArray[np.int64]
Tests = tuple[Predicate | OwnAttribute | Equality, ...]

_TAKES, _COLUMN, _ROW, _INDEX, _LAST, _OPTIONAL, _RULE, _AMBIGUOUS = range(8)
"""What each column of the array of steps holds."""
_FEW = 16
"""Patterns begun at one token that are put in order without making an array."""


@dataclass(frozen=True, slots=True, eq=False)
class Matches:
    """What was found, in order. Shape: `(n,)` each; `rows` and `ends` count tokens of what was searched.

    `indices` says, on end, which token pattern took each token of each match; empty unless it was asked for.
    """

    rules: IntArray
    rows: IntArray
    ends: IntArray
    indices: IntArray


class Automaton:
    """Patterns of numbered rules, ready to be run."""

    def __init__(self, patterns: Sequence[tuple[int, tuple[Step, ...]]]) -> None:
        patterns = [(rule, steps) for rule, steps in patterns if steps]
        self._columns: list[str] = []
        self._rows: dict[Tests, int] = {}
        self.required = tuple(
            dict.fromkeys(name for _, steps in patterns for step in steps for name in step.condition.required)
        )
        self._steps = np.array(
            [row for rule, steps in patterns for row in self._encode(rule, steps)], dtype=np.int64
        ).reshape(-1, 8)
        ids = [
            equalities[0][1] if equalities else 0
            for _, steps in patterns
            for equalities in (_rarest_first(step.condition) for step in steps)
        ]
        self._ids = np.array(ids, dtype=np.uint64)
        lengths = [len(steps) for _, steps in patterns]
        self._begins = np.cumsum([0, *lengths], dtype=np.int64)[:-1]
        self._equalities = _single_equalities(self._rows)
        self._other_tests = [(tests, row) for tests, row in self._rows.items() if not _is_equality(tests)]
        self._index = _StartIndex.of(self._begins, self._steps, self._ids, len(self._columns))

    def run(self, values: TokenValues, bounds: IntArray, *, aligned: bool = False) -> Matches:
        """All matches in each of the stretches `bounds[i]:bounds[i + 1]` of tokens, the first of equal ones
        only."""
        columns = np.zeros((len(self._columns), len(values)), dtype=np.uint64)
        for i, name in enumerate(self._columns):
            columns[i] = values.ids(name)
        passed = np.zeros((len(self._rows), len(values)), dtype=np.bool_)
        for name, (rows, wanted) in self._equalities.items():
            passed[rows] = values.ids(name) == wanted[:, None]
        for tests, row in self._other_tests:
            passed[row] = _try_tests(tests, values)
        index = self._index
        found, nodes = _run(
            bounds, self._steps, self._ids, columns, passed,
            index.plain, index.columns, index.offsets, index.ids, index.begins, aligned,
        )  # fmt: skip
        first = _find_firsts(found[:, :3])
        indices = _trace_indices(found[first], nodes) if aligned else np.zeros(0, dtype=np.int64)
        return Matches(found[first, 0], found[first, 1], found[first, 2], indices)

    def passed(self, values: TokenValues) -> IntArray:
        """Of a single pattern of one token: which tokens pass, by position."""
        bounds = np.arange(len(values) + 1, dtype=np.int64)
        return self.run(values, bounds).rows

    def _encode(self, rule: int, steps: tuple[Step, ...]) -> list[tuple[int, ...]]:
        ambiguous = sum(step.takes in (MAYBE, ANY) for step in steps) > 1
        optional = [all(later.takes in (MAYBE, ANY) for later in steps[i:]) for i in range(len(steps))]
        return [
            (
                step.takes, *self._condition(step.condition), step.index,
                int(i == len(steps) - 1), int(optional[i]), rule, int(ambiguous),
            )
            for i, step in enumerate(steps)
        ]  # fmt: skip

    def _condition(self, condition: Condition) -> tuple[int, int]:
        """Column that the first equality looks at, and row of all other tests; -1 where there is none."""
        column, equalities = -1, _rarest_first(condition)
        if equalities:
            name = equalities[0][0]
            if name not in self._columns:
                self._columns.append(name)
            column = self._columns.index(name)
        others: Tests = (*equalities[1:], *condition.predicates)
        return column, self._rows.setdefault(others, len(self._rows)) if others else -1


@dataclass(frozen=True, slots=True, eq=False)
class _StartIndex:
    """Where patterns begin: those that need a certain value first by that value, sorted; all others one by
    one."""

    plain: IntArray
    columns: IntArray
    offsets: IntArray
    ids: npt.NDArray[np.uint64]
    begins: IntArray

    @classmethod
    def of(
        cls, begins: IntArray, steps: IntArray, ids: npt.NDArray[np.uint64], n_columns: int
    ) -> _StartIndex:
        first = steps[begins]
        by_value = (first[:, _TAKES] == ONE) & (first[:, _COLUMN] >= 0)
        parts = [np.flatnonzero(by_value & (first[:, _COLUMN] == column)) for column in range(n_columns)]
        parts = [part[np.argsort(ids[begins[part]], kind="stable")] for part in parts]
        used = [column for column, part in enumerate(parts) if len(part)]
        joined = np.concatenate([parts[column] for column in used]) if used else np.zeros(0, dtype=np.int64)
        offsets = np.cumsum([0, *(len(parts[column]) for column in used)], dtype=np.int64)
        at = begins[joined]
        return cls(begins[~by_value], np.array(used, dtype=np.int64), offsets, ids[at], at)


def _rarest_first(condition: Condition) -> Sequence[Equality]:
    """What patterns are looked up by goes first: fewer tokens have the same word than the same tag."""
    return sorted(condition.equalities, key=lambda equality: equality[0] not in LEXICAL)


def _is_equality(tests: Tests) -> bool:
    return len(tests) == 1 and isinstance(tests[0], tuple)


def _single_equalities(rows: Mapping[Tests, int]) -> dict[str, tuple[IntArray, npt.NDArray[np.uint64]]]:
    """Attribute -> rows of tests that are one equality, and the ids: all of one attribute are tried at
    once."""
    found: dict[str, list[tuple[int, int]]] = {}
    for tests, row in rows.items():
        if _is_equality(tests):
            name, wanted = tests[0]  # type: ignore[misc]  # it is an equality
            found.setdefault(name, []).append((row, wanted))
    return {
        name: (
            np.array([row for row, _ in those]),
            np.array([wanted for _, wanted in those], dtype=np.uint64),
        )
        for name, those in found.items()
    }


def _try_tests(tests: Tests, values: TokenValues) -> npt.NDArray[np.bool_]:
    first, *others = (
        values.ids(test[0]) == np.uint64(test[1]) if isinstance(test, tuple) else test.hits(values)
        for test in tests
    )
    for other in others:
        first = first & other
    return first


def _find_firsts(found: IntArray) -> IntArray:
    """Positions of the first of equal rows, in order."""
    if len(found) < 2:
        return np.arange(len(found))
    rules, rows, lengths = found[:, 0], found[:, 1], found[:, 2] - found[:, 1]
    n_rows, n_lengths = int(rows.max()) + 1, int(lengths.max()) + 1
    if (int(rules.max()) + 1) * n_rows * n_lengths < 1 << 62:
        first: IntArray = np.unique((rules * n_rows + rows) * n_lengths + lengths, return_index=True)[1]
        return np.sort(first)
    order = np.lexsort((found[:, 2], found[:, 1], found[:, 0]))
    ordered = found[order]
    new = np.concatenate([[True], (ordered[1:] != ordered[:-1]).any(axis=1)])
    return np.sort(order[new])


def _trace_indices(found: IntArray, nodes: IntArray) -> IntArray:
    """Which token pattern took each token, by following each match back to its start."""
    out: list[int] = []
    links = nodes.tolist()
    for _, row, end, node in found.tolist():
        path: list[int] = []
        for _ in range(end - row):
            node, index = links[node]
            path.append(index)
        out.extend(reversed(path))
    return np.array(out, dtype=np.int64)


@jit
def _run(
    bounds: Any, steps: Any, ids: Any, columns: Any, passed: Any,
    plain: Any, start_columns: Any, start_offsets: Any, start_ids: Any, start_begins: Any, aligned: bool,
) -> Any:  # pragma: no cover - compiled  # fmt: skip
    """Matches as rows (rule, first row, end, last node), and nodes as rows (node before, index of the token
    pattern)."""
    found, n_found = np.empty((64, 4), dtype=np.int64), 0
    nodes, n_nodes = np.empty((64, 2), dtype=np.int64), 0
    states, fresh = np.empty((64, 3), dtype=np.int64), np.empty((64, 3), dtype=np.int64)
    slots = np.zeros(256, dtype=np.int64)
    n_begins, any_ambiguous = len(plain) + len(start_begins), np.any(steps[:, _AMBIGUOUS] == 1)
    in_order = len(start_columns) + (len(plain) > 0) < 2
    for part in range(len(bounds) - 1):
        n = 0
        for i in range(bounds[part], bounds[part + 1]):
            while n + n_begins > len(states):
                states = _double(states)
            first = n
            n = _begin(
                i, n, states, steps, ids, columns, passed,
                plain, start_columns, start_offsets, start_ids, start_begins,
            )  # fmt: skip
            if n - first > _FEW and not in_order:
                states[first:n, 0] = np.sort(states[first:n, 0])
            n_kept, n_fresh = 0, 0
            for s in range(n):
                step, start, node = states[s, 0], states[s, 1], states[s, 2]
                while True:
                    takes, last, rule = steps[step, _TAKES], steps[step, _LAST] == 1, steps[step, _RULE]
                    may_take_none = takes in (MAYBE, ANY)
                    column, row = steps[step, _COLUMN], steps[step, _ROW]
                    taken = (column < 0 or columns[column, i] == ids[step]) and (row < 0 or passed[row, i])
                    if takes == NONE:
                        taken = not taken
                    if n_found + 2 > len(found):  # a step gives two matches at most
                        found = _double(found)
                    if may_take_none and last and i > start:
                        n_found = _put_match(found, n_found, rule, start, i, node)
                    here = node
                    if taken and aligned:
                        nodes, n_nodes = _add_node(nodes, n_nodes, node, steps[step, _INDEX])
                        here = n_nodes - 1
                    after = step if takes == ANY else step + 1
                    if taken and last and takes != ANY:
                        n_found = _put_match(found, n_found, rule, start, i + 1, here)
                    elif taken and (last or not may_take_none):
                        states[n_kept, 0], states[n_kept, 1], states[n_kept, 2] = after, start, here
                        n_kept += 1
                    elif taken:
                        fresh, n_fresh = _add_state(fresh, n_fresh, after, start, here)
                    if last or not may_take_none:
                        break
                    step += 1
            for s in range(n_fresh):
                states, n_kept = _add_state(states, n_kept, fresh[s, 0], fresh[s, 1], fresh[s, 2])
            n = n_kept
            if any_ambiguous:
                n, slots = _distinct(states, n_kept, steps, slots)
        for s in range(n):
            if steps[states[s, 0], _OPTIONAL] == 1:
                if n_found == len(found):
                    found = _double(found)
                rule, start, node = steps[states[s, 0], _RULE], states[s, 1], states[s, 2]
                n_found = _put_match(found, n_found, rule, start, bounds[part + 1], node)
    return found[:n_found], nodes[:n_nodes]


@jit_noalloc
def _begin(
    i: int, n: int, states: Any, steps: Any, ids: Any, columns: Any, passed: Any,
    plain: Any, start_columns: Any, start_offsets: Any, start_ids: Any, start_begins: Any,
) -> int:  # pragma: no cover - compiled  # fmt: skip
    """Begin at token `i` all patterns that may match there, and say how many states there are then; a few of
    them are in their order. One whose first step must take the token and does not is none of them."""
    first = n
    for k in range(len(start_columns)):
        value = columns[start_columns[k], i]
        at, beyond, high = start_offsets[k], start_offsets[k + 1], start_offsets[k + 1]
        while at < beyond:
            middle = (at + beyond) // 2
            if start_ids[middle] < value:
                at = middle + 1
            else:
                beyond = middle
        while at < high and start_ids[at] == value:
            row = steps[start_begins[at], _ROW]
            if row < 0 or passed[row, i]:
                states[n, 0], states[n, 1], states[n, 2] = start_begins[at], i, -1
                n += 1
            at += 1
    for k in range(len(plain)):
        column, row = steps[plain[k], _COLUMN], steps[plain[k], _ROW]
        taken = (column < 0 or columns[column, i] == ids[plain[k]]) and (row < 0 or passed[row, i])
        if taken or steps[plain[k], _TAKES] != ONE:
            states[n, 0], states[n, 1], states[n, 2] = plain[k], i, -1
            n += 1
    if n - first <= _FEW:
        for s in range(first + 1, n):
            begin, at = states[s, 0], s
            while at > first and states[at - 1, 0] > begin:
                states[at, 0] = states[at - 1, 0]
                at -= 1
            states[at, 0] = begin
    return n


@jit
def _distinct(states: Any, n: int, steps: Any, slots: Any) -> Any:  # pragma: no cover - compiled
    """Drop states that are where an earlier one is, which only patterns with several choices can give."""
    any_ambiguous = False
    for s in range(n):
        any_ambiguous = any_ambiguous or steps[states[s, 0], _AMBIGUOUS] == 1
    if n < 2 or not any_ambiguous:
        return n, slots
    size = len(slots)
    while size < 2 * n:
        size *= 2
    if size > len(slots):
        slots = np.zeros(size, dtype=np.int64)
    else:
        slots[:] = 0
    n_kept = 0
    for s in range(n):
        step, start = states[s, 0], states[s, 1]
        slot = (step * 1000003 + start * 8191) & (size - 1)
        while slots[slot] != 0 and (
            states[slots[slot] - 1, 0] != step or states[slots[slot] - 1, 1] != start
        ):
            slot = (slot + 1) & (size - 1)
        if slots[slot] == 0:
            states[n_kept, 0], states[n_kept, 1], states[n_kept, 2] = step, start, states[s, 2]
            n_kept += 1
            slots[slot] = n_kept
    return n_kept, slots


@jit_noalloc
def _put_match(
    found: Any, n: int, rule: int, start: int, end: int, node: int
) -> int:  # pragma: no cover - compiled
    """Write a match where there is room for it."""
    found[n, 0], found[n, 1], found[n, 2], found[n, 3] = rule, start, end, node
    return n + 1


@jit
def _add_node(nodes: Any, n: int, before: int, index: int) -> Any:  # pragma: no cover - compiled
    if n == len(nodes):
        nodes = _double(nodes)
    nodes[n, 0], nodes[n, 1] = before, index
    return nodes, n + 1


@jit
def _add_state(states: Any, n: int, step: int, start: int, node: int) -> Any:  # pragma: no cover - compiled
    if n == len(states):
        states = _double(states)
    states[n, 0], states[n, 1], states[n, 2] = step, start, node
    return states, n + 1


@jit
def _double(rows: Any) -> Any:  # pragma: no cover - compiled
    larger = np.empty((2 * len(rows), rows.shape[1]), dtype=rows.dtype)
    larger[: len(rows)] = rows
    return larger
