# SPDX-License-Identifier: Apache-2.0
"""The file `moves` of parsers and entity recognizers: the actions of a transition system in class order."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from ..errors import ModelFileError
from .msgpack import unpack

Moves = list[tuple[int, str]]
"""Kind of action (by number) and label of each class."""

MAX_KIND = 5


def read_moves(data: bytes, file: Path) -> Moves:
    """The classes of a model in order. Raises: ModelFileError, which names the file."""
    try:
        tables = {
            int(kind): _frequencies(labels)
            for kind, labels in json.loads(unpack(data, file)["moves"]).items()
        }
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        what = f"{type(error).__name__}: {error}"
        raise ModelFileError(
            f"{file}: expected the actions of a transition system, got {what}; fetch the file again"
        ) from None
    if any(not 0 <= kind <= MAX_KIND for kind in tables):
        raise ModelFileError(f"{file}: expected kinds of action from 0 to {MAX_KIND}, got {sorted(tables)}")
    return class_order(tables)


def class_order(tables: Mapping[int, Mapping[str, int]]) -> Moves:
    """By kind, then by frequency and label, both descending; labels added later (negative frequency) come
    after all others.

    >>> class_order({1: {"A": 1, "B": 2}, 5: {"": 1}})
    [(1, 'B'), (1, 'A'), (5, '')]
    """
    moves: Moves = []
    later: dict[str, list[int]] = {}
    added: list[tuple[int, str]] = []
    for kind in sorted(tables):
        for frequency, label in sorted(
            ((count, label) for label, count in tables[kind].items()), reverse=True
        ):
            if frequency >= 0:
                moves.append((kind, label))
            else:
                later.setdefault(label, []).append(kind)
                added.append((frequency, label))
    order = dict.fromkeys(label for _, label in sorted(added, reverse=True))
    return moves + [(kind, label) for label in order for kind in later[label]]


def _frequencies(labels: Mapping[str, int]) -> dict[str, int]:
    if not all(type(count) is int for count in labels.values()):
        raise ValueError("frequencies that are no whole numbers")
    return dict(labels)
