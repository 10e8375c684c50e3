# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pytest
from thinc.api import Adam, fix_random_seed

from engine import Example
from engine.errors import EngineError
from engine.training.consolidation import Consolidation, ConsolidationPlan, PassScore
from engine.training.loop import LoopSettings
from engine.training.stream_learner import LearnerSettings, StreamLearner

from ..toy import shared, toy_examples, toy_pipeline

SETTINGS = LearnerSettings(distillation=0.0, average=0.9)


def consolidation(
    plan: ConsolidationPlan, scores: Iterator[PassScore] | None = None, *, steps: int = 0
) -> Consolidation:
    """One on the toy corpus, with documents to choose by where scores are given."""
    nlp = toy_pipeline(shared("tagger", "ner"))
    examples = toy_examples(nlp)
    choosing: Sequence[Example] = examples[:1] if scores is not None else ()
    return Consolidation(
        StreamLearner(nlp, None, SETTINGS),
        Adam(0.01, use_averages=False),
        examples,
        choosing,
        lambda _: next(scores or iter(())),
        plan,
        LoopSettings(dropout=0.3),
        seed=5,
        steps=steps,
    )


def finish(work: Consolidation, n_words: int = 10**6) -> Consolidation:
    """All of it, in slices, with draws of others between them."""
    while not work.advance(n_words):
        np.random.rand(3)
    return work


def test_what_comes_out_does_not_depend_on_how_it_is_cut() -> None:
    """Slices, the state of the generators outside, and what is drawn between change nothing."""
    plan = ConsolidationPlan(max_epochs=4, batch_words=8)
    fix_random_seed(1)
    whole = finish(consolidation(plan)).best
    fix_random_seed(2)
    cut = finish(consolidation(plan), n_words=1).best
    assert whole.steps == cut.steps == 8
    for key, array in whole.weights.items():
        assert np.array_equal(array, cut.weights[key]), key


def test_it_draws_from_generators_of_its_own() -> None:
    """What is learned beside it draws the same numbers as without it."""
    work = consolidation(ConsolidationPlan(max_epochs=2))
    fix_random_seed(3)
    expected = np.random.rand(4)
    fix_random_seed(3)
    drawn = [np.random.rand() for _ in range(2)]
    work.advance(1)
    drawn += [np.random.rand() for _ in range(2)]
    assert drawn == pytest.approx(expected)


def test_the_last_pass_within_the_error_of_the_best_is_taken() -> None:
    """A later pass that is as good for all that can be known has seen more; a worse one is not taken."""
    values = (0.5, 0.7, 0.68, 0.6, 0.6)
    scores = (PassScore(value, 0.05) for value in values)
    work = finish(consolidation(ConsolidationPlan(max_epochs=9, batch_words=1000, patience=2), scores))
    assert (work.best.steps, work.steps) == (6, 10)


def test_few_documents_stop_nothing() -> None:
    """Where the score may be off by much, all passes are done."""
    scores = (PassScore(value, 0.3) for value in (0.6, 0.5, 0.4))
    plan = ConsolidationPlan(max_epochs=3, batch_words=1000, patience=1)
    assert finish(consolidation(plan, scores)).best.steps == 6
    assert finish(consolidation(plan)).best.steps == 6


def test_the_number_of_steps_is_enough_to_do_it_again() -> None:
    """What was chosen by documents comes out without them: weights and moments."""
    plan = ConsolidationPlan(max_epochs=6, batch_words=8, patience=2)
    scores = (PassScore(value, 0.01) for value in (0.5, 0.7, 0.6, 0.6))
    chosen = finish(consolidation(plan, scores)).best
    again = finish(consolidation(plan, steps=chosen.steps)).best
    assert again.steps == chosen.steps == 4
    for ours, theirs in ((chosen.weights, again.weights), (chosen.moments, again.moments)):
        assert all(np.array_equal(array, theirs[key]) for key, array in ours.items())


def test_words_are_bounded() -> None:
    """With more examples there are fewer passes."""
    plan = ConsolidationPlan(max_epochs=50, max_words=40)
    work = finish(consolidation(plan))
    assert 40 <= work.words < 80


def test_nothing_cannot_be_consolidated() -> None:
    """The message says so."""
    nlp = toy_pipeline(shared("tagger"))
    with pytest.raises(EngineError, match="examples to consolidate"):
        Consolidation(
            StreamLearner(nlp, None, SETTINGS),
            Adam(0.1),
            [],
            [],
            lambda _: PassScore(0.0, 0.0),
            ConsolidationPlan(),
            LoopSettings(),
            0,
        )
