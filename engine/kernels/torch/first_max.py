# SPDX-License-Identifier: Apache-2.0
"""Row-wise argmax by block maxima.

    for row:
        for block in blocks of 16 classes: top = max(block); remember the first block with the largest top
        search that one block for its first value equal to the maximum

A loop that carries value and position along is not turned into vector code; a maximum alone is, and sixteen
numbers are one vector of AVX-512 and two of AVX2. The truth: `scores.argmax(axis=1)`.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ...jit.loops import jit
from ..arrays import Floats

_BLOCK = 16


def first_max(scores: Floats) -> npt.NDArray[np.int32]:
    """Column of the first largest value of every row. Shape: `(n, n_classes)` -> `(n,)`."""
    out = np.empty(len(scores), dtype=np.int32)
    _search(scores, out)
    return out


@jit
def _search(scores: Floats, out: npt.NDArray[np.int32]) -> None:
    n_classes = scores.shape[1]
    for row in range(len(scores)):
        values = scores[row]
        best, start = values[0], 0
        for block in range(0, n_classes, _BLOCK):
            top = values[block]
            for i in range(block + 1, min(block + _BLOCK, n_classes)):
                top = max(top, values[i])
            if top > best:
                best, start = top, block
        while values[start] != best and start < n_classes - 1:
            start += 1
        out[row] = start
