# SPDX-License-Identifier: Apache-2.0
"""One worker in this process, which learns as several would: the same shards, the same sums, no cluster."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TextIO

from ...pipeline.pipeline import Pipeline
from ..learner_state import LearnerState
from ..loop import StepInfo
from ..train import BEST, TrainingResult, training_settings
from .post import LonePost
from .run import RunOptions, Trained, run_worker
from .settings import DistributedSettings


def train_alone(
    pipeline: Pipeline,
    distributed: DistributedSettings,
    output: Path | None,
    *,
    clock: Callable[[], float],
    stdout: TextIO,
    stderr: TextIO,
    half: bool = False,
) -> TrainingResult:
    """Train as a group of one; `output` gets the best pipeline and the last one, each in its folder.

    Raises: ConfigError, EngineError where config or data do not fit.
    """
    log, close = training_settings(pipeline)["logger"](pipeline, stdout, stderr)
    reporter = _Files(output, log, half=half)
    options = RunOptions(replace(distributed, workers=1), clock, stderr, secrets.randbits(31))
    try:
        return run_worker(pipeline, LonePost(), options, reporter)
    finally:
        close()


class _Files:
    """A reporter that writes into this machine's folder, and keeps no checkpoints."""

    def __init__(self, output: Path | None, log: Callable[[StepInfo | None], None], *, half: bool) -> None:
        self.output, self.half, self._log = output, half, log

    def log(self, info: StepInfo | None) -> None:
        """To the config's logger."""
        if info is not None and self.output is not None:
            info["output_path"] = str(self.output / BEST)
        self._log(info)

    def save(self, trained: Trained) -> None:
        """The pipeline with its averages, its scores and the config's `[meta]`."""
        if self.output is not None:
            trained.to_disk(self.output / trained.name, half=self.half)

    def checkpoint(self, step: int, state: LearnerState | None) -> None:
        """Nothing: a run of one process ends with its process."""
