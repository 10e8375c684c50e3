# SPDX-License-Identifier: Apache-2.0
"""From a registry's head to a deployment: a pure function of the head and of what is loaded."""

from __future__ import annotations

from collections.abc import Mapping

from ..model_registry import Head
from .live_model import Deployment
from .model import Model


def deployment_for(head: Head, models: Mapping[int, Model], present: Deployment) -> Deployment:
    """What is to serve by this head; `models` holds the versions, by number, that may serve here.

    A champion that may not serve leaves the present one in its place; a canary or shadow that may not leaves
    none.
    """
    canary = _model_of(head.canary, models)
    return Deployment(
        _model_of(head.champion, models) or present.champion,
        canary,
        head.canary_percent if canary else 0,
        _model_of(head.shadow, models),
    )


def _model_of(number: int | None, models: Mapping[int, Model]) -> Model | None:
    return None if number is None else models.get(number)
