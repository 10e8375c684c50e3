# SPDX-License-Identifier: Apache-2.0
"""The two functions by which scripts train as `train` does: a pipeline made ready, and then trained."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TextIO

from confection import Config

from ..cli.init_pipeline import init_nlp as make_ready
from ..cli.train import require_cpu, train_into
from ..pipeline.pipeline import Pipeline


def init_nlp(config: Config, *, use_gpu: int = -1) -> Pipeline:
    """A pipeline of a config, with labels and weights. Raises: ConfigError, EngineError."""
    require_cpu(use_gpu)
    return make_ready(config)


def train(
    nlp: Pipeline,
    output_path: Path | None = None,
    *,
    use_gpu: int = -1,
    stdout: TextIO = sys.stdout,
    stderr: TextIO = sys.stderr,
) -> tuple[Pipeline, Path | None]:
    """Train as the pipeline's config says; what was saved last, and the pipeline."""
    require_cpu(use_gpu)
    train_into(nlp, output_path, stdout=stdout, stderr=stderr)
    return nlp, output_path
