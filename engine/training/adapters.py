# SPDX-License-Identifier: Apache-2.0
"""Adapters as what a pipeline learns: its encoders stay as they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..components import TrainableComponent
from ..components.adaptable import encoders_among
from ..errors import EngineError
from ..pipeline.pipeline import Pipeline


@dataclass(frozen=True, slots=True)
class AdapterPlan:
    """What learns of a pipeline: on each of its encoders an adapter of this form; its heads, unless they
    stay."""

    rank: int
    alpha: float
    dropout: float
    target_modules: Sequence[str] | str
    heads: bool
    seed: int


def adapt(pipeline: Pipeline, plan: AdapterPlan) -> None:
    """Give every encoder an adapter, those that have one excepted, which goes on learning.

    Raises: EngineError where there is no encoder, or one has an adapter of another rank.
    """
    encoders = list(encoders_among(pipeline.components))
    if not encoders:
        raise EngineError(
            f"expected a component with an encoder to adapt, there is none among {', '.join(pipeline.names)}"
        )
    for name, encoder in encoders:
        has = encoder.adapter
        if has is None:
            encoder.add_adapter(plan.rank, plan.alpha, plan.dropout, plan.target_modules, plan.seed)
        elif has.config.r != plan.rank:
            raise EngineError(
                f"expected the rank of the adapter that {name!r} has, {has.config.r}, got {plan.rank}; go on "
                "with that, or merge it into the encoder first (freshet adapters merge)"
            )
    pipeline.weights_changed()


def adapt_like(pipeline: Pipeline, learned: Pipeline) -> None:
    """Give encoders adapters that say nothing where those of another pipeline have one, so that each number
    of both means the same."""
    others = dict(encoders_among(learned.components))
    for name, encoder in encoders_among(pipeline.components):
        theirs = others[name].adapter if name in others else None
        if theirs is not None and encoder.adapter is None:
            silent = {module: (a, np.zeros_like(b)) for module, (a, b) in theirs.weights.items()}
            encoder.take_adapter(type(theirs)(theirs.config, silent))
            pipeline.weights_changed()


def frozen_rates(pipeline: Pipeline) -> dict[str, float]:
    """Rates by which all but the encoders' adapters stays as it is."""
    encoders = dict(encoders_among(pipeline.components))
    return {
        f"{name}/*": 0.0
        for name, component in pipeline.components
        if name not in encoders and isinstance(component, TrainableComponent) and _learns(component)
    }


def _learns(component: TrainableComponent) -> bool:
    return any(node.has_param(name) for node in component.model.walk() for name in node.param_names)
