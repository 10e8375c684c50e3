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

    Shape: linear_W `(H, width)`, linear_b `(H,)`; lower_W `(nF, nO, nP, H)`, lower_b `(nO, nP)`, lower_pad `(nF, nO, nP)`;
    upper_W `(n_actions, nO)` and upper_b `(n_actions,)`, or None where the lower layer gives the scores;
    moves `(n_actions,)` kinds of action as the system's actions number them, labels `(n_actions,)` label ids.
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
    """The linear layer multiplied into the lower layer, in float64, and what its bias adds where a feature is present.

    Shape: `(nF, nP * nO, width)`, pieces first; `(nF, nP * nO)`.
    """
    lower = weights.lower_W.astype(np.float64).transpose(0, 2, 1, 3)
    lower = lower.reshape(len(lower), -1, lower.shape[-1])
    merged = lower @ weights.linear_W.astype(np.float64)
    return merged.astype(np.float32), (lower @ weights.linear_b.astype(np.float64)).astype(np.float32)
