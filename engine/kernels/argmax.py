# SPDX-License-Identifier: Apache-2.0
"""The best class of every token."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .arrays import Floats
from .backend import Backend


def linear_argmax(vectors: Floats, weights: Floats, bias: Floats, backend: Backend) -> npt.NDArray[np.int32]:
    """Class with the highest score `vectors @ weights.T + bias`, the lowest class number where scores tie.

    Packs the weights on every call; a component that keeps its weights holds `backend.linear(weights, bias)`
    and calls its `argmax`.
    Shape: vectors `(n_tokens, width)`, weights `(n_classes, width)`, bias `(n_classes,)` -> `(n_tokens,)`.
    """
    return backend.linear(weights, bias).argmax(vectors)
