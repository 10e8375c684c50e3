# SPDX-License-Identifier: Apache-2.0
"""Row hashes: which rows of an embedding table belong to an id."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..jit.loops import jit

_C1 = np.uint64(0x87C37B91114253D5)
_C2 = np.uint64(0x4CF5AD432745937F)
_F1 = np.uint64(0xFF51AFD7ED558CCD)
_F2 = np.uint64(0xC4CEB9FE1A85EC53)
_LENGTH = np.uint64(8)


def rows(ids: npt.NDArray[np.uint64], seed: int, n_rows: int) -> npt.NDArray[np.int32]:
    """Four rows of a hash embedding table for every id; id 0 is hashed like any other.

    Shape: ids `(n,)` -> `(n, 4)`.
    Source: MurmurHash3 x64 128 (Appleby), as Thinc's HashEmbed uses it.
    """
    out = np.empty((len(ids), 4), dtype=np.int32)
    _rows(np.ascontiguousarray(ids, dtype=np.uint64), np.uint64(seed & 0xFFFFFFFF), np.uint64(n_rows), out)
    return out


@jit
def _finish64(key: Any) -> Any:  # pragma: no cover - compiled
    key ^= key >> np.uint64(33)
    key *= _F1
    key ^= key >> np.uint64(33)
    key *= _F2
    return key ^ (key >> np.uint64(33))


@jit
def _rows(
    ids: npt.NDArray[np.uint64], seed: Any, n_rows: Any, out: npt.NDArray[np.int32]
) -> None:  # pragma: no cover - compiled
    half = np.uint64(32)
    low = np.uint64(0xFFFFFFFF)
    for i in range(len(ids)):
        key = ids[i] * _C1
        key = ((key << np.uint64(31)) | (key >> np.uint64(33))) * _C2
        h1 = key ^ seed ^ _LENGTH
        h2 = seed ^ _LENGTH
        h1 += h2
        h2 += h1
        h1 = _finish64(h1)
        h2 = _finish64(h2)
        h1 += h2
        h2 += h1
        out[i, 0] = (h1 & low) % n_rows
        out[i, 1] = (h1 >> half) % n_rows
        out[i, 2] = (h2 & low) % n_rows
        out[i, 3] = (h2 >> half) % n_rows
