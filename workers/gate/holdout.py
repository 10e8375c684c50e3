# SPDX-License-Identifier: Apache-2.0
"""Which corrected documents never enter training, so that candidates can be judged by them; which of those
serve to make candidates instead."""

from __future__ import annotations

from ..hashed_share import falls_below, held_out

__all__ = ["chooses", "held_out"]

_CHOICE = b"freshet-choice"
"""Personalises the hash, so that it has nothing to do with that of what is held out."""


def chooses(text: str, percent: float) -> bool:
    """Whether a document that nobody learns from serves to choose among candidates (when to stop, how much of
    the champion to keep): about `percent` of all, by their texts. The others judge what was chosen, so that
    no document does both, wherever it came from.

    >>> sum(chooses(f"text {i}", 40) for i in range(10_000))
    3857
    """
    return falls_below(text, percent / 100, _CHOICE)
