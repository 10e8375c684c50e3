# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from thinc.api import Adam

from engine.errors import EngineError
from engine.pipeline.pipeline import Pipeline
from engine.training.ema import MovingAverage

from ..toy import shared, toy_examples, toy_pipeline, weights


def test_the_average_follows_the_weights_and_is_put_on_and_off() -> None:
    """Averaged weights lie between old and new ones; after use the pipeline has its own again, and its own
    digest."""
    nlp = toy_pipeline(shared("tagger"))
    average = MovingAverage(nlp, 0.5)
    old = weights(nlp)
    nlp.update(toy_examples(nlp), optimizer=Adam(0.1))
    new, digest = weights(nlp), nlp.digest
    average.update(nlp)
    decay = 2 / 11  # of the first step
    with average.apply(nlp):
        assert nlp.digest != digest
        for key, array in weights(nlp).items():
            assert np.allclose(array, decay * old[key] + (1 - decay) * new[key], atol=1e-6)
    assert nlp.digest == digest
    assert all(np.array_equal(array, new[key]) for key, array in weights(nlp).items())


def test_a_longer_ramp_stays_nearer_to_the_newest_weights() -> None:
    """After `n` steps the decay is `(1 + n) / (ramp + n)`, until it is the one that was asked for."""
    nlp = toy_pipeline(shared("tagger"))
    averages = {ramp: MovingAverage(nlp, 0.5, ramp) for ramp in (1.0, 10.0, 100.0)}
    old = weights(nlp)
    nlp.update(toy_examples(nlp), optimizer=Adam(0.1))
    new = weights(nlp)
    for ramp, average in averages.items():
        average.update(nlp)
        decay = min(0.5, 2 / (ramp + 1))
        assert all(
            np.allclose(array, decay * old[key] + (1 - decay) * new[key], atol=1e-6)
            for key, array in _averaged(nlp, average).items()
        )


def _averaged(nlp: Pipeline, average: MovingAverage) -> dict[str, np.ndarray[Any, Any]]:
    with average.apply(nlp):
        return weights(nlp)


@pytest.mark.parametrize("ramp", [0.0, -3.0, float("nan")])
def test_a_ramp_below_one_is_refused(ramp: float) -> None:
    """It would make a decay of more than one."""
    with pytest.raises(EngineError, match="ramp of 1 or more"):
        MovingAverage(toy_pipeline(shared("tagger")), 0.5, ramp)


def test_an_average_of_another_pipeline_is_refused() -> None:
    """Names that differ are told."""
    average = MovingAverage(toy_pipeline(shared("tagger")), 0.9)
    with pytest.raises(EngineError, match="they differ at"):
        average.load(MovingAverage(toy_pipeline(shared("ner")), 0.9).arrays, 1)
