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
