# SPDX-License-Identifier: Apache-2.0
"""Settings of the trainer about the people who correct: the section `[learner.authors]`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from .section import SHARE, Section, between, setting


@dataclass(frozen=True, slots=True)
class AuthorSettings(Section):
    """Whose corrections are learned at once, and whose are held back until somebody has reviewed the
    author."""

    place: ClassVar[str] = "learner -> authors"

    per_minute: int = setting(
        0,
        "Corrections of one author that are learned of each minute of the records' time, more are held back; "
        "0: any number.",
        between(0, float("inf")),
    )
    max_share: float = setting(
        1.0,
        "Share of the last share_window corrections that may be learned of one author, more are held back; "
        "1: all.",
        SHARE,
    )
    share_window: int = setting(200, "Corrections that the share is of.", between(1, float("inf")))
    hold: bool = setting(
        True, "Hold an author's corrections back who disagrees with the model far more than the others do."
    )
    tolerated: float = setting(
        0.1,
        "How much less than the others, in F of a document, an author may agree with the model.",
        between(0, 0.9),
    )
    false_alarm: float = setting(
        0.01,
        "Probability that an author who keeps within that is ever held back.",
        between(1e-9, 0.5),
    )
    held_kept: int = setting(
        1000, "Corrections that are held back and kept, the newest, of all authors.", between(0, float("inf"))
    )
