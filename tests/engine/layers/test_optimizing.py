# SPDX-License-Identifier: Apache-2.0
"""An optimizer's step in one pass."""

from __future__ import annotations

import numpy as np
import pytest
from thinc.api import SGD, Adam, RAdam, get_ops

from engine.layers.optimizing import take_step

SETTINGS = (
    {},
    {"use_averages": True},
    {"grad_clip": 0.0, "L2": 0.0},
    {"L2_is_weight_decay": False, "L2": 0.1, "grad_clip": 0.5},
    {"beta1": 0.8, "eps": 1e-3, "L2": 0.01},
)


@pytest.mark.parametrize("settings", SETTINGS)
def test_a_step_of_adam_has_the_bits_of_thincs(settings: dict[str, float]) -> None:
    """Weights, moments, averages and cleared gradients are those of Thinc's optimizer, bit by bit."""
    ours, theirs = (Adam(0.01, **{"use_averages": False, **settings}) for _ in range(2))
    random = np.random.default_rng(0)
    mine = random.standard_normal((7, 5, 3)).astype(np.float32)
    other, key = mine.copy(), (1, "W")
    for step in range(6):
        gradient = random.standard_normal(mine.shape).astype(np.float32) * np.float32(0.01 + step)
        copy = gradient.copy()
        mine = take_step(ours, key, mine, gradient, lr_scale=0.5)
        other, _ = theirs(key, other, copy, lr_scale=0.5)
        assert mine.tobytes() == other.tobytes()
        assert not gradient.any()
    for table in ("mom1", "mom2", "averages"):
        if getattr(theirs, table):
            assert getattr(ours, table)[key].tobytes() == getattr(theirs, table)[key].tobytes()


@pytest.mark.parametrize("make", [RAdam, SGD])
def test_other_optimizers_take_their_own_step(make: type) -> None:
    """RAdam and plain descent change weights as they do without us."""
    ours, theirs = make(0.01), make(0.01)
    weights = get_ops("numpy").asarray2f(np.ones((2, 3), np.float32))
    gradient = np.full((2, 3), 0.5, np.float32)
    mine = take_step(ours, (1, "W"), weights.copy(), gradient.copy())
    other, _ = theirs((1, "W"), weights.copy(), gradient.copy())
    assert np.array_equal(mine, other)
