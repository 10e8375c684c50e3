# SPDX-License-Identifier: Apache-2.0
"""Spans in the packs that an encoder reads at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Pack:
    """Neighbouring spans and their pieces. Shape: cu_seq_lens `(n_spans + 1,)`, from 0."""

    spans: slice
    pieces: slice
    cu_seq_lens: IntArray


def packs_of(cu_seq_lens: IntArray, budget: int) -> Iterator[Pack]:
    """All spans in their order, as many as fit into `budget` pieces at a time; one that is longer goes alone.

    >>> [pack.spans for pack in packs_of(np.array([0, 3, 5, 12, 13]), 5)]
    [slice(0, 2, None), slice(2, 3, None), slice(3, 4, None)]
    """
    first, n_spans = 0, len(cu_seq_lens) - 1
    while first < n_spans:
        start = int(cu_seq_lens[first])
        stop = int(np.searchsorted(cu_seq_lens, start + budget, "right")) - 1
        stop = max(stop, first + 1)
        yield Pack(
            slice(first, stop),
            slice(start, int(cu_seq_lens[stop])),
            np.asarray(cu_seq_lens[first : stop + 1]) - start,
        )
        first = stop


def buckets_of(cu_seq_lens: IntArray, budget: int) -> Iterator[IntArray]:
    """Numbers of spans of like lengths, long ones first: padded to the longest, each bucket fits into
    `budget`."""
    lengths = np.diff(cu_seq_lens)
    order = np.argsort(-lengths, kind="stable")
    first = 0
    while first < len(order):
        longest = max(int(lengths[order[first]]), 1)
        n_spans = max(budget // longest, 1)
        yield order[first : first + n_spans]
        first += n_spans
