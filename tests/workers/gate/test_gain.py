# SPDX-License-Identifier: Apache-2.0
"""What the documents that judge and the stream say together."""

from __future__ import annotations

import numpy as np
import pytest

from workers.gate.counts import Slice, SliceCounts
from workers.gate.gain import Basis, Gain, Pair, weigh_counts
from workers.gate.history import History
from workers.gate.restarted_process import RestartedProcess
from workers.settings import GateSettings

SETTINGS = GateSettings()
RIGHT, WRONG = (1.0, 0.0, 0.0), (0.0, 1.0, 1.0)


def pair(won: int, lost: int) -> Pair:
    """A hundred documents with one answer each: the candidate has so many right that the champion has wrong,
    and the other way round."""
    champion = [WRONG] * won + [RIGHT] * (100 - won)
    candidate = [RIGHT] * won + [WRONG] * lost + [RIGHT] * (100 - won - lost)
    before, after = (SliceCounts((Slice("ents"),), np.array(rows)[:, None]) for rows in (champion, candidate))
    return before, after


def weighed(won: int, lost: int, stream: RestartedProcess | None) -> Gain:
    """What those say, beside a stream."""
    return weigh_counts(pair(won, lost), pair(won, lost), SETTINGS, History(stream=stream))


def wealth(won: int, lost: int) -> RestartedProcess:
    """A stream's evidence after so many documents that differ."""
    return RestartedProcess().after(np.array([1.0] * won + [-1.0] * lost))


def test_stream_and_documents_are_evidence_together() -> None:
    """Neither alone is enough; what is won on the stream may be bet again on the documents that judge."""
    stream = wealth(27, 6)
    alone, silent, both = (weighed(15, 3, one) for one in (None, RestartedProcess(), stream))
    assert 1 < stream.value < 200
    assert (alone.basis, silent.basis) == (Basis.NONE, Basis.NONE)
    assert silent.evidence == pytest.approx(alone.evidence)
    assert both.evidence == pytest.approx(alone.evidence * (1 + stream.value) / 2)
    assert both.basis is Basis.GAIN
    assert silent.more_documents is not None
    assert both.more_documents == 0


def test_a_stream_that_speaks_against_it_halves_the_evidence_at_most() -> None:
    """The documents that judge are evidence without it."""
    against, alone = weighed(40, 2, wealth(0, 200)), weighed(40, 2, None)
    assert alone.evidence / 2 <= against.evidence < 0.7 * alone.evidence
    assert against.basis is Basis.GAIN


def test_the_stream_carries_no_candidate_that_judging_documents_like_less() -> None:
    """Whatever the student gained elsewhere."""
    found = weighed(3, 4, wealth(60, 0))
    assert found.evidence >= found.needed
    assert found.basis is Basis.NONE
