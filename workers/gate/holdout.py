# SPDX-License-Identifier: Apache-2.0
"""Which corrected documents never enter training, so that candidates can be judged by them; which of those
serve to make candidates instead."""

from __future__ import annotations

from ..hashed_share import falls_below

_PURPOSE = b"freshet-holdout"
"""Personalises the hash, so that the choice has nothing to do with a document's partition or its place in a
canary."""
_CHOICE = b"freshet-choice"
"""The same of the second hash, which has nothing to do with the first."""


def held_out(document_id: str, percent: float) -> bool:
    """Whether a document belongs to the part that is held out: about `percent` of all, the same ones for ever
    and everywhere.

    Ask before training, by the id of the corrected text: then all corrections of one text fall on one side. A
    document that is held out at some percentage is held out at each higher one.

    >>> sum(held_out(f"document-{i}", 10) for i in range(10_000))
    1012
    """
    return falls_below(document_id, percent / 100, _PURPOSE)


def chooses(text: str, percent: float) -> bool:
    """Whether a document that nobody learns from serves to choose among candidates (when to stop, how much of
    the champion to keep): about `percent` of all, by their texts. The others judge what was chosen, so that
    no document does both, wherever it came from.

    >>> sum(chooses(f"text {i}", 40) for i in range(10_000))
    3857
    """
    return falls_below(text, percent / 100, _CHOICE)
