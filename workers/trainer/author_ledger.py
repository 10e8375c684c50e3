# SPDX-License-Identifier: Apache-2.0
"""What is known of the people who correct, and whose corrections are learned: all of it follows from the
records, from what the model said of them before, and from the decisions of those who review."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from engine.scoring.unit_pairs import UnitPair
from engine.scoring.units import Counts
from schemas import Correction

from ..corrections import AuthorDecision, Decided
from ..corrections.authors import place
from ..corrections.overlap import Overlap
from ..settings import AuthorSettings
from .author_agreement import Agreement, FadedMean, OwnScores
from .author_evidence import Evidence

MINUTE = 60_000
"""Units: milliseconds."""
MAX_AUTHORS = 10_000
"""Authors that are remembered; the longest silent ones, of whom nothing was decided, go first."""
MAX_TOLD = 500
"""Of those so many are told of, the ones who spoke last."""


class Standing(StrEnum):
    """How an author stands."""

    OPEN = "open"
    HELD = "held"
    TRUSTED = "trusted"
    REVOKED = "revoked"


class Refusal(StrEnum):
    """Why a correction is not learned as it comes."""

    AUTHOR = "author"
    RATE = "rate"
    SHARE = "share"
    REVOKED = "revoked"


@dataclass(slots=True)
class Author:
    """One author. `agreement` with the model, `others`: with people who corrected the same texts;
    `minute`: the last one and how many corrections of it were learned."""

    standing: Standing = Standing.OPEN
    counts: Counter[str] = field(default_factory=Counter)
    evidence: Evidence = field(default_factory=Evidence)
    agreement: dict[str, OwnScores] = field(default_factory=dict)
    others: dict[str, Counts] = field(default_factory=dict)
    minute: list[int] = field(default_factory=lambda: [0, 0])


class AuthorLedger:
    """Decides whose corrections are learned as they come."""

    def __init__(self, settings: AuthorSettings | None = None) -> None:
        self.settings = settings or AuthorSettings()
        self.authors: dict[str, Author] = {}
        self.applied = ""
        """Id of the last decision that was applied."""
        self._agreement, self._overlap = Agreement(), Overlap()
        self._window: list[str] = []

    def refuse(self, correction: Correction, timestamp_ms: int) -> Refusal | None:
        """Why a new correction is not to be learned now; None where it is."""
        author = self._author(correction.author)
        author.counts["read"] += 1
        why = self._why(correction.author, author, timestamp_ms)
        author.counts["learned" if why is None else why.value] += 1
        self._note_share("" if why else correction.author)
        if why is not Refusal.REVOKED:
            self._compare(author, correction)
        return why

    def judge(self, name: str, pairs: Mapping[str, UnitPair]) -> bool:
        """Take in what the model said of a correction before it learned it; whether its author is held back
        from here on."""
        author = self._author(name)
        for kind, excess in self._agreement.add(name, author.agreement, pairs):
            author.evidence.bet(kind, excess, self.settings.tolerated)
        convinced = author.evidence.wealth >= 1.0 / self.settings.false_alarm
        if author.standing is not Standing.OPEN or not self.settings.hold or not convinced:
            return False
        author.standing = Standing.HELD
        return True

    def apply(self, decision: AuthorDecision) -> None:
        """What somebody decided about an author holds from here on."""
        author = self._author(decision.author)
        self.applied = max(self.applied, decision.id, key=place)
        author.evidence = Evidence()
        author.standing = {
            Decided.HOLD: Standing.HELD,
            Decided.ACCEPT: Standing.TRUSTED,
            Decided.REVOKE: Standing.REVOKED,
            Decided.PASS_OVER: Standing.REVOKED,
        }[decision.decided]

    def standing(self, name: str) -> Standing:
        """How an author stands."""
        return self.authors[name].standing if name in self.authors else Standing.OPEN

    @property
    def revoked(self) -> list[str]:
        """Authors whose corrections are passed over."""
        return sorted(name for name, one in self.authors.items() if one.standing is Standing.REVOKED)

    def report(self) -> dict[str, dict[str, Any]]:
        """The latest authors, and all who are held back, trusted or revoked, as JSON values: standing,
        counts, agreement by layer with the model and with others as `[F, corrections or units]`, evidence
        against them."""
        latest = list(self.authors)[-MAX_TOLD:]
        decided = [name for name, one in self.authors.items() if one.standing is not Standing.OPEN]
        return {name: _report(self.authors[name]) for name in sorted({*latest, *decided})}

    def state(self) -> dict[str, Any]:
        """All of it as JSON values; empty before anything was read."""
        if not self.authors:
            return {}
        return {
            "authors": {name: _saved(author) for name, author in self.authors.items()},
            "applied": self.applied,
            "agreement": self._agreement.state(),
            "overlap": [[text, name, said] for text, (name, said) in self._overlap.last.items()],
            "window": list(self._window),
        }

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Take over what `state` gave."""
        if not state:
            return
        self.authors = {name: _read(saved) for name, saved in state["authors"].items()}
        self.applied, self._window = state["applied"], list(state["window"])
        self._agreement = Agreement.from_state(state["agreement"])
        self._overlap = Overlap(last={text: (name, said) for text, name, said in state["overlap"]})

    def _author(self, name: str) -> Author:
        author = self.authors.pop(name, None) or Author()
        self.authors[name] = author  # the longest silent one stands first
        if len(self.authors) > MAX_AUTHORS:
            undecided = (n for n, one in self.authors.items() if one.standing is Standing.OPEN)
            self.authors.pop(next(undecided, name))
            self.authors[name] = author
        return author

    def _why(self, name: str, author: Author, timestamp_ms: int) -> Refusal | None:
        if author.standing is Standing.REVOKED:
            return Refusal.REVOKED
        if author.standing is Standing.HELD:
            return Refusal.AUTHOR
        if self.settings.per_minute and self._is_fast(author, timestamp_ms // MINUTE):
            return Refusal.RATE
        if self._has_its_share(name):
            return Refusal.SHARE
        author.minute[1] += 1 if self.settings.per_minute else 0
        return None

    def _is_fast(self, author: Author, minute: int) -> bool:
        if minute > author.minute[0]:
            author.minute = [minute, 0]
        return author.minute[1] >= self.settings.per_minute

    def _has_its_share(self, name: str) -> bool:
        size, share = self.settings.share_window, self.settings.max_share
        return share < 1.0 and self._window[1 - size :].count(name) >= share * size

    def _note_share(self, name: str) -> None:
        if self.settings.max_share < 1.0:
            self._window = [*self._window, name][-self.settings.share_window :]

    def _compare(self, author: Author, correction: Correction) -> None:
        met = self._overlap.add(correction)
        if met is None:
            return
        other, counts = met
        for side in (author, self._author(other)):
            for layer, found in counts.items():
                side.others[layer] = side.others.get(layer, Counts()) + found


def _report(author: Author) -> dict[str, Any]:
    return {
        "standing": author.standing.value,
        "counts": dict(author.counts),
        "model": {
            layer: [round(own.mean.mean, 4), round(own.mean.weight, 1)]
            for layer, own in sorted(author.agreement.items())
        },
        "others": {
            layer: [round(counts.f1, 4), counts.tp + counts.fp + counts.fn]
            for layer, counts in sorted(author.others.items())
        },
        "evidence": round(min(author.evidence.wealth, 1e12), 4),
    }


def _saved(author: Author) -> list[Any]:
    return [
        author.standing.value,
        dict(author.counts),
        author.evidence.logs,
        {layer: [own.mean.total, own.mean.weight, own.next] for layer, own in author.agreement.items()},
        {layer: [c.tp, c.fp, c.fn] for layer, c in author.others.items()},
        author.minute,
    ]


def _read(saved: Any) -> Author:
    standing, counts, logs, agreement, others, minute = saved
    return Author(
        Standing(standing),
        Counter(counts),
        Evidence(list(logs)),
        {
            layer: OwnScores(FadedMean(total, weight), list(following))
            for layer, (total, weight, following) in agreement.items()
        },
        {layer: Counts(*row) for layer, row in others.items()},
        list(minute),
    )
