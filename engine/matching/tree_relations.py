# SPDX-License-Identifier: Apache-2.0
"""How two tokens may stand to each other in a dependency tree, by the operators that patterns write."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..doc.tree import Tree

Relation = Callable[[Tree, int, int], bool]
"""Whether token `a`, on the operator's left, stands so to token `b`."""


def _is_child(tree: Tree, a: int, b: int) -> bool:
    return tree.heads[a] == b and a != b


def _is_below(tree: Tree, a: int, b: int) -> bool:
    return a != b and b in tree.ancestors(a)


def _are_siblings(tree: Tree, a: int, b: int) -> bool:
    """Whether `b` depends on the head of `a`; a root is its own, as in spaCy."""
    return a != b and tree.heads[a] == tree.heads[b] != b


def _same_tree(tree: Tree, a: int, b: int) -> bool:
    return _root(tree, a) == _root(tree, b)


def _root(tree: Tree, token: int) -> int:
    return [token, *tree.ancestors(token)][-1]


RELATIONS: Mapping[str, Relation] = {
    "<": _is_child,
    ">": lambda tree, a, b: _is_child(tree, b, a),
    "<<": _is_below,
    ">>": lambda tree, a, b: _is_below(tree, b, a),
    ".": lambda tree, a, b: a == b - 1 and _same_tree(tree, a, b),
    ".*": lambda tree, a, b: a < b and _same_tree(tree, a, b),
    ";": lambda tree, a, b: a == b + 1 and _same_tree(tree, a, b),
    ";*": lambda tree, a, b: a > b and _same_tree(tree, a, b),
    "$+": lambda tree, a, b: a == b - 1 and _are_siblings(tree, a, b),
    "$-": lambda tree, a, b: a == b + 1 and _are_siblings(tree, a, b),
    "$++": lambda tree, a, b: a < b and _are_siblings(tree, a, b),
    "$--": lambda tree, a, b: a > b and _are_siblings(tree, a, b),
    ">+": lambda tree, a, b: a == b - 1 and _is_child(tree, b, a),
    ">-": lambda tree, a, b: a == b + 1 and _is_child(tree, b, a),
    ">++": lambda tree, a, b: a < b and _is_child(tree, b, a),
    ">--": lambda tree, a, b: a > b and _is_child(tree, b, a),
    "<+": lambda tree, a, b: a == b - 1 and _is_child(tree, a, b),
    "<-": lambda tree, a, b: a == b + 1 and _is_child(tree, a, b),
    "<++": lambda tree, a, b: a < b and _is_child(tree, a, b),
    "<--": lambda tree, a, b: a > b and _is_child(tree, a, b),
}
"""Operator -> what it asks of the two tokens. Source: spaCy's documentation of `DependencyMatcher`."""
