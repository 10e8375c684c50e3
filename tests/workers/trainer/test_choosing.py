# SPDX-License-Identifier: Apache-2.0
"""What a candidate is made by, beside the gate."""

from __future__ import annotations

import pytest

from engine.scoring.units import Counts
from engine.training.growth import grow_heads
from tests.engine.toy import shared, toy_examples, toy_pipeline
from workers.trainer.choosing import ASTRAY, _sure_gain, choose_share, mean_f, score_pass

SHARES = (0.0, 0.5, 0.75)


def test_the_share_that_does_best_on_the_choosing_documents_is_taken() -> None:
    """A learner that knows nothing keeps the most of a champion that knows; of equal shares it is the
    first."""
    learned, other = (toy_pipeline(shared("tagger"), seed) for seed in (1, 2))
    choosing = toy_examples(other)
    best = choose_share(learned, other, SHARES, choosing)
    scores = [mean_f(learned, choosing), mean_f(other, choosing)]
    assert best in SHARES
    assert choose_share(learned, learned, SHARES, choosing) == 0.0
    assert [mean_f(learned, choosing), mean_f(other, choosing)] == scores


def test_without_documents_the_first_share_is_taken() -> None:
    """Nothing speaks for another one."""
    learned, other = (toy_pipeline(shared("tagger"), seed) for seed in (1, 2))
    assert choose_share(learned, other, SHARES, []) == 0.0
    assert choose_share(learned, other, (0.25, 0.5), []) == 0.25


def test_a_learner_with_more_labels_is_mixed_with_a_champion_that_is_given_them() -> None:
    """Each number means the same in both then, and the champion says what it said."""
    learned, other, before = (toy_pipeline(shared("ner"), seed) for seed in (1, 2, 2))
    grow_heads(learned, {"ner": ["RIVER", "HILL"]})
    choosing = toy_examples(before)
    assert choose_share(learned, other, (0.5,), choosing) == 0.5
    assert other.component("ner").label_state() == learned.component("ner").label_state()
    assert mean_f(other, choosing) == mean_f(before, choosing)


def test_heads_that_cannot_grow_keep_nothing_of_a_champion_with_other_labels() -> None:
    """Their numbers do not mean the same."""
    learned, other = (toy_pipeline(shared("ner"), seed) for seed in (1, 2))
    grow_heads(other, {"ner": ["RIVER"]})
    assert choose_share(learned, other, (0.5,), toy_examples(other)) == 0.0


def test_a_score_on_few_answers_may_be_off_by_much() -> None:
    """Half of two answers is less sure than half of many."""
    nlp = toy_pipeline(shared("tagger"))
    nlp.initialize(lambda: toy_examples(nlp))
    few, many = score_pass(nlp, toy_examples(nlp)[:1]), score_pass(nlp, toy_examples(nlp) * 20)
    assert few.error >= many.error
    assert score_pass(nlp, []).value == 0.0


def test_a_share_is_taken_only_where_it_is_better_beyond_chance() -> None:
    """A gain in one document of many may be luck; the same gain in most of them is none."""
    right, wrong = {"ents": Counts(1, 0, 0)}, {"ents": Counts(0, 1, 1)}
    mixed = [right, wrong] * 10
    assert _sure_gain(mixed, [right, right, *mixed[2:]]) == 0.0
    assert _sure_gain(mixed, [right] * 20) == pytest.approx(0.5)
    assert _sure_gain(mixed, [wrong] * 20) == 0.0


def test_a_learner_is_given_up_only_where_it_went_astray() -> None:
    """Three documents that are all won may mix a candidate; they change no learner. Most of them do."""
    right, wrong = {"ents": Counts(1, 0, 0)}, {"ents": Counts(0, 1, 1)}
    before = [wrong] * 3 + [right, wrong] * 20
    some = [right] * 3 + before[3:]
    assert _sure_gain(before, some) > 0.0
    assert _sure_gain(before, some, ASTRAY) == 0.0
    assert _sure_gain(before, [right] * 43, ASTRAY) > 0.0
