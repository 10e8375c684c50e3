# SPDX-License-Identifier: Apache-2.0
"""A batch's pieces through an encoder: windows, packs, what was cut and what ran out of memory."""

from __future__ import annotations

from .encoder import LAST, Backprop, Encoded, Encoder, Outputs
from .pieces import PieceBatch


def encode_pieces(encoder: Encoder, pieces: PieceBatch, outputs: Outputs = LAST) -> Encoded:
    """Rows of pieces, without gradients; windows averaged. Shape: `(pieces.n_pieces, width)`."""
    raise NotImplementedError


def update_pieces(
    encoder: Encoder,
    pieces: PieceBatch,
    outputs: Outputs = LAST,
    *,
    seed: int | None = None,
    autocast: bool = False,
) -> tuple[Encoded, Backprop]:
    """Rows of pieces with dropout, and what takes their gradient back through windows and encoder."""
    raise NotImplementedError
