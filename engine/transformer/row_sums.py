# SPDX-License-Identifier: Apache-2.0
"""Sums of rows that meet in one place."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[Any]
FloatArray = npt.NDArray[np.float32]


def sum_rows(values: FloatArray, places: IntArray, n_places: int) -> FloatArray:
    """For each place the sum of the rows that belong there, in their order; zeros where there are none.

    Shape: values `(n, width)`, places `(n,)`; the result `(n_places, width)`.
    """
    sums = np.zeros((n_places, values.shape[1]), np.float32)
    if not len(places):
        return sums
    order = np.argsort(places, kind="stable")
    sorted_places = places[order]
    firsts = np.flatnonzero(np.concatenate([[True], sorted_places[1:] != sorted_places[:-1]]))
    if len(firsts) == len(places):  # no two meet
        sums[places] = values
    else:
        sums[sorted_places[firsts]] = np.add.reduceat(values[order], firsts, axis=0)
    return sums
