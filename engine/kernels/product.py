# SPDX-License-Identifier: Apache-2.0
"""The matrix product of training: two arrays that are seen once, in float32.

What computes it depends on this CPU alone, never on what is installed, so that a model learned with torch
installed has the bits of one learned without.
"""

from __future__ import annotations

import numpy as np

from .arrays import Floats
from .vector.product import multiply


def product(x: Floats, y: Floats, out: Floats | None = None) -> Floats:
    """`x @ y`, in `out` where that is given, which is C-ordered. Shape: `(n, k)`, `(k, m)` -> `(n, m)`."""
    if x.dtype != np.float32 or y.dtype != np.float32:
        found: Floats = np.matmul(x, y, out=out)
        return found
    if out is None:
        out = np.empty((x.shape[0], y.shape[1]), dtype=np.float32)
    if not out.size or not x.shape[1]:
        out[:] = 0
    else:
        multiply(x, y, out)
    return out
