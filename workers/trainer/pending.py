# SPDX-License-Identifier: Apache-2.0
"""What waits for the next checkpoint and the next candidate, and when it is time for them."""

from __future__ import annotations

from dataclasses import dataclass

from .events import SegmentEnd


@dataclass(slots=True)
class Pending:
    """Corrections learned, or about to be, since the last checkpoint and the last candidate; when the first
    of the latter came. Units: corrections; `first` in seconds of the session's clock."""

    checkpoint: int = 0
    candidate: int = 0
    first: float | None = None

    def add_one(self, now: float) -> None:
        """A correction came."""
        self.checkpoint += 1
        self.candidate += 1
        if self.first is None:
            self.first = now

    def start_segment(self, after: SegmentEnd | None) -> None:
        """Count anew what the end of the segment before has used up."""
        self.checkpoint = 0
        if after is not None and after.makes_candidate:
            self.candidate, self.first = 0, None


@dataclass(frozen=True, slots=True)
class Timing:
    """When checkpoints and candidates are due; zero means never.

    `checkpoint_every` and `candidate_every` count corrections; `candidate_seconds` run from the first
    correction that is in no candidate yet.
    """

    checkpoint_every: int = 0
    candidate_every: int = 0
    candidate_seconds: float = 0.0

    def needs_checkpoint(self, pending: Pending) -> bool:
        """Whether the state is to be kept."""
        return 0 < self.checkpoint_every <= pending.checkpoint

    def needs_candidate(self, pending: Pending, now: float) -> SegmentEnd | None:
        """Why a candidate is to be made; None where it is not time for one.

        >>> Timing(candidate_seconds=5.0).needs_candidate(Pending(0, 1, first=20.0), now=25.0)
        <SegmentEnd.TIME: 'time'>
        """
        if 0 < self.candidate_every <= pending.candidate:
            return SegmentEnd.COUNT
        waited = 0.0 if pending.first is None else now - pending.first
        return SegmentEnd.TIME if 0 < self.candidate_seconds <= waited else None
