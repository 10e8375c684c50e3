# SPDX-License-Identifier: Apache-2.0
"""Batchers: cut a stream of examples into training batches by number, by words or by padded size."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from ..config.registry import registry
from ..errors import EngineError

Item = TypeVar("Item")
Sizes = int | Iterator[float]
Batcher = Callable[[Iterable[Any]], Iterator[list[Any]]]
GetLength = Callable[[Any], int]


@registry.batchers("freshet.batch_by_words.v1")
def configure_by_words(
    size: Any, tolerance: float = 0.2, discard_oversize: bool = False, get_length: Any = None
) -> Batcher:
    """A batcher of about `size` words a batch; `size` may be a schedule, which moves on with every batch."""
    sizes = size_schedule(size)
    length = get_length or len

    def batcher(items: Iterable[Item]) -> Iterator[list[Item]]:
        return batch_by_words(
            items, sizes, tolerance=tolerance, discard_oversize=discard_oversize, get_length=length
        )

    return batcher


def minibatch_by_words(
    seqs: Iterable[Item],
    size: Any,
    tolerance: float = 0.2,
    discard_oversize: bool = False,
    get_length: GetLength = len,
) -> Iterator[list[Item]]:
    """Batches of about `size` words of these items."""
    return batch_by_words(
        seqs,
        size_schedule(size),
        tolerance=tolerance,
        discard_oversize=discard_oversize,
        get_length=get_length,
    )


def minibatch_by_padded_size(
    seqs: Iterable[Item],
    size: Any,
    buffer: int = 256,
    discard_oversize: bool = False,
    get_length: GetLength = len,
) -> Iterator[list[Item]]:
    """Batches of at most `size` words of these items, each counted as long as the longest beside it."""
    return batch_by_padded(
        seqs, size_schedule(size), buffer=buffer, discard_oversize=discard_oversize, get_length=get_length
    )


@registry.batchers("freshet.batch_by_sequence.v1")
def configure_by_sequence(size: Any, get_length: Any = None) -> Batcher:
    """A batcher of `size` items a batch."""
    sizes = size_schedule(size)

    def batcher(items: Iterable[Item]) -> Iterator[list[Item]]:
        return batch_by_sequence(items, sizes)

    return batcher


@registry.batchers("freshet.batch_by_padded.v1")
def configure_by_padded(
    size: Any, buffer: int = 256, discard_oversize: bool = False, get_length: Any = None
) -> Batcher:
    """A batcher of at most `size` words a batch, each item counted as long as the longest beside it."""
    sizes = size_schedule(size)
    length = get_length or len

    def batcher(items: Iterable[Item]) -> Iterator[list[Item]]:
        return batch_by_padded(
            items, sizes, buffer=buffer, discard_oversize=discard_oversize, get_length=length
        )

    return batcher


def size_schedule(size: object) -> Iterator[float]:
    """One size for ever, or the values of a schedule. Raises: EngineError where it is neither."""
    if isinstance(size, int | float):
        return itertools.repeat(float(size))
    if isinstance(size, Iterable):
        return iter(size)
    raise EngineError(
        f"expected a batch size as a number or a schedule, got {type(size).__name__}; see "
        "@schedules such as compounding.v1"
    )


def batch_by_sequence(items: Iterable[Item], sizes: Iterator[float]) -> Iterator[list[Item]]:
    """Batches of so many items; the last one may be smaller."""
    stream = iter(items)
    while batch := list(itertools.islice(stream, int(next(sizes)))):
        yield batch


def batch_by_words(
    items: Iterable[Item],
    sizes: Iterator[float],
    *,
    tolerance: float,
    discard_oversize: bool,
    get_length: GetLength,
) -> Iterator[list[Item]]:
    """Batches of about so many words, in order of arrival.

    An item that would go over the size but stays within `tolerance` waits and joins the batch if the batch
    stays the last, else opens the next one. An item longer than size and tolerance together is a batch of its
    own, or left out.
    """
    filling: Filling[Item] = Filling(next(sizes), tolerance)
    for item in items:
        n = get_length(item)
        if n > filling.most:
            if not discard_oversize:
                yield [item]
            continue
        for _ in range(2):
            if filling.takes(item, n):
                break
            if filling.batch:
                yield filling.batch
            filling = filling.start_next(next(sizes))
        else:
            filling.batch, filling.in_batch = [item], n
    if filling.batch or filling.waiting:
        yield [*filling.batch, *filling.waiting]


@dataclass(slots=True)
class Filling(Generic[Item]):
    """A batch that is being filled up to `target` words, and the items within the tolerance that wait behind
    it."""

    target: float
    tolerance: float
    batch: list[Item] = field(default_factory=list)
    in_batch: int = 0
    waiting: list[Item] = field(default_factory=list)
    in_waiting: int = 0

    @property
    def most(self) -> float:
        """Size and tolerance together."""
        return self.target * (1 + self.tolerance)

    def takes(self, item: Item, n: int) -> bool:
        """Take an item of `n` words, into the batch or behind it, if there is room."""
        if not self.waiting and self.in_batch + n <= self.target:
            self.batch.append(item)
            self.in_batch += n
        elif self.in_batch + self.in_waiting + n <= self.most:
            self.waiting.append(item)
            self.in_waiting += n
        else:
            return False
        return True

    def start_next(self, target: float) -> Filling[Item]:
        """The next batch, which begins with what waits."""
        return Filling(target, self.tolerance, self.waiting, self.in_waiting)


def batch_by_padded(
    items: Iterable[Item],
    sizes: Iterator[float],
    *,
    buffer: int,
    discard_oversize: bool,
    get_length: GetLength,
) -> Iterator[list[Item]]:
    """Batches of similar lengths: `buffer` items at a time are sorted, cut by padded size and handed out in
    random order.

    The order comes from Python's global generator, which the training loop seeds.
    """
    for window in batch_by_sequence(items, itertools.repeat(float(buffer))):
        batches = list(_split_by_padded(sorted(window, key=get_length), next(sizes), get_length))
        random.shuffle(batches)
        for batch, padded in batches:
            if not (discard_oversize and padded > next(sizes)):
                yield batch


def _split_by_padded(
    items: list[Item], size: float, get_length: GetLength
) -> Iterator[tuple[list[Item], int]]:
    """Runs of items, by growing length, whose number times the longest stays within `size`; a longer item is
    alone."""
    batch: list[Item] = []
    for item in items:
        if batch and get_length(item) * (len(batch) + 1) > size:
            yield batch, get_length(batch[-1]) * len(batch)
            batch = []
        batch.append(item)
    if batch:
        yield batch, get_length(batch[-1]) * len(batch)
