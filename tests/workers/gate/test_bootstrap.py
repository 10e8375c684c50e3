# SPDX-License-Identifier: Apache-2.0
"""Counts per document and slice, the intervals that follow from them, and flips."""

from __future__ import annotations

import numpy as np
import pytest

from engine.scoring.unit_pairs import UnitPair
from engine.scoring.units import Unit
from workers.gate.bootstrap import SliceDelta, paired_bootstrap
from workers.gate.counts import Slice, SliceCounts, count, f_scores, slices_of
from workers.gate.flips import Flips, count_flips

ENTS = Slice("ents")


def ents(predicted: str, gold: str) -> dict[str, UnitPair]:
    """Entities of one text, each letter one: its place and label."""
    return {
        "ents": UnitPair(*({Unit("ents", s.upper(), ord(s)) for s in side} for side in (predicted, gold)))
    }


def counts_of(rows: list[tuple[int, int, int]]) -> SliceCounts:
    """One slice with these counts per document."""
    return SliceCounts((ENTS,), np.array(rows, dtype=float)[:, None, :])


def compared(champion: SliceCounts, candidate: SliceCounts, seed: int = 0) -> SliceDelta:
    """The one slice, with a bound of 95 %."""
    return paired_bootstrap(champion, candidate, confidence=0.95, resamples=4000, seed=seed)[0]


def test_counts_are_kept_by_document_layer_and_label() -> None:
    """Right, superfluous and missing answers, of the layer and of each gold label."""
    answers = [ents("ab", "ac"), ents("", "a"), {}]
    slices = slices_of(answers, ["ents"])
    assert list(map(str, slices)) == ["ents", "ents:A", "ents:C"]
    counts = count(answers, slices)
    assert counts.values[:, 0].tolist() == [[1, 1, 1], [0, 0, 1], [0, 0, 0]]
    assert counts.values[:, 1].tolist() == [[1, 0, 0], [0, 0, 1], [0, 0, 0]]
    assert counts.support.tolist() == [3, 2, 1]


def test_labels_are_looked_at_in_the_layers_asked_for_only() -> None:
    """A tag set of fifty labels is one slice unless its labels are to be guarded."""
    assert slices_of([ents("a", "a")], ["cats"]) == (ENTS,)


def test_f_is_that_of_the_summed_counts() -> None:
    """Micro F: documents are summed first; nothing found and nothing there is 0."""
    assert f_scores(np.array([[2.0, 1, 1], [0, 0, 0]])).tolist() == [pytest.approx(2 / 3), 0.0]


def test_equal_models_differ_by_nothing() -> None:
    """With the same counts every resample has the difference 0, so that the bound is 0 on the smallest
    holdout too."""
    rows = [(3, 1, 0), (0, 2, 2)]
    delta = compared(counts_of(rows), counts_of(rows))
    assert (delta.delta, delta.lower, delta.upper) == (0, 0, 0)


def test_the_interval_holds_the_true_difference_as_often_as_it_says() -> None:
    """Over many samples of a known population the one-sided bound of 95 % lies below the true difference in
    about 95 % of them."""
    rng = np.random.default_rng(5)
    below = 0
    for _ in range(200):
        right = rng.random((150, 2)) < (0.80, 0.76)  # the same texts, two models: F is 0.80 and 0.76
        one, other = (counts_of([(int(r), int(not r), int(not r)) for r in column]) for column in right.T)
        delta = paired_bootstrap(one, other, confidence=0.95, resamples=300, seed=1)[0]
        below += delta.lower <= -0.04
    assert 180 <= below <= 199


def test_pairing_narrows_the_interval() -> None:
    """Two models that err on the same texts are compared more surely than two that err anywhere."""
    rng = np.random.default_rng(0)
    right = (rng.random(200) < 0.7).astype(int)
    same = counts_of([(r, 1 - r, 1 - r) for r in right])
    better = right.copy()
    better[np.flatnonzero(right == 0)[:5]] = 1
    paired = compared(same, counts_of([(r, 1 - r, 1 - r) for r in better]))
    shuffled = compared(same, counts_of([(r, 1 - r, 1 - r) for r in rng.permutation(better)]))
    assert paired.delta == pytest.approx(shuffled.delta)
    assert paired.upper - paired.lower < 0.3 * (shuffled.upper - shuffled.lower)
    assert paired.lower > 0 > shuffled.lower


def test_a_seed_gives_the_same_interval_again() -> None:
    """Verdicts can be computed again: the same seed, the same bounds."""
    one, other = counts_of([(3, 1, 0), (1, 2, 2), (4, 0, 1)]), counts_of([(2, 1, 1), (2, 2, 1), (4, 1, 1)])
    assert compared(one, other) == compared(one, other)


def test_resampling_equals_its_definition() -> None:
    """The vectorised resamples are those of drawing documents one by one with the same multinomial counts."""
    champion, candidate = (
        counts_of([(3, 1, 0), (1, 2, 2), (4, 0, 1)]),
        counts_of([(2, 1, 1), (2, 2, 1), (4, 1, 1)]),
    )
    drawn = np.random.default_rng(3).multinomial(3, [1 / 3] * 3, size=50)
    deltas = []
    for times in drawn:
        totals = [
            sum(n * counts.values[i, 0] for i, n in enumerate(times)) for counts in (champion, candidate)
        ]
        deltas.append(f_scores(totals[1]) - f_scores(totals[0]))
    delta = paired_bootstrap(champion, candidate, confidence=0.9, resamples=50, seed=3)[0]
    assert delta.lower == pytest.approx(np.quantile(deltas, 0.1))
    assert delta.upper == pytest.approx(np.quantile(deltas, 0.9))


def test_no_documents_no_differences() -> None:
    """An empty holdout has no slices."""
    nothing = count([], ())
    assert paired_bootstrap(nothing, nothing, confidence=0.95, resamples=10, seed=0) == []


def test_flips_count_right_answers_that_change() -> None:
    """Negative: right before, wrong now; positive: the other way round; the score may be the same."""
    before, after = [ents("ab", "abc"), ents("a", "a")], [ents("bc", "abc"), ents("ab", "a")]
    assert count_flips(before, after) == [Flips("ents", right_before=3, negative=1, positive=1)]
    assert count_flips(before, after)[0].rate == pytest.approx(1 / 3)


def test_nothing_right_before_nothing_to_lose() -> None:
    """A layer that was never right has a rate of 0."""
    assert count_flips([ents("", "a")], [ents("b", "a")])[0].rate == 0
