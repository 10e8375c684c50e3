# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest
from thinc.api import Adam

from engine.errors import EngineError
from engine.training.parameters import parameters_of
from engine.training.stream_learner import LearnerSettings, StreamLearner

from ..toy import shared, toy_examples, toy_pipeline, weights


def moved(rates: dict[str, float]) -> dict[str, float]:
    """How far each parameter, by its path, goes in one step at these rates."""
    nlp = toy_pipeline(shared("tagger", "ner"))
    before = weights(nlp)
    learner = StreamLearner(nlp, None, LearnerSettings(distillation=0.0, average=0.0, rates=rates))
    learner.update(toy_examples(nlp), optimizer=Adam(0.01, L2=0.1))
    after = weights(nlp)
    return {p.path: float(np.abs(after[p.key] - before[p.key]).sum()) for p in parameters_of(nlp)}


def test_lower_layers_are_frozen_by_a_rate_of_zero() -> None:
    """Neither gradient nor weight decay moves them; the layers above learn."""
    distances = moved({"tok2vec/embed/*": 0.0, "tok2vec/encode/*.0/*": 0.0})
    frozen = [
        path
        for path in distances
        if path.startswith("tok2vec/embed/") or path.startswith("tok2vec/encode/maxout.0")
    ]
    assert len(frozen) >= 8
    assert all(distances[path] == 0.0 for path in frozen)
    assert distances["tok2vec/encode/maxout.1/W"] > 0.0
    assert distances["tagger/output_layer/softmax.0/W"] > 0.0


def test_a_group_goes_at_its_own_rate() -> None:
    """A tenth of the rate makes a step of a tenth; the first matching pattern counts."""
    full, slow = moved({}), moved({"tok2vec/*": 0.1, "*": 1.0})
    assert slow["tok2vec/encode/maxout.1/W"] == pytest.approx(
        0.1 * full["tok2vec/encode/maxout.1/W"], rel=1e-3
    )
    assert slow["tagger/output_layer/softmax.0/W"] == full["tagger/output_layer/softmax.0/W"]


def test_a_pattern_without_parameters_is_refused() -> None:
    """The message lists what there is."""
    with pytest.raises(
        EngineError, match=r"'tok2vec/nothing/\*', which matches none; there are: tok2vec/embed/"
    ):
        moved({"tok2vec/nothing/*": 0.0})
