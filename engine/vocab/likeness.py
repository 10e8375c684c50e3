# SPDX-License-Identifier: Apache-2.0
"""How alike two words, or texts, are by their vectors."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np


def likeness(one: Any, other: Any) -> float:
    """Cosine of two vectors, 1 of equal words, 0 where one of them has no vector (with a warning)."""
    kind = type(one).__name__
    if _orths(one) == _orths(other):
        return 1.0
    if one.vocab.vectors.n_keys == 0:
        warnings.warn(
            f"{kind}.similarity: the pipeline has no word vectors, so it goes by what its components made of "
            "the texts, if anything; load vectors, such as by `freshet init vectors`",
            UserWarning,
            stacklevel=3,
        )
    norms = one.vector_norm * other.vector_norm
    if norms == 0:
        warnings.warn(f"{kind}.similarity: one of the two has no vector: 0", UserWarning, stacklevel=3)
        return 0.0
    return float(np.dot(one.vector, other.vector) / norms)


def _orths(item: Any) -> list[int]:
    """Ids of the words of a text, or of a word."""
    return [token.orth for token in item] if hasattr(item, "__iter__") else [item.orth]
