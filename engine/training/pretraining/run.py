# SPDX-License-Identifier: Apache-2.0
"""The loop of `pretrain`: epochs of raw text, hidden words guessed, weights written as they come."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from thinc.api import Model, Optimizer, fix_random_seed, set_dropout_rate

from ...components.on_documents import batch_of_docs
from ...config.config import ConfigError, interpolate_config
from ...config.resolver import resolve
from ...doc.batch import Batch
from ...doc.example import Example
from ...errors import EngineError
from ...kernels import one_library_thread
from ...layers.doc_models import docs_of, reads_batches, take_batches
from ...layers.ops import EngineOps
from ...layers.optimizing import finish_update
from ...models.pretraining import ROWS_LOSS, create_objective
from ...pipeline.learning import SAMPLE_TEXT
from ...pipeline.pipeline import Pipeline
from ...spacy_files import embedding_layer, load_weights, weights_to_bytes
from ..train import resolve_within
from .masking import mask_words

SECTION = "pretraining"
LAST, TEMPORARY = "-last", ".temp"
WORDS_A_ROW = 10_000
"""Words after which progress is told."""

Node: TypeAlias = Model[Any, Any]


@dataclass(frozen=True, slots=True)
class PretrainProgress:
    """What is known after some words. Units: `seconds` and `seconds_left` by the caller's clock; `nr_word`
    in tokens; `seconds_left` is None before an epoch has shown how long one is."""

    epoch: int
    nr_word: int
    loss: float
    epoch_loss: float
    seconds: float
    seconds_left: float | None

    @property
    def words_per_second(self) -> float:
        """Words a second since the start."""
        return self.nr_word / max(self.seconds, 1e-9)


@dataclass(slots=True)
class Pretraining:
    """A run: the embedding that learns, its head, and what was seen so far."""

    pipeline: Pipeline
    settings: Mapping[str, Any]
    layer: Node
    model: Node
    optimizer: Optimizer
    clock: Callable[[], float]
    epoch: int = 0
    nr_word: int = 0
    loss: float = 0.0
    epoch_loss: float = 0.0
    words_of_epoch: int | None = None
    started: float = 0.0
    first_epoch: int = 0

    def progress(self) -> PretrainProgress:
        """What is known now."""
        seconds = self.clock() - self.started
        left = None
        if self.words_of_epoch and self.nr_word:
            total = self.words_of_epoch * (self.settings["max_epochs"] - self.first_epoch)
            left = max(0.0, total - self.nr_word) * seconds / self.nr_word
        return PretrainProgress(self.epoch, self.nr_word, self.loss, self.epoch_loss, seconds, left)

    def update(self, batch: Batch) -> None:
        """Learn from one batch. Raises: EngineError where the loss is no number any more."""
        with one_library_thread():
            loss = self._update(batch)
        if not np.isfinite(loss):
            raise EngineError(
                f"the loss of pretraining is {loss} after {self.nr_word} words; a lower learn_rate or "
                "grad_clip = 1.0 may help. What was saved before is untouched"
            )
        self.loss += loss
        self.epoch_loss += loss
        self.nr_word += batch.n_tokens

    def _update(self, batch: Batch) -> float:
        loss_of_rows = self.model.attrs.get(ROWS_LOSS)
        if loss_of_rows is None:
            return self._update_by_docs(batch)
        masked = mask_words(batch)
        head: Node = self.model.get_ref("output_layer")
        vectors, back_to_layer = self.layer.begin_update(masked.batch)
        guessed, back_to_vectors = head.begin_update(vectors[masked.rows])
        loss, gradient = loss_of_rows(batch, masked.rows, guessed)
        d_vectors = np.zeros_like(vectors)
        d_vectors[masked.rows] = back_to_vectors(gradient)
        back_to_layer(d_vectors)
        self._step()
        return float(loss)

    def _update_by_docs(self, batch: Batch) -> float:
        """By a model of somebody's own, which hides what it wants to hide."""
        predicted, backprop = self.model.begin_update(batch)
        loss, gradient = self.model.attrs["loss"](self.model.ops, docs_of(batch), predicted)
        backprop(gradient)
        self._step()
        return float(loss)

    def _step(self) -> None:
        finish_update(self.model, self.optimizer)
        self.optimizer.step_schedules()

    def weights(self) -> bytes:
        """The embedding's weights, averaged where the optimizer averages, as a file."""
        with self.model.use_params(self.optimizer.averages or {}):
            return weights_to_bytes(self.layer)


