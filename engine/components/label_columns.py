# SPDX-License-Identifier: Apache-2.0
"""Writing label columns onto a batch that may have some already."""

from __future__ import annotations

import numpy as np

from ..doc.batch import UNSET, Batch, IntArray, LabelColumn


def write_column(
    batch: Batch,
    name: str,
    ids: IntArray,
    labels: tuple[str, ...],
    *,
    overwrite: bool,
    empty_is_set: bool = False,
) -> None:
    """Set a column; where it is set already it stays, unless `overwrite`. `empty_is_set`: an empty label is
    one, too."""
    old = batch.columns.get(name)
    if overwrite or old is None:
        batch.columns[name] = LabelColumn(ids, labels)
        return
    stays = old.ids >= 0 if empty_is_set else set_tokens(old)
    joined = np.where(stays, old.ids.astype(np.int64), ids.astype(np.int64) + len(old.labels))
    joined[~stays & (ids < 0)] = UNSET
    batch.columns[name] = LabelColumn(joined, (*old.labels, *labels))


def set_tokens(column: LabelColumn) -> IntArray:
    """Which tokens have a value in the column. Shape: `(n_tokens,)`, bool."""
    if not column.labels:
        return np.zeros(len(column.ids), dtype=bool)
    filled = np.array([label != "" for label in column.labels])
    there: IntArray = (column.ids >= 0) & filled[np.maximum(column.ids, 0)]
    return there
