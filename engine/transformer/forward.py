# SPDX-License-Identifier: Apache-2.0
"""A batch's pieces through an encoder: windows, packs, and back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from .encoder import LAST, Backprop, Encoded, Outputs
from .pieces import PieceBatch
from .windows import Windows

IntArray = npt.NDArray[Any]
FloatArray = npt.NDArray[np.float32]


class Encodes(Protocol):
    """An encoder, or one with the adapters that its sequences have chosen."""

    def encode(self, ids: IntArray, cu_seq_lens: IntArray, outputs: Outputs = LAST) -> Encoded:
        """Without gradients."""
        ...


class Learns(Protocol):
    """An encoder, or one whose adapter learns in its place."""

    def begin_update(
        self,
        ids: IntArray,
        cu_seq_lens: IntArray,
        outputs: Outputs = LAST,
        *,
        seed: int | None = None,
        autocast: bool = False,
    ) -> tuple[Encoded, Backprop]:
        """With gradients."""
        ...


def encode_pieces(encoder: Encodes, pieces: PieceBatch, outputs: Outputs = LAST) -> Encoded:
    """Rows of pieces, without gradients; windows averaged. Shape: `(pieces.n_pieces, width)`."""
    encoded = encoder.encode(*pieces.to_read, outputs)
    return encoded if pieces.windows is None else _each(encoded, pieces.windows.average)


def update_pieces(
    encoder: Learns,
    pieces: PieceBatch,
    outputs: Outputs = LAST,
    *,
    seed: int | None = None,
    autocast: bool = False,
) -> tuple[Encoded, Backprop]:
    """Rows of pieces with dropout, and what takes their gradient back through windows and encoder."""
    encoded, backprop = encoder.begin_update(*pieces.to_read, outputs, seed=seed, autocast=autocast)
    if pieces.windows is None:
        return encoded, backprop
    return _each(encoded, pieces.windows.average), _through(pieces.windows, backprop)


def _each(encoded: Encoded, change: Callable[[FloatArray], FloatArray]) -> Encoded:
    """The rows of every layer changed; the last one once. What is of spans is of windows and left out."""
    last = change(encoded.last)
    lower = None if encoded.layers is None else tuple(change(layer) for layer in encoded.layers[:-1])
    return Encoded(last, None if lower is None else (*lower, last))


def _through(windows: Windows, backprop: Backprop) -> Backprop:
    def spread(d_rows: FloatArray | None) -> FloatArray | None:
        return None if d_rows is None else windows.spread(d_rows)

    def through(d_last: FloatArray | None, d_layers: Sequence[FloatArray | None] | None = None) -> None:
        backprop(spread(d_last), None if d_layers is None else [spread(d) for d in d_layers])

    return through
