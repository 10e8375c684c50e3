# SPDX-License-Identifier: Apache-2.0
"""The order of a transition model's classes, from how often each label goes with each kind of action."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

Classes = list[tuple[int, str]]
"""Kind of action (by number) and label of each class."""


def class_order(tables: Mapping[int, Mapping[str, int]]) -> Classes:
    """By kind, then by frequency and label, both descending; labels added later (negative frequency) come
    after all others.

    >>> class_order({1: {"A": 1, "B": 2}, 5: {"": 1}})
    [(1, 'B'), (1, 'A'), (5, '')]
    """
    classes: Classes = []
    later: dict[str, list[int]] = {}
    added: list[tuple[int, str]] = []
    for kind in sorted(tables):
        counts = sorted(((count, label) for label, count in tables[kind].items()), reverse=True)
        for count, label in counts:
            if count >= 0:
                classes.append((kind, label))
            else:
                later.setdefault(label, []).append(kind)
                added.append((count, label))
    order = dict.fromkeys(label for _, label in sorted(added, reverse=True))
    return classes + [(kind, label) for label in order for kind in later[label]]


def table_of(
    classes: Sequence[tuple[int, str]], n_kinds: int, counts: Mapping[int, Mapping[str, int]] | None = None
) -> dict[str, dict[str, int]]:
    """A table that gives these classes in this order: with the frequencies that were counted, where these do,
    else with numbers that only say the order.

    >>> table_of([(1, "B"), (1, "A")], 2)
    {'0': {}, '1': {'B': 2, 'A': 1}}
    """
    by_kind: dict[int, list[str]] = {kind: [] for kind in range(n_kinds)}
    for kind, label in classes:
        by_kind[kind].append(label)
    if counts is not None:
        counted = {
            kind: {label: counts.get(kind, {}).get(label, 0) for label in labels}
            for kind, labels in by_kind.items()
        }
        if class_order(counted) == list(classes):
            return {str(kind): table for kind, table in counted.items()}
    numbered = {
        kind: {label: len(labels) - i for i, label in enumerate(labels)} for kind, labels in by_kind.items()
    }
    if class_order(numbered) != list(classes):
        numbered = _with_later(classes, by_kind)
    return {str(kind): table for kind, table in numbered.items()}


def _with_later(
    classes: Sequence[tuple[int, str]], by_kind: Mapping[int, Sequence[str]]
) -> dict[int, dict[str, int]]:
    """Classes that break the order of kinds are ones that came later, label after label."""
    table: dict[int, dict[str, int]] = {kind: {} for kind in by_kind}
    last = -1
    later: dict[str, int] = {}
    for kind, label in classes:
        if kind < last or label in later:
            later.setdefault(label, -1 - len(later))
            table[kind][label] = later[label]
        else:
            last = kind
            table[kind][label] = len(by_kind[kind]) - len(table[kind])
    return table
