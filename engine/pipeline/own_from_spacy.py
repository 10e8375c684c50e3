# SPDX-License-Identifier: Apache-2.0
"""Components of somebody's own in a folder that spaCy saved: each reads its part of it itself."""

from __future__ import annotations

from collections.abc import Iterable

from ..components import Component
from ..errors import EngineError, ModelFileError
from ..spacy_files import Source, SpacyPipeline
from ..spacy_files.component_readers import MODEL, load_model
from .own_steps import WITHOUT_VOCAB, OwnStep


def load_saved(saved: SpacyPipeline, steps: Iterable[tuple[str, Component]]) -> None:
    """Give every component what the folder holds of it. Raises: ModelFileError, which names the file."""
    steps = list(steps)
    saved.load_states([(name, step) for name, step in steps if not isinstance(step, OwnStep)])
    for name, step in steps:
        if isinstance(step, OwnStep):
            load_own(step, saved.sources[name])


def load_own(step: OwnStep, source: Source) -> None:
    """Give a component what was saved of it, by its own `from_disk`, else weights and settings.

    Raises: ModelFileError, which names the folder.
    """
    component, folder = step.component, source.files.path
    if step.keeps_weights:
        if source.files.has(MODEL):
            cfg = source.cfg
            load_model(component, source, {"labels": cfg.get("labels", []), "cfg": cfg})
        return
    if not hasattr(component, "from_disk") or not folder.exists():
        return
    try:
        component.from_disk(folder, exclude=WITHOUT_VOCAB)
    except EngineError:
        raise
    except Exception as error:  # somebody's own code: whatever it raises, the folder has to be said
        raise ModelFileError(
            f"{folder}: expected what component {step.name!r} reads, got {type(error).__name__}: {error}"
        ) from error
