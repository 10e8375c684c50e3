# SPDX-License-Identifier: Apache-2.0
"""Encoders that begin to learn later than their heads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ...config.registry import registry
from ...errors import EngineError

EVERY = "*"


@registry.callbacks("spacy-curated-transformers.gradual_transformer_unfreezing.v1")
def gradual_transformer_unfreezing(target_pipes: dict[str, int]) -> Callable[[Any, dict[str, int]], None]:
    """A `before_update` callback: each named component is frozen until the given step; `*` means all that
    there are. Raises: EngineError where `*` stands beside names, or a step is below zero."""
    if EVERY in target_pipes and len(target_pipes) > 1:
        raise EngineError("target_pipes: expected names, or * alone, got both")
    for name, step in target_pipes.items():
        if step < 0:
            raise EngineError(f"target_pipes: expected a step of 0 or more for {name!r}, got {step}")

    def before_update(nlp: Any, arguments: Mapping[str, int]) -> None:
        for name, component in nlp.components:
            unfreezes_at = target_pipes.get(name, target_pipes.get(EVERY))
            if unfreezes_at is not None and hasattr(component, "frozen"):
                component.frozen = arguments["step"] < unfreezes_at

    return before_update
