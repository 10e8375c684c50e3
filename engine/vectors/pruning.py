# SPDX-License-Identifier: Apache-2.0
"""Fewer rows: keys of rows that are dropped get the nearest row that is left; equal rows become one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .similar import nearest

Floats = npt.NDArray[np.float32]
Keys = npt.NDArray[np.uint64]
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Pruned:
    """A smaller table, and by key without a row of its own: the key whose row it got, and the cosine."""

    data: Floats
    keys: Keys
    rows: Rows
    given: dict[int, tuple[int, float]]


def prune(
    data: Floats,
    keys: Keys,
    rows: Rows,
    n_rows: int,
    probs: Mapping[int, float],
    unknown: float,
    batch_size: int,
) -> Pruned:
    """Keep the rows of the `n_rows` most probable keys, equal ones by row; `unknown`: the probability of a
    key that `probs` lacks."""
    order = np.lexsort((keys, rows, np.array([-probs.get(key, unknown) for key in keys.tolist()])))
    keys, rows = keys[order], rows[order]
    kept = np.ascontiguousarray(data[rows[:n_rows]])
    first = np.arange(len(kept), dtype=np.int64)
    found, cosines = nearest(kept, first, data[rows[n_rows:]], 1, batch_size)
    owners = keys[found[:, 0]].tolist()
    scores = [round(cosine, 4) for cosine in cosines[:, 0].tolist()]
    given = dict(zip(keys[n_rows:].tolist(), zip(owners, scores, strict=True), strict=True))
    return Pruned(kept, keys, np.concatenate([first, found[:, 0]]), given)


def deduplicate(data: Floats, keys: Keys, rows: Rows) -> tuple[Floats, Keys, Rows]:
    """The same keys on a table without equal rows and without rows that belong to none; rows keep their
    order."""
    used = np.unique(rows)
    _, first, which = np.unique(data[used], axis=0, return_index=True, return_inverse=True)
    order = np.argsort(first)
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    smaller = np.ascontiguousarray(data[used[first[order]]])
    return smaller, keys, place[which.reshape(-1)][np.searchsorted(used, rows)]
