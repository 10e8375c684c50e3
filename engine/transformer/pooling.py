# SPDX-License-Identifier: Apache-2.0
"""One vector a token from the rows of its pieces."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from .alignment import TokenRows
from .row_sums import sum_rows

IntArray = npt.NDArray[Any]
FloatArray = npt.NDArray[np.float32]


class Reducer(StrEnum):
    """How several rows become one; a token without rows gets zeros from each of them."""

    MEAN = "reduce_mean"
    SUM = "reduce_sum"
    MAX = "reduce_max"
    FIRST = "reduce_first"
    LAST = "reduce_last"


def pool(
    rows: FloatArray, alignment: TokenRows, reducer: Reducer
) -> tuple[FloatArray, Callable[[FloatArray], FloatArray]]:
    """The tokens' vectors, and what gives the rows' gradient for theirs.

    Shape: rows `(n_rows, width)`; vectors `(n_tokens, width)`.
    """
    if reducer is Reducer.MAX:
        return _pool_max(rows, alignment)
    if reducer in (Reducer.FIRST, Reducer.LAST):
        ends = alignment.offsets[:-1] if reducer is Reducer.FIRST else alignment.offsets[1:] - 1
        return _pool_chosen(rows, alignment, ends)
    return _pool_sum(rows, alignment, is_mean=reducer is Reducer.MEAN)


def gather(rows: FloatArray, alignment: TokenRows) -> FloatArray:
    """The rows of all tokens one after the other, for pooling layers of people's own.

    Shape: `(len(alignment.rows), width)`.
    """
    return rows[alignment.rows]


def scatter(d_gathered: FloatArray, alignment: TokenRows, n_rows: int) -> FloatArray:
    """The gradient of `gather`. Shape: `(n_rows, width)`."""
    return sum_rows(d_gathered, alignment.rows, n_rows)


def _pool_sum(
    rows: FloatArray, alignment: TokenRows, *, is_mean: bool
) -> tuple[FloatArray, Callable[[FloatArray], FloatArray]]:
    lengths = alignment.lengths
    filled = np.flatnonzero(lengths)
    vectors = np.zeros((alignment.n_tokens, rows.shape[1]), np.float32)
    if len(filled):
        vectors[filled] = np.add.reduceat(gather(rows, alignment), alignment.offsets[filled], axis=0)
    shares = (1 / np.maximum(lengths, 1) if is_mean else np.ones(len(lengths))).astype(np.float32)[:, None]

    def backprop(d_vectors: FloatArray) -> FloatArray:
        return scatter(np.repeat(d_vectors * shares, lengths, axis=0), alignment, len(rows))

    return vectors * shares, backprop


def _pool_chosen(
    rows: FloatArray, alignment: TokenRows, ends: IntArray
) -> tuple[FloatArray, Callable[[FloatArray], FloatArray]]:
    """One row a token: the one at its place in the list of all tokens' rows."""
    filled = np.flatnonzero(alignment.lengths)
    chosen = alignment.rows[ends[filled]]
    vectors = np.zeros((alignment.n_tokens, rows.shape[1]), np.float32)
    vectors[filled] = rows[chosen]
    return vectors, lambda d_vectors: sum_rows(d_vectors[filled], chosen, len(rows))


def _pool_max(
    rows: FloatArray, alignment: TokenRows
) -> tuple[FloatArray, Callable[[FloatArray], FloatArray]]:
    """The largest number of each column, the first of equals; rows of tokens by place: all first ones, all
    second ones, ..."""
    lengths, width = alignment.lengths, rows.shape[1]
    vectors = np.zeros((alignment.n_tokens, width), np.float32)
    which = np.zeros((alignment.n_tokens, width), np.int64)
    for place in range(int(lengths.max(initial=0))):
        tokens = np.flatnonzero(lengths > place)
        places = alignment.offsets[tokens] + place
        values = rows[alignment.rows[places]]
        better = values > vectors[tokens] if place else np.ones_like(values, bool)
        vectors[tokens] = np.where(better, values, vectors[tokens])
        which[tokens] = np.where(better, alignment.rows[places][:, None], which[tokens])
    filled = lengths > 0

    def backprop(d_vectors: FloatArray) -> FloatArray:
        cells = which[filled] * width + np.arange(width)
        sums = np.bincount(cells.ravel(), d_vectors[filled].ravel().astype(np.float64), len(rows) * width)
        return sums.reshape(len(rows), width).astype(np.float32)

    return vectors, backprop
