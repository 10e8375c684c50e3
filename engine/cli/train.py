# SPDX-License-Identifier: Apache-2.0
"""A training from a config's file to `model-best` and `model-last`."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TextIO

from confection import Config

from ..config.config import read_config, split_overrides
from ..config.default_values import fill_and_override
from ..errors import EngineError
from ..pipeline.build import from_config
from ..pipeline.pipeline import Pipeline
from ..training.distributed.alone import train_alone
from ..training.distributed.settings import SECTION, DistributedSettings, split_section
from ..training.train import BEST, LAST, TrainingResult
from ..training.train import train as run_training


def train(
    config_path: str | Path,
    output_path: str | Path | None = None,
    *,
    use_gpu: int = -1,
    overrides: Mapping[str, Any] | None = None,
    half: bool = False,
) -> TrainingResult:
    """Train the pipeline of a config's file, whose missing values get their defaults; the best one goes to
    `output_path/model-best`, the last one to `output_path/model-last`.

    Raises: ConfigError, EngineError where config, data or folder do not fit.
    """
    require_cpu(use_gpu)
    config, section = split_section(read_config(config_path))
    given, others = split_overrides(overrides or {}, SECTION)
    if section is not None or given:
        group = DistributedSettings.from_section({**(section or {}), **given})
        return train_group_of_one(fill_and_override(config, others), group, output_path, half=half)
    pipeline = pipeline_to_train(config, others)
    return train_into(pipeline, output_path, stdout=sys.stdout, stderr=sys.stderr, half=half)


def train_group_of_one(
    config: Config, group: DistributedSettings, output: str | Path | None, *, half: bool
) -> TrainingResult:
    """Train in this process as a group would. Raises: EngineError where the config wants several workers."""
    if group.workers > 1:
        raise EngineError(
            f"expected [training.distributed] workers = 1, got {group.workers}: several workers are started "
            f"by `freshet train CONFIG --workers {group.workers}`"
        )
    folder = None if output is None else new_folder(Path(output))
    return train_alone(
        from_config(config),
        group,
        folder,
        clock=time.perf_counter,
        stdout=sys.stdout,
        stderr=sys.stderr,
        half=half,
    )


def pipeline_to_train(config: Config, overrides: Mapping[str, Any] | None = None) -> Pipeline:
    """An untrained pipeline of a config, whose missing values get their defaults. Raises: ConfigError."""
    return from_config(fill_and_override(config, overrides or {}))


def train_into(
    pipeline: Pipeline, output: str | Path | None, *, stdout: TextIO, stderr: TextIO, half: bool = False
) -> TrainingResult:
    """Train a pipeline into a folder, which is made now, so that a place where nothing can be written is
    known before training."""
    folder = None if output is None else new_folder(Path(output))
    return run_training(
        pipeline,
        None if folder is None else folder / BEST,
        clock=time.perf_counter,
        stdout=stdout,
        stderr=stderr,
        half=half,
        last=None if folder is None else folder / LAST,
    )


def new_folder(path: Path) -> Path:
    """The folder, made if it is not there. Raises: EngineError where something else is, or none can be."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EngineError(
            f"expected a folder for the output, got {str(path)!r}: {error.strerror}; choose another one"
        ) from None
    return path


def require_cpu(gpu_id: int) -> None:
    """Raises: EngineError where a training on a GPU is asked for."""
    if gpu_id >= 0:
        raise EngineError(
            f"expected --gpu-id -1, got {gpu_id}: this version trains on the CPU only; a trained pipeline "
            "runs on a GPU with `--device cuda`"
        )
