# SPDX-License-Identifier: Apache-2.0
"""The threshold of a component by which a score is best, by trying evenly spaced ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..doc.example import Example
from ..errors import EngineError
from ..pipeline.build import load
from ..pipeline.pipeline import Pipeline
from ..training.corpus import Corpus


def find_threshold(
    model: str | Path,
    data_path: str | Path,
    pipe_name: str,
    threshold_key: str,
    scores_key: str,
    *,
    n_trials: int = 11,
    gold_preproc: bool = False,
) -> tuple[float, float, dict[float, float]]:
    """The best threshold, its score, and the score of each threshold from 0 to 1 that was tried. Raises:
    EngineError where component, threshold or score do not exist."""
    pipeline = load(model)
    examples = list(Corpus(Path(data_path), gold_preproc=gold_preproc)(pipeline))
    results = dict(
        threshold_scores(pipeline, examples, pipe_name, threshold_key, scores_key, n_trials=n_trials)
    )
    best = best_of(results)
    return best, results[best], results


def threshold_scores(
    pipeline: Pipeline,
    examples: Sequence[Example],
    pipe_name: str,
    threshold_key: str,
    scores_key: str,
    *,
    n_trials: int = 11,
) -> Iterator[tuple[float, float]]:
    """Each threshold and its score, in order; the component keeps the one that it had.

    Raises: EngineError."""
    if n_trials < 2:
        raise EngineError(f"expected at least 2 trials, got {n_trials}")
    if not examples:
        raise EngineError("expected at least one example to try thresholds on, got none")
    holder, name = _holder_of(pipeline.component(pipe_name), threshold_key, pipe_name)
    before = getattr(holder, name)
    try:
        for threshold in np.linspace(0, 1, n_trials).tolist():
            setattr(holder, name, threshold)
            yield threshold, _score(pipeline.evaluate(examples), scores_key)
    finally:
        setattr(holder, name, before)


def best_of(results: dict[float, float]) -> float:
    """The threshold with the highest score, the largest of equally good ones."""
    return max(results, key=lambda threshold: (results[threshold], threshold))


def _holder_of(component: Any, key: str, pipe_name: str) -> tuple[Any, str]:
    *path, name = key.split(".")
    holder = component
    for part in path:
        holder = getattr(holder, part, None)
    if not isinstance(getattr(holder, name, None), int | float):
        known = sorted(
            attribute
            for attribute, value in vars(component).items()
            if isinstance(value, float) and not attribute.startswith("_")
        )
        raise EngineError(
            f"expected a threshold of component {pipe_name!r}, got {key!r}; there are: "
            f"{', '.join(known) or 'none'}"
        )
    return holder, name


def _score(scores: dict[str, Any], key: str) -> float:
    value: Any = scores
    for part in key.split(".") if key not in scores else (key,):
        value = value.get(part) if isinstance(value, dict) else None
    if not isinstance(value, int | float):
        known = ", ".join(sorted(name for name, item in scores.items() if isinstance(item, int | float)))
        raise EngineError(f"expected the name of a score, got {key!r}; there are: {known}")
    return float(value)
