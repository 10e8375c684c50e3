# SPDX-License-Identifier: Apache-2.0
"""Whose words judge: no author has more of them than a share, so that one alone cannot carry a version."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from engine import Example

FADING = 0.99
"""What an older document counts after one more: shares are those of the last hundred."""
FREE = 10.0
"""So many of an author's documents among those always count: shares of few say nothing."""
NOBODY = ""
"""Author of what belongs to no stream: documents of the fixed holdout."""


@dataclass(slots=True)
class AuthorShares:
    """Which documents count, one after the other, where an author may have `share` of them at most.

    As long as there is nobody beside an author, all of his count. It looks at names alone, never at what
    was said, so that what counts is chosen before it is known.
    """

    share: float
    taken: dict[str, float] = field(default_factory=dict)

    def takes(self, author: str) -> bool:
        """Whether one more document of this author counts."""
        if author == NOBODY:
            return True
        self.taken = {name: FADING * count for name, count in self.taken.items()}
        own = self.taken.get(author, 0.0)
        others = sum(self.taken.values()) - own
        counts = not others or own < FREE + others * self.share / max(1 - self.share, 1e-9)
        self.taken[author] = own + counts
        return counts


def counted(authors: Iterable[str], share: float) -> list[bool]:
    """Which of these documents count, in their order."""
    shares = AuthorShares(share)
    return [shares.takes(author) for author in authors]


def author_of(example: Example) -> str:
    """Who corrected an example; `NOBODY` where it is none's correction."""
    return str(getattr(example, "author", NOBODY))
