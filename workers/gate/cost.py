# SPDX-License-Identifier: Apache-2.0
"""What a model costs: CPU time for the same texts, bytes of its files."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from engine import Pipeline
from engine.pipeline.save import pipeline_files

ROUNDS = 5
MAX_TEXTS = 64


@dataclass(frozen=True, slots=True)
class Cost:
    """Champion and candidate beside each other. Units: CPU seconds for the same texts, bytes."""

    champion_seconds: float
    candidate_seconds: float
    champion_bytes: int
    candidate_bytes: int

    @property
    def latency_ratio(self) -> float:
        """CPU time of the candidate over the champion's."""
        return self.candidate_seconds / max(self.champion_seconds, 1e-9)

    @property
    def size_ratio(self) -> float:
        """Bytes of the candidate over the champion's."""
        return self.candidate_bytes / max(self.champion_bytes, 1)


def compare_cost(
    champion: Pipeline,
    candidate: Pipeline,
    texts: Sequence[str],
    clock: Callable[[], float] = time.process_time,
) -> Cost:
    """The least time of several rounds in turn, so that a busy machine slows both down alike."""
    texts = texts[:MAX_TEXTS]
    for pipeline in (champion, candidate):
        pipeline.predict(texts)
    rounds = [[_time(pipeline, texts, clock) for pipeline in (champion, candidate)] for _ in range(ROUNDS)]
    seconds = [min(column) for column in zip(*rounds, strict=True)]
    return Cost(seconds[0], seconds[1], size_of(champion), size_of(candidate))


def size_of(pipeline: Pipeline) -> int:
    """Bytes of all files as they are saved."""
    return sum(len(data) for data in pipeline_files(pipeline).values())


def _time(pipeline: Pipeline, texts: Sequence[str], clock: Callable[[], float]) -> float:
    began = clock()
    pipeline.predict(texts)
    return clock() - began
