# SPDX-License-Identifier: Apache-2.0
"""One vector a token from the rows of its pieces."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from .alignment import TokenRows

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
    raise NotImplementedError


def gather(rows: FloatArray, alignment: TokenRows) -> FloatArray:
    """The rows of all tokens one after the other, for pooling layers of people's own.

    Shape: `(len(alignment.rows), width)`.
    """
    return rows[alignment.rows]


def scatter(d_gathered: FloatArray, alignment: TokenRows, n_rows: int) -> FloatArray:
    """The gradient of `gather`. Shape: `(n_rows, width)`."""
    raise NotImplementedError
