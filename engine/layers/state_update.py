# SPDX-License-Identifier: Apache-2.0
"""How the lower layer of a transition model learns: in compiled loops, on its weights and gradients.

Imported when something learns. A walk through documents computes the vectors of its states on the way
(`KnownStates`); learning from these goes on from there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from thinc.api import Model

from ..kernels.learning.state_sums import back, rows_of_products, vectors_of
from ..kernels.parser import StateVectors
from .gradients import gradient_of
from .ragged import Array


class KnownStates(tuple[Any, Array]):
    """A batch, or its token vectors, and feature tokens, as a transition model and its lower layer read them,
    with the state vectors that the present weights of this lower layer give."""

    vectors: StateVectors
    lower: Model[Any, Any]

    @classmethod
    def of(cls, read: Any, features: Array, vectors: StateVectors, lower: Model[Any, Any]) -> KnownStates:
        """The states, and who knows them."""
        made = cls((read, features))
        made.vectors, made.lower = vectors, lower
        return made


def forward(model: Model[Any, Any], X: Any) -> tuple[Array, Callable[[Any], Any]]:
    """Vectors of states with dropout, and the way back to the tokens. Shape: `(n_states, nO)`."""
    tokens, features = X
    W, b, pad = (model.get_param(name) for name in ("W", "b", "pad"))
    if isinstance(X, KnownStates):
        vectors = X.vectors
    else:
        vectors = vectors_of(rows_of_products(tokens, W, pad[0]), np.ascontiguousarray(features, np.int64), b)
    mask = model.ops.get_dropout_mask(vectors.hidden.shape, model.attrs["dropout_rate"])

    def backprop(d_output: Array) -> Array:
        gradients = [gradient_of(model, name) for name in ("W", "b", "pad")]
        d_vectors = np.ascontiguousarray(d_output * mask, np.float32)
        return back(d_vectors, vectors, tokens, np.ascontiguousarray(features, np.int64), W, gradients)

    return vectors.hidden * mask, backprop
