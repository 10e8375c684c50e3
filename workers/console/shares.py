# SPDX-License-Identifier: Apache-2.0
"""Which texts two people are asked about, and which come without the model's opinion: by hash, the same ones
everywhere."""

from __future__ import annotations

from ..hashed_share import falls_below

_OVERLAP = b"freshet-overlap"
_BLIND = b"freshet-blind"


def asks_two(text_id: str, share: float) -> bool:
    """Whether two people are asked about a text.

    >>> sum(asks_two(f"document-{i}", 0.1) for i in range(10_000))
    1032
    """
    return falls_below(text_id, share, _OVERLAP)


def is_blind(text_id: str, share: float) -> bool:
    """Whether a text is shown without the model's opinion.

    >>> sum(is_blind(f"document-{i}", 0.1) for i in range(10_000))
    980
    """
    return falls_below(text_id, share, _BLIND)
