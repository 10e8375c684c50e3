# SPDX-License-Identifier: Apache-2.0
"""Edit trees: how a word becomes its lemma, said so that it holds for other words too.

Source: G. Chrupala, "Towards a machine-learning architecture for lexical functional grammar parsing" (2008),
chapter 6.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import ComponentError

NO_TREE = -1
"""Stands for a part of a word that must be empty, and stays so."""

SAVED_NO_TREE = 0xFFFFFFFF
"""What spaCy's files say instead."""

N_NUMBERS = 4
"""Numbers of a node that matches."""

MAX_NODES = 4096
"""Nodes of one tree, counted as often as they are used: more than any word has characters."""

MAX_DEPTH = 256
"""Trees within trees: no word changes in so many places."""


@dataclass(frozen=True, slots=True)
class Match:
    """Cut the first and last so many characters off, keep what is between, and put trees to work on both
    ends."""

    prefix_length: int
    suffix_length: int
    prefix_tree: int
    suffix_tree: int


@dataclass(frozen=True, slots=True)
class Replace:
    """Put one text for another."""

    old: str
    new: str


Node = Match | Replace


class EditTrees:
    """Trees by number; equal ones have one number, and parts come before the trees that use them.

    >>> trees = EditTrees()
    >>> trees.apply(trees.add("walked", "walk"), "talked")
    'talk'
    """

    def __init__(self, nodes: Sequence[Node] = ()) -> None:
        self._nodes = list(nodes)
        self._number_of = {node: number for number, node in enumerate(self._nodes)}
        _check(self._nodes)

    def __len__(self) -> int:
        """Number of trees and parts."""
        return len(self._nodes)

    def add(self, form: str, lemma: str) -> int:
        """Number of the tree that makes this lemma of this form, a new one where it is unknown."""
        number = self._build(form, lemma, self._assign_number)
        assert number is not None
        return number

    def find(self, form: str, lemma: str) -> int | None:
        """Number of the tree that makes this lemma of this form; None where it is unknown."""
        return self._build(form, lemma, self._number_of.get)

    def apply(self, number: int, form: str) -> str | None:
        """The lemma that a tree makes of a form; None where the tree does not fit it."""
        node = self._nodes[number]
        if isinstance(node, Replace):
            return node.new if form == node.old else None
        end = len(form) - node.suffix_length
        if node.prefix_length > end:
            return None
        prefix = (
            self.apply(node.prefix_tree, form[: node.prefix_length]) if node.prefix_tree != NO_TREE else ""
        )
        if prefix is None:
            return None
        suffix = self.apply(node.suffix_tree, form[end:]) if node.suffix_tree != NO_TREE else ""
        return None if suffix is None else prefix + form[node.prefix_length : end] + suffix

    def to_json(self) -> list[list[Any]]:
        """The nodes as lists: two texts, or four numbers."""
        return [list(_fields(node)) for node in self._nodes]

    def to_maps(self) -> list[dict[str, Any]]:
        """The nodes as spaCy's files of labels have them."""
        return [_map_of(node) for node in self._nodes]

    @classmethod
    def from_json(cls, rows: Sequence[Sequence[Any] | Mapping[str, Any]]) -> EditTrees:
        """The trees that `to_json` or `to_maps` gave. Raises: EngineError where a row is none, or a tree is
        used before it is there."""
        return cls([_node(row) for row in rows])

    def _build(self, form: str, lemma: str, number: Callable[[Node], int | None]) -> int | None:
        start, lemma_start, length = longest_common(form, lemma)
        if not length:
            return number(Replace(form, lemma))
        end, lemma_end = start + length, lemma_start + length
        prefix: int | None = NO_TREE
        suffix: int | None = NO_TREE
        if start or lemma_start:
            prefix = self._build(form[:start], lemma[:lemma_start], number)
        if end < len(form) or lemma_end < len(lemma):
            suffix = self._build(form[end:], lemma[lemma_end:], number)
        return (
            None
            if prefix is None or suffix is None
            else number(Match(start, len(form) - end, prefix, suffix))
        )

    def _assign_number(self, node: Node) -> int:
        number = self._number_of.get(node)
        if number is None:
            number = self._number_of[node] = len(self._nodes)
            self._nodes.append(node)
        return number


def longest_common(form: str, lemma: str) -> tuple[int, int, int]:
    """First place in both, and length, of the longest text that both contain; the first in the form, then in
    the lemma."""
    best = (0, 0, 0)
    before = [0] * (len(lemma) + 1)
    for i, char in enumerate(form, 1):
        row = [0] * (len(lemma) + 1)
        for j, other in enumerate(lemma, 1):
            if char == other:
                row[j] = before[j - 1] + 1
                if row[j] > best[2]:
                    best = (i - row[j], j - row[j], row[j])
        before = row
    return best


def _fields(node: Node) -> tuple[Any, ...]:
    if isinstance(node, Replace):
        return node.old, node.new
    return node.prefix_length, node.suffix_length, node.prefix_tree, node.suffix_tree


def _map_of(node: Node) -> dict[str, Any]:
    if isinstance(node, Replace):
        return {"orig": node.old, "subst": node.new}
    trees = (SAVED_NO_TREE if part == NO_TREE else part for part in (node.prefix_tree, node.suffix_tree))
    names = ("prefix_len", "suffix_len", "prefix_tree", "suffix_tree")
    return dict(zip(names, (node.prefix_length, node.suffix_length, *trees), strict=True))


def _node(row: Sequence[Any] | Mapping[str, Any]) -> Node:
    if isinstance(row, Mapping):
        row = _row_of_map(row)
    if len(row) == 2 and all(isinstance(value, str) for value in row):
        return Replace(*row)
    if len(row) == N_NUMBERS and all(type(value) is int for value in row) and min(row[:2]) >= 0:
        return Match(*row)
    raise ComponentError(f"expected a node of an edit tree, two texts or four numbers, got {str(row)[:80]}")


def _row_of_map(values: Mapping[str, Any]) -> Sequence[Any]:
    """A node as spaCy's files of labels have it."""
    if "orig" in values:
        return [values["orig"], values.get("subst")]
    parts = [values.get(name, NO_TREE) for name in ("prefix_tree", "suffix_tree")]
    lengths = [values.get(name) for name in ("prefix_len", "suffix_len")]
    return [*lengths, *(NO_TREE if part == SAVED_NO_TREE else part for part in parts)]


def _check(nodes: Sequence[Node]) -> None:
    """Refuse trees that use themselves or later ones, and trees that are too large to be of a word."""
    sizes: list[int] = []
    depths: list[int] = []
    for number, node in enumerate(nodes):
        parts = [part for part in _parts(node) if part != NO_TREE]
        if any(not 0 <= part < number for part in parts):
            raise ComponentError(f"expected edit tree {number} to be made of earlier ones, got {parts}")
        sizes.append(1 + sum(sizes[part] for part in parts))
        depths.append(1 + max((depths[part] for part in parts), default=0))
        if sizes[-1] > MAX_NODES or depths[-1] > MAX_DEPTH:
            what = f"{sizes[-1]} and {depths[-1]} in tree {number}"
            raise ComponentError(
                f"expected edit trees of at most {MAX_NODES} nodes, {MAX_DEPTH} deep, got {what}"
            )


def _parts(node: Node) -> Iterator[int]:
    if isinstance(node, Match):
        yield from (node.prefix_tree, node.suffix_tree)
