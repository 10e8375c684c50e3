# SPDX-License-Identifier: Apache-2.0
"""A global batch in shards that do not depend on how many workers there are, and the coins of each shard."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import TypeVar

import numpy as np

from ...lazy_torch import loaded_torch
from ..random_state import random_state, set_random_state

Item = TypeVar("Item")


def cut_in_shards(batch: Sequence[Item], n_shards: int) -> list[Sequence[Item]]:
    """The batch in order, in exactly `n_shards` runs of about equally many words; some may be empty.

    >>> cut_in_shards(["aa", "aa", "aaaa", "a"], 2)
    [['aa', 'aa'], ['aaaa', 'a']]
    """
    lengths = np.array([max(1, len(item)) for item in batch], dtype=np.int64)  # type: ignore[arg-type]
    middles = np.cumsum(lengths) - lengths / 2
    places = np.minimum((middles * n_shards / max(1, lengths.sum())).astype(np.int64), n_shards - 1)
    bounds = np.searchsorted(places, np.arange(n_shards + 1))
    return [batch[start:end] for start, end in pairwise(bounds)]


def shards_of(rank: int, n_workers: int, n_shards: int) -> range:
    """The numbers of a worker's shards: neighbours, so that it can add them up before it sends them."""
    return range(rank * n_shards // n_workers, (rank + 1) * n_shards // n_workers)


@contextmanager
def coins_of(seed: int, step: int, shard: int) -> Iterator[None]:
    """Random generators that begin anew for one shard of one step, so that dropout does not depend on who
    computes it; those of before are put back, untouched."""
    before = random_state()
    numbers = np.random.SeedSequence([seed, step, shard]).generate_state(2)
    random.seed(int(numbers[0]))
    np.random.seed(int(numbers[1]))
    torch = loaded_torch()
    if torch is not None:
        torch.manual_seed(int(numbers[0]))
    try:
        yield
    finally:
        set_random_state(before)
