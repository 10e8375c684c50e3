# SPDX-License-Identifier: Apache-2.0
"""Label files, and pipelines that are ready for the first step of a training."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from confection import Config

from ..components import Component, TrainableComponent
from ..pipeline.build import from_config
from ..pipeline.pipeline import Pipeline
from ..training.train import initialize, resolve_corpora, training_settings


def init_nlp(config: Config) -> Pipeline:
    """The pipeline of a complete config with its labels found in the training corpus and its weights drawn.
    Raises: ConfigError, EngineError."""
    pipeline = from_config(config)
    settings = training_settings(pipeline)
    corpora = resolve_corpora(config, settings)
    initialize(pipeline, corpora["train"], settings)
    return pipeline


def init_labels(config: Config, output: Path) -> list[Path]:
    """Write `NAME.json` into a folder for each component that has labels, in the form that
    `spacy.read_labels.v1` reads; the files. Raises: ConfigError, EngineError."""
    files = []
    for name, component in init_nlp(config).components:
        data = label_data_of(component)
        if data:
            files.append(output / f"{name}.json")
            files[-1].write_text(json.dumps(data, ensure_ascii=False, indent=1) + "\n", encoding="utf8")
    return files


def label_data_of(component: Component) -> Any:
    """What a component must be given to need no look at the corpus; None where it has no labels."""
    if hasattr(component, "label_data"):
        return component.label_data
    if not isinstance(component, TrainableComponent) or not component.labels:
        return None
    kept = component.state().labels
    only_names = set(kept) <= {"labels"}
    return list(component.labels) if only_names else dict(kept)
