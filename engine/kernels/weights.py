# SPDX-License-Identifier: Apache-2.0
"""Trained weights as values: what the compiled forms are made of, before any back end laid it out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from .arrays import Floats, Ints

if TYPE_CHECKING:
    from ..vocab.lexemes import LexemeTable

Embed = Callable[["LexemeTable", Ints], Floats]
"""From kinds of token to their embeddings, for what is more than tables: lexeme ids, or 2 * id + blank where
`by_space`."""

ConvWeights = tuple[Floats, Floats, Floats, Floats]
"""W `(nO, nP, (2 * window + 1) * nO)`, b `(nO, nP)`, layer norm G `(nO,)` and beta `(nO,)`."""


@dataclass(frozen=True, slots=True, eq=False)
class CnnWeights:
    """Weights of a hash-embedding CNN as training has them.

    Shape: tables `(n_rows, width_of_table)` each; mix_W `(nO, nP, nI)` with nI the sum of the tables' widths,
    mix_b `(nO, nP)`, mix_G and mix_beta `(nO,)`; conv as `ConvWeights`, first layer first. Where `embed` is
    given, it is used in place of tables and mixing layer; with `by_space` the embedding depends on whether a
    blank follows, too.
    """

    attrs: tuple[str, ...]
    tables: tuple[Floats, ...]
    seeds: tuple[int, ...]
    mix_W: Floats
    mix_b: Floats
    mix_G: Floats
    mix_beta: Floats
    conv: tuple[ConvWeights, ...]
    window: int = 1
    embed: Embed | None = None
    by_space: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class TransitionWeights:
    """Weights and actions of an entity recogniser (nF is 3 or 6) or a parser (nF is 8 or 13).

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


def piece_columns(weights: Floats) -> Floats:
    """A maxout's weights as columns of one product, piece after piece. Shape: `(nO, nP, nI)` -> `(nP * nO,
    nI)`."""
    return np.ascontiguousarray(weights.swapaxes(0, 1)).reshape(-1, weights.shape[2])


def piece_bias(bias: Floats) -> Floats:
    """The bias of `piece_columns`. Shape: `(nO, nP)` -> `(nP * nO,)`."""
    return np.ascontiguousarray(bias.T).reshape(-1)


def merge_layers(weights: TransitionWeights) -> tuple[Floats, Floats]:
    """The linear layer multiplied into the lower layer, in float64, and what its bias adds where a feature is
    present.

    Shape: `(nF, nP * nO, width)`, pieces first; `(nF, nP * nO)`.
    """
    n_features, n_hidden, n_pieces, _ = weights.lower_W.shape
    linear_W, linear_b = weights.linear_W.astype(np.float64), weights.linear_b.astype(np.float64)
    merged = np.empty((n_features, n_pieces * n_hidden, linear_W.shape[1]), dtype=np.float32)
    present = np.empty(merged.shape[:2], dtype=np.float32)
    # One by one: a parser's slots in float64 take 9 MB more together, which a process keeps.
    for feature, lower_W in enumerate(weights.lower_W):
        lower = lower_W.astype(np.float64).transpose(1, 0, 2).reshape(n_pieces * n_hidden, -1)
        merged[feature], present[feature] = lower @ linear_W, lower @ linear_b
    return merged, present
