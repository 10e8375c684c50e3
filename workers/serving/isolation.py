# SPDX-License-Identifier: Apache-2.0
"""Finding the records that make a batch fail: halve it until they stand alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")
Answer = TypeVar("Answer")


def isolate(
    annotate: Callable[[Sequence[T]], Sequence[Answer]], items: Sequence[T]
) -> list[Answer | Exception]:
    """One answer for each item, in order: its annotation, or the exception of the item that fails even alone.

    >>> def shout(texts):
    ...     return [text.upper().encode("ascii") for text in texts]
    >>> [type(answer).__name__ for answer in isolate(shout, ["a", "é", "b"])]
    ['bytes', 'UnicodeEncodeError', 'bytes']
    """
    if not items:
        return []
    try:
        answers = annotate(items)
        if len(answers) != len(items):
            raise AssertionError(
                f"expected {len(items)} annotations, got {len(answers)}; this is a bug in Freshet"
            )
        return list(answers)
    except Exception as error:
        if len(items) == 1:
            return [error]
    middle = len(items) // 2
    return isolate(annotate, items[:middle]) + isolate(annotate, items[middle:])
