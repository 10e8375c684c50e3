# SPDX-License-Identifier: Apache-2.0
"""The weights of a transition model, and its two affine layers as one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .arrays import Floats


@dataclass(frozen=True, slots=True, eq=False)
class TransitionWeights:
    """Weights and actions of an entity recogniser or a parser.

    Shape: linear_W `(H, width)`, linear_b `(H,)`; lower_W `(nF, nO, nP, H)`, lower_b `(nO, nP)`, lower_pad
    `(nF, nO, nP)`; upper_W `(n_actions, nO)` and upper_b `(n_actions,)`, or None where the lower layer gives
    the scores; moves `(n_actions,)` kinds of action as the system's actions number them, labels
    `(n_actions,)` label ids.
    """

    linear_W: Floats
    linear_b: Floats
    lower_W: Floats
    lower_b: Floats
    lower_pad: Floats
    upper_W: Floats | None
    upper_b: Floats | None
    moves: npt.NDArray[np.int8]
    labels: npt.NDArray[np.int32]


def merged_layers(weights: TransitionWeights) -> tuple[Floats, Floats]:
    """The linear layer multiplied into the lower layer, in float64, and what its bias adds where a feature is
    present.

    Shape: `(nF, nP * nO, width)`, pieces first; `(nF, nP * nO)`.
    """
    n_features, n_hidden, n_pieces, _ = weights.lower_W.shape
    linear_W, linear_b = weights.linear_W.astype(np.float64), weights.linear_b.astype(np.float64)
    merged = np.empty((n_features, n_pieces * n_hidden, linear_W.shape[1]), dtype=np.float32)
    present = np.empty(merged.shape[:2], dtype=np.float32)
    for feature, lower_W in enumerate(
        weights.lower_W
    ):  # one by one: a parser's in float64 take 9 MB more, which a process keeps
        lower = lower_W.astype(np.float64).transpose(1, 0, 2).reshape(n_pieces * n_hidden, -1)
        merged[feature], present[feature] = lower @ linear_W, lower @ linear_b
    return merged, present
