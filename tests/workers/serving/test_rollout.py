# SPDX-License-Identifier: Apache-2.0
"""From a head to a deployment."""

from __future__ import annotations

from tests.workers.support import words_model
from workers.model_registry import Head
from workers.serving.live_model import Deployment
from workers.serving.rollout import deployment_for

MODELS = {number: words_model(str(number)) for number in (1, 2, 3)}
PRESENT = Deployment(MODELS[1])


def test_all_roles_are_filled() -> None:
    """Champion, canary with its share, and shadow are the head's."""
    head = Head(champion=2, canary=3, canary_percent=10, shadow=1)
    assert deployment_for(head, MODELS, PRESENT) == Deployment(MODELS[2], MODELS[3], 10, MODELS[1])


def test_a_champion_that_may_not_serve_leaves_the_present_one() -> None:
    """A version that is not loaded, or was refused, is not among the models; who serves goes on."""
    assert deployment_for(Head(champion=7), MODELS, PRESENT) == PRESENT


def test_a_canary_or_shadow_that_may_not_serve_leaves_none() -> None:
    """Its share of the keys is the champion's."""
    head = Head(champion=1, canary=7, canary_percent=50, shadow=8)
    assert deployment_for(head, MODELS, PRESENT) == PRESENT
