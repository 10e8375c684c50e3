# SPDX-License-Identifier: Apache-2.0
"""Freshet's engine: texts in, annotated documents out; pipelines made, trained, saved and loaded from
configs.

>>> import engine
>>> doc = engine.blank("en")("Freshet runs in Kigali.")
>>> doc[3].text
'Kigali'
"""

from __future__ import annotations

from confection import Config

from . import torch_later as torch_later  # first: what is imported after it shall not bring torch

# isort: split

from . import components, displacy, layers, lookups, models, resources, suggesters
from .batch import Batch
from .building import blank, build, from_config, load
from .config import ConfigError, fill_config, read_config
from .doc import Doc, Span, Token
from .errors import EngineError
from .example import Example
from .pipeline import Pipeline
from .registry import registry
from .saving import ModelFileError
from .training import (
    augmenters,
    batchers,
    category_scores,
    corpus,
    filtering_batch,
    loggers,
    replay_mix,
    rule_scores,
    scorer,
)

__all__ = [
    "Batch",
    "Config",
    "ConfigError",
    "Doc",
    "EngineError",
    "Example",
    "ModelFileError",
    "Pipeline",
    "Span",
    "Token",
    "augmenters",
    "batchers",
    "blank",
    "build",
    "category_scores",
    "components",
    "corpus",
    "displacy",
    "fill_config",
    "filtering_batch",
    "from_config",
    "layers",
    "load",
    "loggers",
    "lookups",
    "models",
    "read_config",
    "registry",
    "replay_mix",
    "resources",
    "rule_scores",
    "scorer",
    "suggesters",
]
