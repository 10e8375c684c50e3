# SPDX-License-Identifier: Apache-2.0
"""Which corrected documents never enter training, so that candidates can be judged by them."""

from __future__ import annotations

import hashlib

_PURPOSE = b"freshet-holdout"
"""Personalises the hash, so that the choice has nothing to do with a document's partition or its place in a
canary."""
_RANGE = 1 << 64


def held_out(document_id: str, percent: float) -> bool:
    """Whether a document belongs to the part that is held out: about `percent` of all, the same ones for ever
    and everywhere.

    Ask before training, by the id of the corrected text: then all corrections of one text fall on one side. A
    document that is held out at some percentage is held out at each higher one.

    >>> sum(held_out(f"document-{i}", 10) for i in range(10_000))
    1012
    """
    digest = hashlib.blake2b(
        document_id.encode("utf-8", "surrogatepass"), digest_size=8, person=_PURPOSE
    ).digest()
    return int.from_bytes(digest, "big") < percent / 100 * _RANGE
