# SPDX-License-Identifier: Apache-2.0
"""What somebody decided about an author: links of the registry's audit chain, written by commands, read by
trainers.

They stand in the registry and not in the topic of corrections, to which whoever is to be reviewed may write.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from ..model_registry import AuditEntry, Head, ModelRegistry

PREFIX = "author-"
"""Beginning of the actions' names in the audit chain."""


class Decided(StrEnum):
    """What becomes of an author's corrections from here on: held back, learned, passed over and taken back
    from what was learned, or only passed over: a trainer's way out where it cannot learn again."""

    HOLD = "hold"
    ACCEPT = "accept"
    REVOKE = "revoke"
    PASS_OVER = "pass-over"


_ACTIONS = {PREFIX + one.value: one for one in Decided}


@dataclass(frozen=True, slots=True)
class AuthorDecision:
    """One decision; `id` is that of its link in the audit chain, later ones are greater."""

    id: str
    author: str
    decided: Decided


def decide(
    registry: ModelRegistry,
    author: str,
    decided: Decided,
    *,
    actor: str,
    reason: str,
    op_id: str | None = None,
) -> None:
    """Write a decision down; the same `op_id` again changes nothing."""
    registry.note(PREFIX + decided.value, author, actor=actor, reason=reason, op_id=op_id)


@dataclass(slots=True)
class DecisionLog:
    """The decisions in a registry's audit chain, which is read whole once; each further look reads the links
    that came since the one before."""

    registry: ModelRegistry
    _seen: Head | None = None
    _found: list[AuthorDecision] = field(default_factory=list)

    def after(self, last: str) -> list[AuthorDecision]:
        """The decisions after the one with this id (empty: all), oldest first. Raises: TamperedError where
        the audit chain is broken, or does not go on from where it was read."""
        head = self.registry.head()
        if self._seen is None:
            self._add(self.registry.audit())
        elif head.event != self._seen.event:
            self._add(self.registry.audit_after(self._seen))
        self._seen = head
        return [one for one in self._found if place(one.id) > place(last)]

    def _add(self, links: Iterable[AuditEntry]) -> None:
        newest = place(self._found[-1].id if self._found else "")
        self._found += [
            AuthorDecision(link.id, link.detail, _ACTIONS[link.action])
            for link in links
            if link.action in _ACTIONS and place(link.id) > newest
        ]


def decisions_after(registry: ModelRegistry, last: str) -> list[AuthorDecision]:
    """What a fresh `DecisionLog` says."""
    return DecisionLog(registry).after(last)


def place(entry_id: str) -> tuple[int, int]:
    """Where a link stands: milliseconds, then a number within them.

    >>> place("1700000000000-2") > place("")
    True
    """
    milliseconds, _, number = entry_id.partition("-")
    return int(milliseconds or 0), int(number or 0)
