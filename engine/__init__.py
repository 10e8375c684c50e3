# SPDX-License-Identifier: Apache-2.0
"""Freshet's engine: texts in, annotated documents out; pipelines made, trained, saved and loaded from
configs.

>>> import engine
>>> doc = engine.blank("en")("Freshet runs in Kigali.")
>>> doc[3].text
'Kigali'
"""

from __future__ import annotations

from .lazy_torch import hidden_torch

with hidden_torch():  # first: Thinc brings torch where it finds it, and most pipelines do without
    import thinc.api  # noqa: F401  # for its effect: who imports it later finds it made

# isort: split

from confection import Config

from . import components, displacy, layers, models
from .components import suggesters
from .config.config import ConfigError, fill_config, read_config
from .config.registry import registry
from .doc.batch import Batch
from .doc.doc import Doc, Span, Token
from .doc.example import Example
from .errors import EngineError
from .pipeline import resources
from .pipeline.build import blank, build, from_config, load
from .pipeline.pipeline import Pipeline
from .pipeline.save import ModelFileError
from .scoring import categories as category_scores
from .scoring import rules as rule_scores
from .scoring import scorer
from .spacy_files import lookups
from .training import augmenters, batchers, corpus, loggers
from .training import duplicate_filter as filtering_batch
from .training import rehearsal as replay_mix

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
