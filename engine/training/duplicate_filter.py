# SPDX-License-Identifier: Apache-2.0
"""The batcher that keeps an example from meeting its double."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ..config.registry import registry
from .batchers import Batcher
from .keyed_example import fingerprint


@registry.batchers("freshet.filtering_batch.v1")
def configure_duplicate_filter(batcher: Any) -> Batcher:
    """Batches of another batcher in which no two examples have the same text and annotation; a double waits
    for a later batch."""

    def filter_duplicates(items: Iterable[Any]) -> Iterator[list[Any]]:
        return defer_duplicates(batcher(items))

    return filter_duplicates


def defer_duplicates(batches: Iterable[list[Any]]) -> Iterator[list[Any]]:
    """The batches, each without the doubles in it, which go into the next batch that has none; the last ones
    into batches of their own.

    >>> list(defer_duplicates([["a", "b", "a"], ["c"]]))
    [['a', 'b'], ['a', 'c']]
    """
    waiting: list[Any] = []
    for batch in batches:
        batch, waiting = _split([*waiting, *batch])
        yield batch
    while waiting:
        batch, waiting = _split(waiting)
        yield batch


def _split(items: list[Any]) -> tuple[list[Any], list[Any]]:
    """The first of each kind, and the others."""
    seen: set[str] = set()
    first: list[Any] = []
    others: list[Any] = []
    for item in items:
        mark = fingerprint(item)
        (others if mark in seen else first).append(item)
        seen.add(mark)
    return first, others
