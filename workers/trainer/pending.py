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
    correction that is in no candidate yet, `candidate_idle_seconds` from the last record that was read, while
    there is no other; two candidates in pauses are `candidate_idle_gap` seconds apart.
    """

    checkpoint_every: int = 0
    candidate_every: int = 0
    candidate_seconds: float = 0.0
    candidate_idle_seconds: float = 0.0
    candidate_idle_gap: float = 0.0

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

    def needs_candidate_in_pause(self, pending: Pending, idle: float, since_last: float) -> bool:
        """Whether people pause and a candidate is to be made of what they said: nothing came for `idle`
        seconds, the candidate before was begun `since_last` seconds ago.

        >>> Timing(candidate_idle_seconds=3.0).needs_candidate_in_pause(Pending(0, 1), 3.5, 60.0)
        True
        """
        paused = 0 < self.candidate_idle_seconds <= idle
        return paused and pending.candidate > 0 and self.candidate_idle_gap <= since_last
