# SPDX-License-Identifier: Apache-2.0
"""Words a second of a pipeline: batch after batch, with an interval in which the mean lies."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import EngineError
from ..pipeline.pipeline import Pipeline

RESAMPLES = 1000


@dataclass(frozen=True, slots=True)
class Speed:
    """Units: words a second. `low` and `high`: 95 % of the means of resamples lie between them."""

    mean: float
    low: float
    high: float
    batches: Sequence[float]

    @property
    def outliers(self) -> int:
        """Batches further than 1.5 quartile distances from the middle half."""
        first, third = np.percentile(self.batches, [25, 75])
        reach = 1.5 * (third - first)
        return int(sum(not first - reach <= speed <= third + reach for speed in self.batches))


def benchmark_speed(
    pipeline: Pipeline,
    texts: Sequence[str],
    clock: Callable[[], float],
    *,
    batch_size: int | None = None,
    n_batches: int = 50,
    warmup: int = 3,
    shuffle: bool = True,
    seed: int = 0,
) -> Speed:
    """Annotate the texts over and over, a batch at a time on the calling thread, and time each batch, after
    `warmup` passes over all of them. Raises: EngineError where there is no text."""
    if not texts:
        raise EngineError("expected at least one text to annotate, got none")
    size = batch_size or min(len(texts), int(pipeline.config.get("nlp", {}).get("batch_size") or 1000))
    for _ in range(warmup):
        for start in range(0, len(texts), size):
            pipeline.predict(texts[start : start + size])
    order = random.Random(seed)
    speeds: list[float] = []
    while len(speeds) < n_batches:
        held = list(texts)
        if shuffle:
            order.shuffle(held)
        for start in range(0, len(held), size):
            began = clock()
            n_words = pipeline.predict(held[start : start + size]).n_tokens
            speeds.append(n_words / max(clock() - began, 1e-9))
    means = _resampled_means(speeds, seed)
    low, high = np.percentile(means, [2.5, 97.5]).tolist()
    return Speed(float(np.mean(speeds)), low, high, speeds)


def _resampled_means(values: Sequence[float], seed: int) -> list[float]:
    generator = np.random.default_rng(seed)
    array = np.asarray(values)
    picks = generator.integers(0, len(array), (RESAMPLES, len(array)))
    means: list[float] = array[picks].mean(axis=1).tolist()
    return means
