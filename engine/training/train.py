# SPDX-License-Identifier: Apache-2.0
"""Training from a config, from the seed to the saved best pipeline."""

from __future__ import annotations

import difflib
import itertools
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TextIO

from confection import Config
from thinc.api import Optimizer, fix_random_seed

from ..config.config import ConfigError, interpolate_config, is_block, short
from ..config.resolver import resolve
from ..config.score_weights import known_scores
from ..doc.example import Example
from ..errors import EngineError
from ..pipeline.pipeline import Pipeline
from .distributed.settings import SECTION, has_section
from .loop import MAIN_SCORES, LoopSettings, StepInfo, train_while_improving, training_batches

BEST, LAST = "model-best", "model-last"
"""The folders of a training's two pipelines."""
STREAM_SAMPLE = 100
"""Examples of an endless reader from which labels and shapes are found."""


@dataclass(slots=True)
class TrainingResult:
    """How a run went: the best step, its weighted score and all its scores, and those of the last evaluation.
    Units: `seconds` by the caller's clock."""

    best_step: int = 0
    best_score: float = 0.0
    scores: dict[str, Any] = field(default_factory=dict)
    last_scores: dict[str, Any] = field(default_factory=dict)
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
    last: Path | None = None,
) -> TrainingResult:
    """Train a pipeline as its config says, and write the best one to `output`, again each time that there is
    a better one; `last` gets the one that the training ends with, an interrupted one too.

    Components without weights are initialized from the training corpus. `half` stores weights as 16-bit
    floats. A section `[meta]` of the config goes into the saved `meta.json`, beside the scores.
    Raises: ConfigError, EngineError where config or data do not fit.
    """
    refuse_group(pipeline.config)
    settings = training_settings(pipeline)
    corpora = resolve_corpora(pipeline.config, settings)
    require_examples(pipeline, corpora["dev"], settings["dev_corpus"])
    initialize(pipeline, corpora["train"], settings)
    optimizer: Optimizer = settings["optimizer"]
    log_step, finish_log = settings["logger"](pipeline, stdout, stderr)
    result = TrainingResult()
    judge = ScoreWeights(settings["score_weights"], stderr)
    steps = train_while_improving(
        pipeline,
        optimizer,
        training_batches(lambda: corpora["train"](pipeline), settings["batcher"], settings["max_epochs"]),
        lambda: evaluate(pipeline, corpora["dev"], judge, clock),
        LoopSettings.from_section(settings),
        clock=clock,
    )
    saving = partial(save_trained, pipeline, optimizer, settings["before_to_disk"], half=half)
    try:
        for _, info, is_best in steps:
            if output is not None:
                info["output_path"] = str(output)
            note_step(result, info, is_best)
            if is_best and output is not None:
                saving(output, result.best_step, result)
            log_step(info if is_best is not None else None)
    except KeyboardInterrupt:
        if last is not None and result.steps:
            saving(last, result.steps, result)
        raise
    finally:
        finish_log()
    if last is not None and result.steps:
        saving(last, result.steps, result)
    return result


def refuse_group(config: Config) -> None:
    """Raises: ConfigError where a config wants workers that train together."""
    if has_section(config):
        raise ConfigError(
            SECTION,
            "expected a config without this block: `freshet train CONFIG` and engine.cli.train follow it, a "
            "pipeline that is there already is trained in this process alone",
        )


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
    readers = {}
    for name in ("train", "dev"):
        place = settings[f"{name}_corpus"]
        readers[name] = resolve_within(config, place)
        if not callable(readers[name]):
            raise ConfigError(
                place.split("."), f"expected a block that names a reader, got {short(readers[name])}"
            )
    return readers


def resolve_within(config: Config, dotted: str) -> Any:
    """What stands at a path, or what the function of a section on the way to it makes there. Raises:
    ConfigError."""
    values = interpolate_config(config)
    *sections, last = dotted.split(".")
    for depth in range(1, len(sections) + 1):
        node: Any = values
        for section in sections[:depth]:
            node = node.get(section, {}) if isinstance(node, Mapping) else {}
        if not is_block(node):
            continue
        made: Any = resolve(config, ".".join(sections[:depth]))
        for key in (*sections[depth:], last):
            if not isinstance(made, Mapping) or key not in made:
                known = ", ".join(made) if isinstance(made, Mapping) else type(made).__name__
                raise ConfigError(
                    dotted.split("."), f"expected this of what the function makes; got: {known}"
                )
            made = made[key]
        return made
    return resolve(config, dotted)


