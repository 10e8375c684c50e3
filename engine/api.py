# SPDX-License-Identifier: Apache-2.0
"""All public names of the engine, imported: what `engine` looks a name up in when one is asked for first."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .thinc_import import thinc as thinc  # first: it comes without torch

# isort: split

from confection import Config

from . import components, knowledge, layers, models, util
from .components import suggesters
from .components.pipe import Pipe, TrainablePipe
from .config.config import ConfigError, read_config
from .config.default_values import fill_config
from .config.registry import registry
from .doc.batch import Batch
from .doc.doc import Doc
from .doc.example import Example
from .doc.span import Span
from .doc.span_group import SpanGroup
from .doc.token import Token
from .errors import EngineError, ModelFileError
from .matching import DependencyMatcher, Matcher, PhraseMatcher
from .pipeline import callbacks, resources
from .pipeline.build import blank, build, from_config, load
from .pipeline.pipeline import Language, Pipeline
from .scoring import categories as category_scores
from .scoring import links as link_scores
from .scoring import ruler_scores as rule_scores
from .scoring import scorer
from .scoring.example_scorer import Scorer
from .spacy_files import lookups
from .vocab import Lexeme, Lookups, MorphAnalysis, StringStore, Vocab, attrs, symbols

if TYPE_CHECKING:
    from . import displacy
    from .spacy_files.docbin import DocBin
    from .training import augmenters, batchers, corpus, logger_chain, logger_services, loggers
    from .training import duplicate_filter as filtering_batch
    from .training import rehearsal as replay_mix

OF_LEARNING = {
    **{
        name: name
        for name in ("augmenters", "batchers", "corpus", "logger_chain", "logger_services", "loggers")
    },
    "filtering_batch": "duplicate_filter",
    "replay_mix": "rehearsal",
}
"""Public names that are files of `training`, each imported when it is asked for: annotating needs none."""

__all__ = [
    "Batch",
    "Config",
    "ConfigError",
    "DependencyMatcher",
    "Doc",
    "DocBin",
    "EngineError",
    "Example",
    "Language",
    "Lexeme",
    "Lookups",
    "Matcher",
    "ModelFileError",
    "MorphAnalysis",
    "PhraseMatcher",
    "Pipe",
    "Pipeline",
    "Scorer",
    "Span",
    "SpanGroup",
    "StringStore",
    "Token",
    "TrainablePipe",
    "Vocab",
    "attrs",
    "augmenters",
    "batchers",
    "blank",
    "build",
    "callbacks",
    "category_scores",
    "components",
    "corpus",
    "displacy",
    "fill_config",
    "filtering_batch",
    "from_config",
    "knowledge",
    "layers",
    "link_scores",
    "load",
    "logger_chain",
    "logger_services",
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
    "symbols",
    "util",
]


def __getattr__(name: str) -> Any:
    """One of the files of `training`, pictures, or documents on disk: what annotating does not need."""
    if name in OF_LEARNING:
        found = import_module(f".training.{OF_LEARNING[name]}", __package__)
    elif name == "displacy":
        found = import_module(".displacy", __package__)
    elif name == "DocBin":
        found = import_module(".spacy_files.docbin", __package__).DocBin
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = found
    return found
