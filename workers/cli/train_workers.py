# SPDX-License-Identifier: Apache-2.0
"""How `freshet train` and `freshet ray train` train with several workers."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from pathlib import Path

from confection import Config

from engine import Pipeline
from engine.config.config import split_overrides
from engine.training.distributed.alone import train_alone
from engine.training.distributed.settings import SECTION, DistributedSettings, split_section
from engine.training.train import TrainingResult

from ..distributed.trainer import TrainingRequest, train_on_ray
from .as_spacy import is_wanted


@dataclass(frozen=True, slots=True)
class WorkerChoice:
    """What the command line says of workers. `workers` None: what the config says, else no group at all."""

    workers: int | None = None
    address: str | None = None
    gpu_id: int = -1
    code: Path | None = None
    half: bool = False

    def settings(
        self, config: Config, overrides: dict[str, object]
    ) -> tuple[Config, DistributedSettings | None, dict[str, object]]:
        """The config without its section, what the section and the command line say together, and the
        overrides that are left; no settings where nobody asks for a group. Raises: ConfigError."""
        plain, section = split_section(config)
        given, others = split_overrides(overrides, SECTION)
        if section is None and self.workers is None and self.address is None and not given:
            return plain, None, others
        section = section or {}
        if self.workers is not None:
            given["workers"] = self.workers
            least = section.get("min_workers", 0)
            if type(least) is int:  # what else stands there is told below, with its key
                section["min_workers"] = min(least, self.workers)
        return plain, DistributedSettings.from_section({**section, **given}), others


def train_group(
    pipeline: Pipeline,
    config: Config,
    distributed: DistributedSettings,
    output: Path | None,
    choice: WorkerChoice,
) -> TrainingResult:
    """Train with the workers that are asked for: one alone in this process, several, or those at an address,
    by Ray. `config` is the pipeline's, filled. Raises: ConfigError, EngineError, MissingExtraError,
    TrainingGroupError."""
    if distributed.workers == 1 and choice.address is None:
        return train_alone(
            pipeline,
            distributed,
            output,
            clock=time.perf_counter,
            stdout=sys.stdout,
            stderr=sys.stderr,
            half=choice.half,
        )
    return train_on_ray(
        TrainingRequest(
            config,
            distributed,
            output,
            sys.stdout,
            sys.stderr,
            half=choice.half,
            use_gpu=choice.gpu_id >= 0,
            address=choice.address,
            code=choice.code,
            as_spacy=is_wanted(),
        )
    )
