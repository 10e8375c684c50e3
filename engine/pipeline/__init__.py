# SPDX-License-Identifier: Apache-2.0
"""Pipelines: a tokenizer and components in order. Import the files; this door imports nothing of them.

- `pipeline`: the class, also called `Language`; what it can do stands in the files beside it, over `state`:
  `registration` (factories of one's own), `arrangement` (which components, in which order; `selection`: for a
  while), `prediction` (`inputs`, `slices`, `processes`: texts, streams, several processes), `learning`,
  `rehearsal`, `persistence`, `analysis`, `pattern_engines`
- `own_steps`: components that are written against documents, as steps on a batch
- `own_from_spacy`: such components in a folder that spaCy saved
- `factories`, `known_factories`: how factories are registered and called; what ours say of themselves
- `listener_replacement`: a head with an embedding of its own; `sources`: components of saved pipelines
- `assembly`: a pipeline of a config, or of what was saved; `build`: the public functions of it
- `language_classes`, `tokenizer_makers`: classes by language, tokenizers by function
- `save`: written to a directory; `saved_files`, `files_in_memory`: the files of one, checked and read
- `resources`: registered makers of tokenizers, vectors and labels from files
- `vocab_data`: what is known of words before training
- `errors`, `class_or_instance`: what these use
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from ..thinc_import import thinc as thinc  # first: it comes without torch


def __getattr__(name: str) -> Any:
    """A documented name: `from engine.pipeline import ...`."""
    if name.startswith("_"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return import_module("engine.spacy_names.modules").named("pipeline", name)
