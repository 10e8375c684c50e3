# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from workers.trainer.events import SegmentEnd
from workers.trainer.pending import Pending, Timing


def test_time_runs_from_the_first_correction_that_is_in_no_candidate() -> None:
    """Later ones do not put the candidate off."""
    pending = Pending()
    for now in (5.0, 9.0):
        pending.add_one(now)
    assert pending == Pending(2, 2, first=5.0)
    timing = Timing(candidate_seconds=10.0)
    assert timing.needs_candidate(pending, 14.9) is None
    assert timing.needs_candidate(pending, 15.0) is SegmentEnd.TIME


@pytest.mark.parametrize("end", list(SegmentEnd))
def test_a_segment_counts_anew_what_was_used_up(end: SegmentEnd) -> None:
    """After every segment the state was kept; only some ends make a candidate."""
    pending = Pending(3, 8, first=5.0)
    pending.start_segment(end)
    made = end in (SegmentEnd.COUNT, SegmentEnd.TIME, SegmentEnd.END, SegmentEnd.CONSOLIDATED)
    assert pending == (Pending() if made else Pending(0, 8, first=5.0))


def test_zero_means_never() -> None:
    """However many corrections came, and however long ago."""
    pending = Pending(10**6, 10**6, first=0.0)
    assert not Timing().needs_checkpoint(pending)
    assert Timing().needs_candidate(pending, 1e9) is None
