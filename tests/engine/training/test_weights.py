# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np

from engine.training.growth import grow_heads
from engine.training.weights import are_mixable, mix_weights, set_weights, weights_of, with_weights

from ..toy import shared, toy_pipeline


def test_a_mix_lies_between_two_pipelines() -> None:
    """At a share of 0 it is the one, at 1 the other; the pipeline's own weights come back."""
    one, other = (toy_pipeline(shared("tagger", "ner"), seed) for seed in (1, 2))
    own, theirs = weights_of(one), weights_of(other)
    quarter = mix_weights(own, theirs, 0.25)
    assert all(np.array_equal(mix_weights(own, theirs, 0.0)[key], own[key]) for key in own)
    assert all(np.array_equal(mix_weights(own, theirs, 1.0)[key], theirs[key]) for key in own)
    assert all(np.allclose(quarter[key], 0.75 * own[key] + 0.25 * theirs[key]) for key in own)
    text = "Ada met Grace Hopper ."
    before = [token.tag for token in one(text)]
    with with_weights(one, theirs):
        assert [token.tag for token in one(text)] == [token.tag for token in other(text)]
    assert [token.tag for token in one(text)] == before


def test_weights_of_another_form_are_left_out() -> None:
    """What has a name and a shape of the pipeline's is put in."""
    nlp = toy_pipeline(shared("tagger"))
    before = weights_of(nlp)
    key = next(iter(before))
    set_weights(nlp, {key: np.zeros(3, dtype=np.float32), "nowhere": np.zeros(1)})
    assert all(np.array_equal(array, before[key]) for key, array in weights_of(nlp).items())


def test_a_head_that_grew_cannot_be_mixed_with_the_one_before() -> None:
    """The same number would mean another label."""
    one, other = (toy_pipeline(shared("ner"), seed) for seed in (1, 2))
    assert are_mixable(one, other)
    grow_heads(one, {"ner": ["RIVER"]})
    assert not are_mixable(one, other)