def initialize(
    pipeline: Pipeline, corpus: Callable[[Pipeline], Iterable[Example]], settings: Mapping[str, Any]
) -> None:
    """Draw the weights that are missing; of an endless stream only the first examples are looked at."""
    limit = STREAM_SAMPLE if settings["max_epochs"] < 0 else None
    pipeline.initialize(lambda: itertools.islice(corpus(pipeline), limit))
    if settings["seed"] is not None:
        fix_random_seed(settings["seed"])


def require_examples(pipeline: Pipeline, corpus: Callable[[Pipeline], Iterable[Example]], name: str) -> None:
    """Raises: EngineError, before any time is spent, where the corpus that chooses the best step is empty."""
    if next(iter(corpus(pipeline)), None) is None:
        raise EngineError(
            f"{name}: expected at least one example to choose the best step by, got none; check the path and "
            "the limits of this corpus"
        )


def evaluate(
    pipeline: Pipeline,
    corpus: Callable[[Pipeline], Iterable[Example]],
    weights: ScoreWeights,
    clock: Callable[[], float],
) -> tuple[float, dict[str, Any]]:
    """The weighted score of the dev corpus, and all scores, `speed` (words a second) among them."""
    examples = list(corpus(pipeline))
    started = clock()
    scores = pipeline.evaluate(examples)
    seconds = clock() - started
    words = sum(len(example) for example in examples)
    scores["speed"] = words / seconds if seconds > 0 else 0.0
    return weights.weigh(scores), scores


class ScoreWeights:
    """What each score counts for the choice of the best step. A score that a run does not give counts 0,
    which is told once."""

    def __init__(self, weights: Mapping[str, float | None], stderr: TextIO) -> None:
        self.weights, self.stderr = weights, stderr
        self._told: set[str] = set()

    def weigh(self, scores: Mapping[str, Any]) -> float:
        """The weighted score. Raises: EngineError, as `weighted_score` does."""
        for name, weight in self.weights.items():
            if weight and name not in self._told and not isinstance(scores.get(name), int | float):
                self._told.add(name)
                self.stderr.write(
                    f"training -> score_weights -> {name}: this run gives no such score, it counts 0; there "
                    f"are: {_numbers(scores)}\n"
                )
        return weighted_score(scores, self.weights)


def weighted_score(scores: Mapping[str, Any], weights: Mapping[str, float | None]) -> float:
    """Sum of the scores times their weights; without any weights the mean of the main scores that there are.
    A score that does not exist counts 0.

    Raises: EngineError where the name of a score seems misspelt; the message lists those that there are.
    """
    used = {name: weight for name, weight in weights.items() if weight}
    if not used:
        main = [scores[name] for name in MAIN_SCORES if scores.get(name) is not None]
        return float(sum(main)) / max(len(main), 1)
    for name in used:
        _check_spelling(name, scores)
    return float(sum((scores.get(name) or 0.0) * weight for name, weight in used.items()))


def _check_spelling(name: str, scores: Mapping[str, Any]) -> None:
    if name in scores or any(re.fullmatch(_pattern(known), name) for known in known_scores()):
        return
    close = difflib.get_close_matches(name, {*scores, *known_scores()}, n=3, cutoff=0.75)
    if close:
        raise EngineError(
            f"training -> score_weights -> {name}: expected the name of a score; did you mean "
            f"{' or '.join(map(repr, close))}? there are: {_numbers(scores)}"
        )


def _pattern(known: str) -> str:
    return re.escape(known).replace(re.escape("{key}"), ".+")


def _numbers(scores: Mapping[str, Any]) -> str:
    return ", ".join(sorted(key for key, value in scores.items() if isinstance(value, int | float))) or "none"


def save_trained(
    pipeline: Pipeline,
    optimizer: Optimizer,
    before_to_disk: Callable[[Pipeline], Pipeline] | None,
    output: Path,
    step: int,
    result: TrainingResult,
    *,
    half: bool,
) -> None:
    """Write the pipeline of this step with its averaged weights, its scores and the config's `[meta]`."""
    pipeline.meta.update(interpolate_config(pipeline.config).get("meta", {}))
    scores = result.scores if step == result.best_step else result.last_scores
    pipeline.meta["scores"] = round_scores(scores)
    pipeline.meta["training"] = {"steps": step, "words": result.words}
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


def note_step(result: TrainingResult, info: StepInfo, is_best: bool | None) -> None:
    """Keep what a step says of the run."""
    result.steps, result.words, result.seconds = info["step"], info["words"], info["seconds"]
    if is_best is not None:
        result.last_scores = info["other_scores"]
    if is_best:
        result.best_step, result.best_score, result.scores = (
            info["step"],
            float(info["score"] or 0.0),
            info["other_scores"],
        )
