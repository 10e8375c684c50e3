# SPDX-License-Identifier: Apache-2.0
"""Gradients as values: an array, or the rows of it that are not zero; and their sum."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .slots import Slot

Array = npt.NDArray[Any]

MANY_ROWS = 256
"""Tables of at least so many rows, such as hashed embeddings, are sent by the rows that a batch touched."""


@dataclass(frozen=True, slots=True, eq=False)
class Gradient:
    """The gradient of one array; with `rows` only those of it, `values` being theirs, in growing order."""

    values: Array
    shape: tuple[int, ...]
    rows: Array | None = None

    @property
    def n_bytes(self) -> int:
        """What it takes to send it."""
        return self.values.nbytes + (0 if self.rows is None else self.rows.nbytes)

    def dense(self) -> Array:
        """The whole array, which is the caller's own."""
        if self.rows is None:
            return self.values.copy()
        whole = np.zeros(self.shape, dtype=self.values.dtype)
        whole[self.rows] = self.values
        return whole

    def times(self, factor: float) -> Gradient:
        """The same, multiplied."""
        if factor == 1.0:
            return self
        return Gradient(self.values * np.float32(factor), self.shape, self.rows)


Gradients = Mapping[str, Gradient]
"""Gradients by the names of their arrays; what has none is left out."""


def as_gradient(array: Array) -> Gradient:
    """An array as what is sent of it. The form follows from the array alone, so that it is the same on every
    worker."""
    if array.ndim != 2 or len(array) < MANY_ROWS:
        return Gradient(array, array.shape)
    rows = np.flatnonzero(array.any(axis=1)).astype(np.int32)
    if 2 * len(rows) > len(array):
        return Gradient(array, array.shape)
    return Gradient(array[rows], array.shape, rows)


def take_gradients(slots: Iterable[Slot]) -> dict[str, Gradient]:
    """What was added up since the last time, which begins anew."""
    taken = ((slot.name, slot.take_gradient()) for slot in slots)
    return {name: as_gradient(array) for name, array in taken if array is not None}


def add(left: Gradient, right: Gradient) -> Gradient:
    """`left + right`, in this order."""
    if left.rows is None and right.rows is None:
        return Gradient(left.values + right.values, left.shape)
    if left.rows is None or right.rows is None:
        whole, part = (left, right) if left.rows is None else (right, left)
        values = whole.dense()
        values[part.rows] += part.values
        return Gradient(values, left.shape)
    rows = np.union1d(left.rows, right.rows).astype(np.int32)
    values = np.zeros((len(rows), *left.values.shape[1:]), dtype=left.values.dtype)
    values[np.searchsorted(rows, left.rows)] = left.values
    values[np.searchsorted(rows, right.rows)] += right.values
    return Gradient(values, left.shape, rows)


def add_all(left: Gradients, right: Gradients) -> Gradients:
    """The sum, array by array; what one side lacks is the other's."""
    names = dict.fromkeys((*left, *right))
    return {
        name: add(left[name], right[name])
        if name in left and name in right
        else left.get(name) or right[name]
        for name in names
    }


def n_bytes(gradients: Gradients | None) -> int:
    """What it takes to send them."""
    return sum(gradient.n_bytes for gradient in (gradients or {}).values())
