# SPDX-License-Identifier: Apache-2.0
"""Corrections that are held back until their author was reviewed: kept whole, in the trainer's state."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from schemas import Correction, decode_correction, encode_correction


@dataclass(slots=True)
class HeldBack:
    """The newest `limit` corrections that are held back, by their ids, in the order in which they came.
    `forgotten`: how many came before them, by author; the log still has those."""

    limit: int = 1000
    kept: dict[str, tuple[str, str]] = field(default_factory=dict)
    forgotten: Counter[str] = field(default_factory=Counter)

    def add(self, correction: Correction) -> None:
        """Keep one; it takes the place of the one that it supersedes, if that is held back too and its
        own."""
        old = correction.supersedes
        if old in self.kept and self.kept[old][0] == correction.author:
            del self.kept[old]
        self.kept[correction.correction_id] = (
            correction.author,
            encode_correction(correction).decode("utf8"),
        )
        while len(self.kept) > self.limit:
            author, _ = self.kept.pop(next(iter(self.kept)))
            self.forgotten[author] += 1

    def release(self, author: str) -> list[Correction]:
        """An author's corrections, which are held back no longer."""
        return [decode_correction(source.encode("utf8")) for source in self._take(author)]

    def drop(self, author: str) -> int:
        """Forget an author's corrections for good; how many there were."""
        return len(self._take(author))

    def count(self, author: str) -> int:
        """How many of an author are kept."""
        return sum(name == author for name, _ in self.kept.values())

    def state(self) -> list[list[str]]:
        """All that are kept as JSON values."""
        return [[key, author, source] for key, (author, source) in self.kept.items()]

    def load_state(self, saved: Iterable[Iterable[str]]) -> None:
        """Take over what `state` gave."""
        self.kept = {key: (author, source) for key, author, source in saved}

    def _take(self, author: str) -> list[str]:
        keys = [key for key, (name, _) in self.kept.items() if name == author]
        return [self.kept.pop(key)[1] for key in keys]
