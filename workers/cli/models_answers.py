# SPDX-License-Identifier: Apache-2.0
"""What `freshet models` does with pipelines themselves: load one as an annotator would, ask two of them the
same."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import engine
from engine.spacy_files import find_spacy_folder

from ..bundled import find_model
from ..model_registry import ModelRegistry, Version
from ..model_registry.version_diff import Change, changes
from .console import err


def find_pipeline(model: str, *, check: bool) -> Path:
    """The folder with a pipeline's files, ours or one saved by spaCy. Raises: SettingsError, EngineError
    where `check` fails to load it."""
    folder = find_spacy_folder(Path(model)) or find_model(model)
    if check:
        engine.load(folder)
    return folder


def compare_answers(
    models: ModelRegistry, pair: tuple[Version, Version], texts: Sequence[str]
) -> list[tuple[str, list[Change]]]:
    """Each text with what the second version says differently from the first."""
    with tempfile.TemporaryDirectory(prefix="freshet-diff-") as folder, err.status("loading both"):
        one, other = (
            engine.load(models.fetch(version.number, Path(folder) / f"{place}"))
            for place, version in enumerate(pair)
        )
        return [(text, changes(one(text).to_json(), other(text).to_json())) for text in texts]
