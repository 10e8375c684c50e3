# SPDX-License-Identifier: Apache-2.0
"""Training from a config, from the seed to the saved best pipeline."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from confection import Config
from thinc.api import Optimizer, fix_random_seed

from ..config.config import ConfigError, interpolate_config
from ..config.resolver import resolve
from ..doc.example import Example
from ..errors import EngineError
from ..pipeline.pipeline import Pipeline
from .loop import MAIN_SCORES, LoopSettings, StepInfo, train_while_improving, training_batches

STREAM_SAMPLE = 100
"""Examples of an endless reader from which labels and shapes are found."""


@dataclass(slots=True)
class TrainingResult:
    """How a run went: the best step, its weighted score and all its scores. Units: `seconds` by the caller's
    clock."""

    best_step: int = 0
    best_score: float = 0.0
    scores: dict[str, Any] = field(default_factory=dict)
    steps: int = 0
    words: int = 0
    seconds: float = 0.0


def train(
    pipeline: Pipeline,
    output: Path | None = None,
    *,
    clock: Callable[[], float],
    stdout: TextIO,
    stderr: TextIO,
    half: bool = False,
) -> TrainingResult:
    """Train a pipeline as its config says, and write the best one to `output`, again each time that there is
    a better one.

    Components without weights are initialized from the training corpus. `half` stores weights as 16-bit
    floats. A section `[meta]` of the config goes into the saved `meta.json`, beside the scores.
    Raises: ConfigError, EngineError where config or data do not fit.
    """
    settings = training_settings(pipeline)
    corpora = resolve_corpora(pipeline.config, settings)
    initialize(pipeline, corpora["train"], settings)
    optimizer: Optimizer = settings["optimizer"]
    log_step, finish_log = settings["logger"](pipeline, stdout, stderr)
    result = TrainingResult()
    steps = train_while_improving(
        pipeline,
        optimizer,
        training_batches(lambda: corpora["train"](pipeline), settings["batcher"], settings["max_epochs"]),
        lambda: evaluate(pipeline, corpora["dev"], settings["score_weights"]),
        LoopSettings.from_section(settings),
        clock=clock,
    )
    try:
        for _, info, is_best in steps:
            log_step(info if is_best is not None else None)
            _note(result, info, is_best)
            if is_best and output is not None:
                save_best(pipeline, output, optimizer, settings["before_to_disk"], result, half=half)
    finally:
        finish_log()
    return result


def training_settings(pipeline: Pipeline) -> dict[str, Any]:
    """The resolved `[training]` section, with the random generators seeded as it says. Raises:
    ConfigError."""
    seed = interpolate_config(pipeline.config).get("training", {}).get("seed")
    if seed is not None:
        fix_random_seed(seed)
    settings: dict[str, Any] = resolve(pipeline.config, "training")
    for key in ("frozen_components", "annotating_components"):
        for name in settings[key]:
            if name not in pipeline.names:
                raise ConfigError(
                    ("training", key),
                    f"expected names of components, got {name!r}; there are: {', '.join(pipeline.names)}",
                )
    return settings


def resolve_corpora(
    config: Config, settings: Mapping[str, Any]
) -> dict[str, Callable[[Pipeline], Iterable[Example]]]:
    """The readers that `train_corpus` and `dev_corpus` name, under `train` and `dev`."""
    return {
        "train": resolve(config, settings["train_corpus"]),
        "dev": resolve(config, settings["dev_corpus"]),
    }


def initialize(
    pipeline: Pipeline, corpus: Callable[[Pipeline], Iterable[Example]], settings: Mapping[str, Any]
) -> None:
    """Draw the weights that are missing; of an endless stream only the first examples are looked at."""
    limit = STREAM_SAMPLE if settings["max_epochs"] < 0 else None
    pipeline.initialize(lambda: itertools.islice(corpus(pipeline), limit))
    if settings["seed"] is not None:
        fix_random_seed(settings["seed"])


def evaluate(
    pipeline: Pipeline, corpus: Callable[[Pipeline], Iterable[Example]], weights: Mapping[str, float | None]
) -> tuple[float, dict[str, Any]]:
    """The weighted score of the dev corpus, and all scores."""
    scores = pipeline.evaluate(corpus(pipeline))
    return weighted_score(scores, weights), scores


def weighted_score(scores: Mapping[str, Any], weights: Mapping[str, float | None]) -> float:
    """Sum of the scores times their weights; without any weights the mean of the main scores that there are.

    Raises: EngineError where a score with a weight does not exist; the message lists those that do.
    """
    used = {name: weight for name, weight in weights.items() if weight}
    if not used:
        main = [scores[name] for name in MAIN_SCORES if scores.get(name) is not None]
        return float(sum(main)) / max(len(main), 1)
    for name in used:
        if not isinstance(scores.get(name), int | float):
            known = ", ".join(sorted(key for key, value in scores.items() if isinstance(value, int | float)))
            raise EngineError(
                f"training -> score_weights -> {name}: expected a score that the dev corpus gives; there "
                f"are: {known}; "
                "does the corpus have these annotations?"
            )
    return float(sum(scores[name] * weight for name, weight in used.items()))


def save_best(
    pipeline: Pipeline,
    output: Path,
    optimizer: Optimizer,
    before_to_disk: Callable[[Pipeline], Pipeline] | None,
    result: TrainingResult,
    *,
    half: bool,
) -> None:
    """Write the pipeline with its averaged weights, its scores and the config's `[meta]`."""
    pipeline.meta.update(interpolate_config(pipeline.config).get("meta", {}))
    pipeline.meta["scores"] = round_scores(result.scores)
    pipeline.meta["training"] = {"steps": result.best_step, "words": result.words}
    with pipeline.use_averages(optimizer):
        saved = before_to_disk(pipeline) if before_to_disk is not None else pipeline
        saved.to_disk(output, half=half)


def round_scores(scores: Mapping[str, Any]) -> dict[str, Any]:
    """Scores with four decimals, nested ones too."""
    return {
        name: round_scores(value)
        if isinstance(value, Mapping)
        else round(value, 4)
        if isinstance(value, float)
        else value
        for name, value in scores.items()
    }


def _note(result: TrainingResult, info: StepInfo, is_best: bool | None) -> None:
    result.steps, result.words, result.seconds = info["step"], info["words"], info["seconds"]
    if is_best:
        result.best_step, result.best_score, result.scores = (
            info["step"],
            float(info["score"] or 0.0),
            info["other_scores"],
        )
