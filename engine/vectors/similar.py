# SPDX-License-Identifier: Apache-2.0
"""The nearest rows of a table, part by part, so that a mapped one is never held as a whole."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]

BLOCK = 1 << 14
"""Rows that are compared at once."""


def nearest(data: Floats, rows: Rows, queries: Floats, n: int, batch_size: int) -> tuple[Rows, Floats]:
    """For each query the `n` rows of greatest cosine among `rows`, best first, and the cosines.

    Shape: queries `(n_queries, width)` -> `(n_queries, n)` twice.
    """
    found = [
        _nearest(data, rows, queries[start : start + batch_size], n)
        for start in range(0, len(queries), batch_size)
    ]
    if not found:
        return np.zeros((0, n), dtype=np.int64), np.zeros((0, n), dtype=np.float32)
    return np.concatenate([part[0] for part in found]), np.concatenate([part[1] for part in found])


def unit_rows(vectors: Floats) -> Floats:
    """Vectors of length 1; zeros stay."""
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    units: Floats = (vectors / np.where(norms == 0, 1, norms)).astype(np.float32)
    return units


def _nearest(data: Floats, rows: Rows, queries: Floats, n: int) -> tuple[Rows, Floats]:
    units = unit_rows(queries)
    best_rows = np.zeros((len(queries), 0), dtype=np.int64)
    best = np.zeros((len(queries), 0), dtype=np.float32)
    for start in range(0, len(rows), BLOCK):
        some = rows[start : start + BLOCK]
        cosines = np.concatenate([best, units @ unit_rows(data[some]).T], axis=1)
        candidates = np.concatenate([best_rows, np.broadcast_to(some, (len(queries), len(some)))], axis=1)
        order = np.argsort(-cosines, axis=1, kind="stable")[:, :n]
        best = np.take_along_axis(cosines, order, axis=1)
        best_rows = np.take_along_axis(candidates, order, axis=1)
    return best_rows, best
