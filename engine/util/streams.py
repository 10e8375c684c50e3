# SPDX-License-Identifier: Apache-2.0
"""Items in batches and in another order; numbers that change from step to step."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

Item = TypeVar("Item")


def minibatch(items: Iterable[Item], size: int | Iterator[Any] | Any = 8) -> Iterator[list[Item]]:
    """Items in lists of `size`, a number or a schedule of numbers.

    >>> [len(part) for part in minibatch(range(5), 2)]
    [2, 2, 1]
    """
    sizes = itertools.repeat(size) if isinstance(size, int) else _sizes(size)
    stream = iter(items)
    for each in sizes:
        part = list(itertools.islice(stream, int(each)))
        if not part:
            return
        yield part


def _sizes(schedule: Any) -> Iterator[Any]:
    """Values of a generator, or of a schedule of Thinc's, which is asked by step."""
    return iter(schedule) if hasattr(schedule, "__iter__") else map(schedule, itertools.count())


def compounding(start: float, stop: float, compound: float) -> Iterator[float]:
    """`start`, each time multiplied by `compound`, up to `stop` (down to it, where it is less).

    >>> [round(value, 2) for value, _ in zip(compounding(1.0, 2.0, 1.5), range(4))]
    [1.0, 1.5, 2.0, 2.0]
    """
    limit: Callable[[float, float], float] = max if start > stop else min
    value = float(start)
    while True:
        yield limit(value, stop)
        value *= compound


def decaying(start: float, stop: float, decay: float) -> Iterator[float]:
    """`start`, divided by 1 + `decay` times the number of values so far, but not below `stop`."""
    for number in itertools.count():
        yield max(start / (1.0 + decay * number), stop)


def itershuffle(iterable: Iterable[Item], bufsize: int = 1000) -> Iterator[Item]:
    """Items in another order, as far as a buffer of `bufsize` of them allows, by Python's generator."""
    stream = iter(iterable)
    buffer = list(itertools.islice(stream, bufsize))
    for item in stream:
        place = random.randrange(len(buffer))
        buffer[place], item = item, buffer[place]
        yield item
    random.shuffle(buffer)
    yield from buffer
