# SPDX-License-Identifier: Apache-2.0
"""Counts per document and slice, what two models' say about F, and flips."""

from __future__ import annotations

import numpy as np
import pytest

from workers.gate.counts import Slice, SliceCounts, count, f_scores, slices_of
from workers.gate.differences import differences
from workers.gate.flips import Flips, count_flips
from workers.gate.slice_delta import compare_slices, lower_bound
from workers.settings import GateSettings

from .support import ENTS, counts_of, ents


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


@pytest.mark.parametrize("margin", [0.0, 0.05, -0.05])
def test_differences_have_the_sign_of_the_difference_of_f(margin: float) -> None:
    """Where no document falls by more than one answer: summed, they are above 0 exactly where F is more than
    the margin above."""
    rng = np.random.default_rng(0)
    for _ in range(200):
        gold = rng.integers(1, 3, size=30)
        rows = []
        for _model in range(2):
            right = np.minimum(rng.integers(0, 2, size=30), gold)
            rows.append(np.stack([right, np.zeros(30), gold - right], axis=1)[:, None, :])
        champion, candidate = (SliceCounts((ENTS,), r.astype(float)) for r in rows)
        gained = float(np.diff([f_scores(c.values.sum(axis=0))[0] for c in (champion, candidate)])[0])
        total = differences(champion, candidate, [0], margin).sum()
        assert np.sign(round(total, 9)) == np.sign(round(gained - margin, 9))


def test_a_document_counts_up_to_one_answer() -> None:
    """A text on which ten entities fall together says as much as one on which one falls."""
    champion = counts_of([(10, 0, 0), (1, 0, 0)])
    candidate = counts_of([(0, 10, 10), (0, 1, 1)])
    assert differences(champion, candidate, [0]).tolist() == [-1.0, -1.0]


def test_layers_weigh_the_same() -> None:
    """A layer with many answers a document does not drown one with few: their F are averaged."""
    slices = (Slice("ents"), Slice("tag"))
    champion = SliceCounts(slices, np.array([[[0, 0, 1], [20, 0, 0]]] * 4, dtype=float))
    candidate = SliceCounts(slices, np.array([[[1, 0, 0], [18, 2, 2]]] * 4, dtype=float))
    assert differences(champion, candidate, [0, 1]).sum() > 0 > differences(champion, candidate, [1]).sum()


def test_equal_models_differ_by_nothing() -> None:
    """Nothing to be seen, and the bound tells how much may be hidden in so few documents."""
    rows = [(3, 1, 0), (0, 2, 2)]
    few, many = counts_of(rows), counts_of(rows * 50)
    assert not differences(few, few, [0]).any()
    assert lower_bound(few, few, [0], 0.05) < lower_bound(many, many, [0], 0.05) < 0


def test_bounds_hold_the_true_difference() -> None:
    """Over many samples of a known population the bounds of 95 % fail in at most 5 %, though one looks at 50,
    100 and 150 documents."""
    rng = np.random.default_rng(5)
    failed = 0
    for _ in range(60):
        right = rng.random((150, 2)) < (0.80, 0.76)  # the same texts, two models: F is 0.80 and 0.76
        columns = [[(int(r), int(not r), int(not r)) for r in column] for column in right.T]
        looks = [[counts_of(column[:n]) for column in columns] for n in (50, 100, 150)]
        failed += any(lower_bound(one, other, [0], 0.05) > -0.04 for one, other in looks)
        failed += any(lower_bound(one, other, [0], 0.05, above=True) < -0.04 for one, other in looks)
    assert failed <= 6


def test_a_slice_says_what_was_lost_and_what_may_be_hidden() -> None:
    """Twenty texts of which a model loses all: shown to be worse; forty of which it loses none: they exclude
    a loss of a quarter; three do not, and say how many more it takes."""
    lost = compare_slices([ents("a", "a")] * 20, [ents("", "a")] * 20, (), GateSettings())[0]
    same = compare_slices([ents("a", "a")] * 40, [ents("a", "a")] * 40, (), GateSettings())[0]
    few = compare_slices([ents("a", "a")] * 3, [ents("a", "a")] * 3, (), GateSettings())[0]
    assert lost.worse > 100
    assert lost.more_documents is None
    assert same.worse < 1
    assert same.more_documents == 0
    assert few.more_documents is not None
    assert few.more_documents > 5


def test_flips_count_right_answers_that_change() -> None:
    """Negative: right before, wrong now; positive: the other way round; the score may be the same."""
    before, after = [ents("ab", "abc"), ents("a", "a")], [ents("bc", "abc"), ents("ab", "a")]
    assert count_flips(before, after) == [Flips("ents", right_before=3, negative=1, positive=1)]
    assert count_flips(before, after)[0].rate == pytest.approx(1 / 3)


def test_nothing_right_before_nothing_to_lose() -> None:
    """A layer that was never right has a rate of 0."""
    assert count_flips([ents("", "a")], [ents("b", "a")])[0].rate == 0


def test_few_flips_show_nothing() -> None:
    """Two of ten are more than a tenth by chance; twenty of a hundred are not."""
    assert not Flips("ents", 10, 2).shows_more(0.05, 0.05)
    assert Flips("ents", 100, 20).shows_more(0.05, 0.05)