def prepare(
    pipeline: Pipeline,
    clock: Callable[[], float],
    *,
    resume: Path | None = None,
    epoch: int = 0,
) -> Pretraining:
    """A run as the config says, from the weights of `resume`, if given. Raises: ConfigError, EngineError."""
    values = interpolate_config(pipeline.config)
    if not values.get(SECTION):
        raise ConfigError(
            (SECTION,),
            "expected settings, got none; `freshet init fill-config CONFIG OUT --pretraining` writes them",
        )
    seed = values.get("training", {}).get("seed")
    if seed is not None:
        fix_random_seed(seed)
    settings = {**resolve(pipeline.config, SECTION)}
    pipeline.prepare_vocab()
    layer = embedding_layer(pipeline, values[SECTION])
    model = create_objective(settings["objective"])(pipeline.vocab, layer)
    for node in model.walk():
        node.ops = node.ops if isinstance(node.ops, EngineOps) else EngineOps()
    sample = pipeline.tokenizer.tokenize([SAMPLE_TEXT])
    layer.initialize(X=sample)
    if resume is not None:
        load_weights(layer, resume.read_bytes(), resume)
    _initialize_head(model, layer, sample)
    set_dropout_rate(model, settings["dropout"])
    optimizer = settings["optimizer"]
    return Pretraining(pipeline, settings, layer, model, optimizer, clock, epoch, first_epoch=epoch)


def _initialize_head(model: Node, layer: Node, sample: Batch) -> None:
    """Draw the weights of what guesses; what is somebody's own may read documents."""
    if ROWS_LOSS in model.attrs:
        model.get_ref("output_layer").initialize(X=np.zeros((1, layer.get_dim("nO")), dtype=np.float32))
        return
    if "loss" not in model.attrs:
        raise EngineError("expected the objective's model to have an attribute `loss`, got none")
    weights = layer.copy()
    if not reads_batches(model):
        take_batches(model)
    model.initialize(X=sample)
    for node, kept in zip(layer.walk(), weights.walk(), strict=True):
        for name in kept.param_names:
            node.set_param(name, kept.get_param(name))


def pretrain(
    pipeline: Pipeline,
    output: Path,
    *,
    clock: Callable[[], float],
    resume: Path | None = None,
    epoch: int = 0,
    skip_last: bool = False,
) -> Iterator[PretrainProgress]:
    """Learn the embedding that `[pretraining]` names from raw text, and write `model{epoch}.bin`, where
    `n_save_every` says so `model{epoch}.temp.bin`, and at the end, an interrupted one too, `model-last.bin`;
    a line of `log.jsonl` for each. Progress comes every some words and after each epoch.

    Raises: ConfigError, EngineError where config or data do not fit.
    """
    run = prepare(pipeline, clock, resume=resume, epoch=epoch)
    corpus = corpus_of(pipeline, run.settings["corpus"])
    run.started = clock()
    try:
        for number in range(epoch, run.settings["max_epochs"]):
            run.epoch = number
            yield from _epoch(run, corpus, output)
    finally:
        if not skip_last and run.nr_word:
            save(run, output, LAST)


def _epoch(
    run: Pretraining, corpus: Callable[[Pipeline], Iterable[Example]], output: Path
) -> Iterator[PretrainProgress]:
    settings, before, told = run.settings, run.nr_word, run.nr_word
    run.epoch_loss = 0.0
    docs = (example.reference for example in corpus(run.pipeline))
    for number, part in enumerate(settings["batcher"](docs)):
        run.update(batch_of_docs(part))
        if run.nr_word - told >= WORDS_A_ROW:
            told = run.nr_word
            yield run.progress()
        if settings["n_save_every"] and number % settings["n_save_every"] == 0:
            save(run, output, f"{run.epoch}{TEMPORARY}")
    run.words_of_epoch = run.nr_word - before
    if not run.words_of_epoch:
        raise EngineError(
            "expected raw texts to learn from, got none; check the path and the limits of "
            f"{settings['corpus']!r}: texts shorter than min_length tokens are left out"
        )
    if not settings["n_save_epoch"] or run.epoch % settings["n_save_epoch"] == 0:
        save(run, output, str(run.epoch))
    yield run.progress()


def save(run: Pretraining, output: Path, name: str) -> None:
    """Write `model{name}.bin` and a line of the log."""
    target = output / f"model{name}.bin"
    part = target.with_name(target.name + ".part")
    part.write_bytes(run.weights())
    part.replace(target)
    known = asdict(run.progress())
    row = {key: known[key] for key in ("nr_word", "loss", "epoch_loss", "epoch", "seconds")}
    with (output / "log.jsonl").open("a", encoding="utf8") as log:
        log.write(json.dumps(row) + "\n")


def corpus_of(pipeline: Pipeline, named: Any) -> Callable[[Pipeline], Iterable[Example]]:
    """The reader that `corpus` names by a dotted path, or that stands there. Raises: ConfigError."""
    reader: Callable[[Pipeline], Iterable[Example]] = (
        resolve_within(pipeline.config, named) if isinstance(named, str) else named
    )
    return reader
