# SPDX-License-Identifier: Apache-2.0
"""A pretraining from a config to a folder of weights."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from confection import Config

from ..config.config import ConfigError
from ..config.default_values import fill_and_override
from ..errors import EngineError
from ..pipeline.build import from_config
from ..training.pretraining import PretrainProgress
from ..training.pretraining import pretrain as run
from .fill_config import config_text
from .train import new_folder

NUMBERED = re.compile(r"model(\d+)\.bin$")


def pretrain(
    config: Config,
    output: Path,
    *,
    overrides: Mapping[str, Any] | None = None,
    resume: Path | None = None,
    epoch: int | None = None,
    skip_last: bool = False,
) -> Iterator[PretrainProgress]:
    """Pretrain the embedding of a config, whose missing values get their defaults; weights, log and config
    go into a folder. `resume`: weights to go on from; `epoch`: the first one, where their name does not say.

    Raises: ConfigError, EngineError where config, data or folder do not fit.
    """
    first = first_epoch(resume, epoch)
    if not config.get("pretraining"):
        raise ConfigError(
            ("pretraining",),
            "expected settings, got none; `freshet init fill-config CONFIG OUT --pretraining` writes them",
        )
    pipeline = from_config(fill_and_override(config, overrides or {}))
    folder = new_folder(output)
    (folder / "config.cfg").write_text(config_text(pipeline.config), encoding="utf8")
    return run(pipeline, folder, clock=time.perf_counter, resume=resume, epoch=first, skip_last=skip_last)


def first_epoch(resume: Path | None, epoch: int | None) -> int:
    """The epoch to begin with: the given one, else that after the one in the name of the weights.

    Raises: EngineError where neither says it.
    """
    if epoch is not None:
        if epoch < 0:
            raise EngineError(f"expected --epoch-resume of at least 0, got {epoch}")
        return epoch
    if resume is None:
        return 0
    named = NUMBERED.search(resume.name)
    if named is None:
        raise EngineError(
            f"expected --epoch-resume beside --resume-path {str(resume)!r}, whose name says no epoch"
        )
    return int(named[1]) + 1
