# SPDX-License-Identifier: Apache-2.0
"""Which release of Redis or Valkey a server is, and whose data it reads."""

from __future__ import annotations

import re
from dataclasses import dataclass

SHARED = (7, 2)
"""The last release whose format of data Redis and Valkey share. Redis 7.4 and Valkey 9.0 each went on with
one of their own, which the other refuses; Valkey 7.2 to 8.1 write that of Redis 7.2."""
OWN_FORMAT = {"Redis": (7, 4), "Valkey": (9, 0)}
SAID = re.compile(r"\b(Redis|Valkey)(?: server v=| )(\d+)\.(\d+)\.(\d+)")


@dataclass(frozen=True, slots=True)
class ServerRelease:
    """A product and its version, such as Valkey 9.1.2."""

    product: str
    version: tuple[int, ...]

    def __str__(self) -> str:
        return f"{self.product} {'.'.join(map(str, self.version))}"

    def reads(self, writer: ServerRelease) -> bool:
        """Whether it can go on with what `writer` has stored: a release reads what its own product wrote up
        to itself, by the first two numbers, and all up to Redis 7.2.

        >>> ServerRelease("Valkey", (9, 1, 2)).reads(ServerRelease("Redis", (6, 2, 14)))
        True
        """
        if not writer.has_own_format:
            return min(self.version[:2], SHARED) >= min(writer.version[:2], SHARED)
        return self.product == writer.product and self.version[:2] >= writer.version[:2]

    @property
    def has_own_format(self) -> bool:
        """Whether the other product refuses what it writes."""
        return self.version[:2] >= OWN_FORMAT[self.product]


def parse_release(text: str) -> ServerRelease | None:
    """The release that a text names, in the words of a server's `--version` or in ours; None where it names
    none.

    >>> str(parse_release("Redis server v=6.2.14 sha=00000000:0 malloc=jemalloc-5.1.0 bits=64"))
    'Redis 6.2.14'
    """
    found = SAID.search(text)
    if found is None:
        return None
    return ServerRelease(found[1], (int(found[2]), int(found[3]), int(found[4])))
