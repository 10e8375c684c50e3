# SPDX-License-Identifier: Apache-2.0
"""A config's pipeline, initialized but not trained: of rules, and of components taken from others."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..config.config import read_config
from ..pipeline.pipeline import Pipeline
from .train import new_folder, pipeline_to_train


def assemble(
    config_path: str | Path, output_path: str | Path, *, overrides: Mapping[str, Any] | None = None
) -> Pipeline:
    """Make the pipeline of a config's file, initialize it and write it to a folder. Raises: ConfigError,
    EngineError where a component would have to learn first."""
    pipeline = pipeline_to_train(read_config(config_path), overrides)
    return assemble_into(pipeline, Path(output_path))


def assemble_into(pipeline: Pipeline, folder: Path) -> Pipeline:
    """Initialize a pipeline without any example, and write it."""
    pipeline.initialize()
    pipeline.to_disk(new_folder(folder))
    return pipeline
