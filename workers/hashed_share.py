# SPDX-License-Identifier: Apache-2.0
"""A share of all things, chosen by a hash of their names: the same ones for ever and everywhere."""

from __future__ import annotations

import hashlib

_RANGE = 1 << 64


def falls_below(name: str, share: float, purpose: bytes) -> bool:
    """Whether a name belongs to a share (0 to 1) of all; what belongs to one belongs to each larger one.

    `purpose` personalises the hash, so that choices of one purpose have nothing to do with those of another.
    """
    digest = hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8, person=purpose).digest()
    return int.from_bytes(digest, "big") < share * _RANGE


_HOLDOUT = b"freshet-holdout"
"""Personalises the hash of held-out documents, so that the choice has nothing to do with a document's
partition or its place in a canary."""


def held_out(document_id: str, percent: float) -> bool:
    """Whether a document belongs to the part that is held out: about `percent` of all, the same ones for ever
    and everywhere.

    Ask before training, by the id of the corrected text: then all corrections of one text fall on one side. A
    document that is held out at some percentage is held out at each higher one.

    >>> sum(held_out(f"document-{i}", 10) for i in range(10_000))
    1012
    """
    return falls_below(document_id, percent / 100, _HOLDOUT)
