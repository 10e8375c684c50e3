# SPDX-License-Identifier: Apache-2.0
"""What somebody decided about an author: links of the registry's audit chain, written by commands, read by
trainers.

They stand in the registry and not in the topic of corrections, to which whoever is to be reviewed may write.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ..model_registry import ModelRegistry

PREFIX = "author-"
"""Beginning of the actions' names in the audit chain."""


class Decided(StrEnum):
    """What becomes of an author's corrections from here on: held back, learned, passed over and taken back
    from what was learned, or only passed over: a trainer's way out where it cannot learn again."""

    HOLD = "hold"
    ACCEPT = "accept"
    REVOKE = "revoke"
    PASS_OVER = "pass-over"


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


def decisions_after(registry: ModelRegistry, last: str) -> list[AuthorDecision]:
    """The decisions after the one with this id (empty: all), oldest first. Raises: TamperedError where the
    audit chain is broken."""
    actions = {PREFIX + one.value: one for one in Decided}
    found = [
        AuthorDecision(entry.id, entry.detail, actions[entry.action])
        for entry in registry.audit()
        if entry.action in actions
    ]
    return [one for one in found if place(one.id) > place(last)]


def place(entry_id: str) -> tuple[int, int]:
    """Where a link stands: milliseconds, then a number within them.

    >>> place("1700000000000-2") > place("")
    True
    """
    milliseconds, _, number = entry_id.partition("-")
    return int(milliseconds or 0), int(number or 0)
