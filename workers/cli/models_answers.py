# SPDX-License-Identifier: Apache-2.0
"""What `freshet models` does with pipelines themselves: load one as an annotator would, ask two of them the
same."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

import engine
from engine.components import TrainableComponent
from engine.spacy_files import find_spacy_folder

from ..bundled import find_model
from ..model_registry import ModelRegistry, Version
from ..model_registry.version_diff import Change, changes
from .console import err


def find_pipeline(model: str, *, check: bool) -> Path:
    """The folder with a pipeline's files, ours or one saved by spaCy. Raises: SettingsError, EngineError
    where `check` fails to load it, or finds weights that are no numbers."""
    folder = find_spacy_folder(Path(model)) or find_model(model)
    if check:
        require_finite(engine.load(folder))
    return folder


def require_finite(pipeline: engine.Pipeline) -> None:
    """Raises: EngineError, with the component's name, where a training went wrong and left weights that are
    no numbers."""
    for name, component in pipeline.components:
        state = component.state() if isinstance(component, TrainableComponent) else None
        for array in state.arrays.values() if state is not None else ():
            if not np.isfinite(array).all():
                raise engine.EngineError(
                    f"component {name!r} has weights that are not finite: its training went wrong; put an "
                    "earlier pipeline"
                )


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
