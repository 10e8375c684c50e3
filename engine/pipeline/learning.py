# SPDX-License-Identifier: Apache-2.0
"""How a pipeline learns: labels and weights found, gradients collected, weights changed, answers scored."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from itertools import islice
from time import perf_counter
from typing import Any, Literal

from thinc.api import Optimizer, fix_random_seed

from .. import spacy_files
from ..components import Component, EmbeddingComponent, InitializedComponent, TrainableComponent
from ..config.config import ConfigError, interpolate_config
from ..config.registry import registry
from ..config.resolver import check_type, hints_of, resolve
from ..doc.batch import Batch
from ..doc.doc import Doc
from ..doc.example import Example
from ..doc.example_batch import ExampleCache, batch_of
from ..kernels import one_library_thread
from ..scoring.scorer import score_tokenization
from .errors import InputError
from .initial_lookups import take_lookups
from .listener_replacement import upstreams_of
from .own_steps import OwnStep, unwrapped
from .state import PipelineState
from .vectors_of_pipeline import check_sourced, load_vectors
from .vocab_data import read_vocab_data

SAMPLE_TEXT = "A sample text, from which layers learn their shapes."
N_SAMPLE = 10
SCORED_AT_ONCE = 64
"""Documents that are annotated together to be scored."""

Losses = dict[str, float]
Scores = dict[str, Any]
GetExamples = Callable[[], Iterable[Example]]
Settings = Mapping[str, Mapping[str, Any]]
"""Arguments of single components, by their names."""


class Learning(PipelineState):
    """Learning and scoring. It is not safe from several threads."""

    def initialize(
        self, get_examples: GetExamples | None = None, *, sgd: Optimizer | None = None
    ) -> Optimizer:
        """Find labels and shapes in the examples and draw all weights that are not there yet, by the config's
        seed; what comes back is the optimizer that `update` uses where it is given none.

        Components that have weights already (sourced ones) keep them. Settings come from `[initialize]`.
        Raises: EngineError where `get_examples` is no function that gives examples.
        """
        _expect_examples(get_examples)
        settings = resolve(self.config, "initialize") if "initialize" in self.config else {}
        seed = resolve(self.config, "system").get("seed") if "system" in self.config else None
        if seed is not None:
            fix_random_seed(seed)
        self._warn_of_frozen_heads()
        self.prepare_vocab(settings)
        cache = ExampleCache(get_examples or (lambda: ()))
        first = list(islice(cache.examples(), N_SAMPLE))
        annotating = interpolate_config(self.config).get("training", {}).get("annotating_components", ())
        sample = batch_of(first, self.tokenizer) if first else self.tokenizer.tokenize([SAMPLE_TEXT])
        for name, step in self.steps:
            _initialize(step, cache, sample, settings.get("components", {}).get(name, {}))
            if name in annotating and not isinstance(step, TrainableComponent):
                step.predict(sample)  # an encoder may read sentences
        if settings.get("init_tok2vec") is not None:
            layer_of = interpolate_config(self.config).get("pretraining", {})
            spacy_files.load_embedding(self, layer_of, settings["init_tok2vec"])
        _call_back(settings.get("after_init"), self)
        self._digest = None
        if sgd is not None or self._optimizer is None:
            self._optimizer = sgd or self.create_optimizer()
        return self._optimizer

    def prepare_vocab(self, settings: Mapping[str, Any] | None = None) -> None:
        """Take over what `[initialize]` (`settings`, where that is resolved) says of words: vectors, look-up
        tables, `vocab_data`; and call `before_init`."""
        if settings is None:
            settings = resolve(self.config, "initialize") if "initialize" in self.config else {}
        if settings.get("vectors") is not None:
            self.use_vectors(load_vectors(settings["vectors"]))
            check_sourced(self)
        if settings.get("lookups") is not None:
            take_lookups(self, settings["lookups"])
        if settings.get("vocab_data") is not None:
            read_vocab_data(self.vocab, settings["vocab_data"])
        _call_back(settings.get("before_init"), self)
        self._give_vectors()

    def _warn_of_frozen_heads(self) -> None:
        """Say which heads do not learn while the embedding that they read does."""
        training = interpolate_config(self.config).get("training", {})
        frozen = set(training.get("frozen_components", ()))
        for name, component in self.components:
            moving = [each for each in upstreams_of(component) if each not in frozen]
            if name in frozen and moving and component.is_ready:
                warnings.warn(
                    f"{name!r} is frozen, and reads vectors of {moving[0]!r}, which go on learning: it will "
                    "fit them worse and worse. Freeze both, or give it a copy of its own, by "
                    'replace_listeners = ["model.tok2vec"] beside its source',
                    UserWarning,
                    stacklevel=3,
                )

    def begin_training(
        self, get_examples: GetExamples | None = None, *, sgd: Optimizer | None = None
    ) -> Optimizer:
        """The older name of `initialize`."""
        return self.initialize(get_examples, sgd=sgd)

    def create_optimizer(self) -> Optimizer:
        """An optimizer as the config says. Raises: ConfigError."""
        if "training" not in self.config:
            made: Optimizer = registry.get("optimizers", "Adam.v1")(learn_rate=0.001)
            return made
        optimizer: Optimizer = resolve(self.config, "training.optimizer")
        return optimizer

    def update(
        self,
        examples: Sequence[Example],
        _: Any = None,
        *,
        drop: float | None = None,
        sgd: Optimizer | Literal[False] | None = None,
        losses: Losses | None = None,
        component_cfg: Settings | None = None,
        exclude: Iterable[str] = (),
        annotates: Iterable[str] = (),
        dropout: float = 0.0,
        optimizer: Optimizer | None = None,
    ) -> Losses:
        """Learn from one batch, by `sgd` (here also `optimizer`), or by an optimizer that is made and kept
        where none is given; with `sgd=False` the gradients are only added up.

        `drop` (here also `dropout`): the rate. Components in `exclude` do not change; those in `annotates`
        annotate the batch for the components after them. `component_cfg`: arguments of single components.
        Raises: EngineError where examples are none.
        """
        _expect_list_of_examples(examples, _)
        losses = {} if losses is None else losses
        frozen, annotating = set(exclude), set(annotates)
        rate = dropout if drop is None else drop
        chosen = optimizer if sgd is None else sgd
        if chosen is not False:
            chosen = chosen or self._own_optimizer()
            self._take_new_labels(examples, chosen, frozen)
        self._collect(examples, rate, losses, component_cfg or {}, frozen, annotating)
        if chosen is not False:
            self.finish_update(chosen, frozen)
        return losses

    def _take_new_labels(self, examples: Sequence[Example], optimizer: Optimizer, frozen: set[str]) -> None:
        """Heads that grow by learning get the labels that they meet here for the first time."""
        for name, step in self.running():
            if isinstance(step, TrainableComponent) and step.grows_by_learning and name not in frozen:
                growth = step.add_labels(step.unknown_labels(examples))
                if growth is not None:
                    growth.widen_optimizer(optimizer)

    def _own_optimizer(self) -> Optimizer:
        if self._optimizer is None:
            self._optimizer = self.create_optimizer()
        return self._optimizer

    def _collect(
        self,
        examples: Sequence[Example],
        rate: float,
        losses: Losses,
        settings: Settings,
        frozen: set[str],
        annotating: set[str],
    ) -> None:
        """Add up the gradients of one batch."""
        batch = batch_of(examples, self.tokenizer)
        backward: list[Callable[[Losses], None]] = []
        with one_library_thread():
            for name, step in self.running() if batch.n_tokens else []:
                own = {"drop": rate, **settings.get(name, {})}
                if isinstance(step, EmbeddingComponent) and name not in frozen:
                    backward.append(step.forward(batch, dropout=own["drop"]))
                elif isinstance(step, EmbeddingComponent):
                    step.predict(batch)
                elif isinstance(step, TrainableComponent) and name not in frozen:
                    step.update(batch, examples, dropout=own["drop"], losses=losses)  # type: ignore[attr-defined]
                elif isinstance(step, OwnStep) and step.learns and name not in frozen:
                    step.update(batch, examples, losses, own)
                if name in annotating and not isinstance(step, EmbeddingComponent):
                    step.predict(batch)
            for go_back in reversed(backward):
                go_back(losses)

    def finish_update(self, optimizer: Optimizer, exclude: Iterable[str] = ()) -> None:
        """Change the weights by the gradients added up so far."""
        frozen = set(exclude)
        for name, step in self.running():
            component = unwrapped(step)
            if name in frozen:
                continue
            if isinstance(component, TrainableComponent) or (
                isinstance(step, OwnStep) and step.learns and hasattr(component, "finish_update")
            ):
                component.finish_update(optimizer)
        self._digest = None

    @contextmanager
    def use_averages(self, optimizer: Optimizer) -> Iterator[None]:
        """Run with the optimizer's averaged weights, if it keeps them."""
        with self.use_params(optimizer.averages or {}):
            yield

    @contextmanager
    def use_params(self, params: Mapping[tuple[int, str], Any] | None) -> Iterator[None]:
        """Run with other weights, such as an optimizer's averages, and put the own ones back."""
        with ExitStack() as stack:
            for _, component in self.components if params else []:
                if isinstance(component, TrainableComponent):
                    stack.enter_context(component.use_params(params or {}))
            yield

    # --- scoring

    def evaluate(
        self,
        examples: Iterable[Example],
        *,
        batch_size: int | None = None,
        scorer: Any = None,
        component_cfg: Settings | None = None,
        scorer_cfg: Mapping[str, Any] | None = None,
        per_component: bool = False,
    ) -> Scores:
        """Annotate the examples' texts anew and score them, by the components' scorers or by `scorer`.

        `speed`: words a second. `per_component`: scores by the name of the component that they are of.
        Raises: InputError where something is no example.
        """
        examples, begin = list(examples), perf_counter()
        _expect_list_of_examples(examples, None)
        size = batch_size or SCORED_AT_ONCE
        annotated = [example for part in _parts(iter(examples), size) for example in self._annotate(part)]
        speed = sum(map(len, annotated)) / max(perf_counter() - begin, 1e-9)
        if scorer is not None:
            own: Scores = scorer.score(annotated, per_component=per_component)
            return own if per_component else {**own, "speed": speed}
        scores: Scores = {"tokenizer": dict(score_tokenization(annotated))}
        for name, step in self.running():
            scores[name] = _scores_of(step, annotated, (component_cfg or {}).get(name, {}))
        if per_component:
            return scores
        return {**{key: value for part in scores.values() for key, value in part.items()}, "speed": speed}

    def _annotate(self, examples: list[Example]) -> list[Example]:
        batch = batch_of(examples, self.tokenizer)
        with one_library_thread():
            for _, step in self.running():
                step.predict(batch)
        return [Example(Doc(batch, i), example.reference) for i, example in enumerate(examples)]


def _check_labels(step: Any, settings: Mapping[str, Any]) -> None:
    """Raises: ConfigError where labels have another form than a component's `initialize` says."""
    component = unwrapped(step)
    hint = hints_of(component.initialize).get("labels", Any) if hasattr(component, "initialize") else Any
    labels = settings.get("labels")
    path = ("initialize", "components", step.name, "labels")
    if isinstance(labels, str):
        raise ConfigError(path, f"expected labels, got the text {labels[:80]!r}")
    check_type(labels, hint, path)


def _initialize(step: Component, cache: ExampleCache, sample: Batch, settings: Mapping[str, Any]) -> None:
    component = unwrapped(step)
    if isinstance(step, OwnStep):
        step.initialize(cache.examples, sample, **settings)
    elif isinstance(step, TrainableComponent) and not step.is_ready:
        _check_labels(step, settings)
        step.initialize(cache.examples, sample, **settings)  # type: ignore[attr-defined]
    elif isinstance(step, InitializedComponent) and not isinstance(step, TrainableComponent):
        step.initialize(cache.examples, sample, **settings)
    if isinstance(component, TrainableComponent):
        component.is_prepared = True
        component.weights_changed()
    if isinstance(step, EmbeddingComponent):
        step.predict(sample)


def _scores_of(step: Component, examples: Sequence[Example], settings: Mapping[str, Any]) -> Scores:
    return dict(step.score(examples, **{k: v for k, v in settings.items() if k != "batch_size"}))


def _expect_examples(get_examples: object) -> None:
    if get_examples is not None and not callable(get_examples):
        raise InputError(
            f"expected a function that gives examples, got {type(get_examples).__name__}; write "
            "initialize(lambda: examples)"
        )


def _expect_list_of_examples(examples: object, second: object) -> None:
    if second is not None:
        raise InputError(
            "expected a list of examples and nothing else without a name, got texts and annotations as of "
            "version 2; make each by Example.from_dict(nlp.make_doc(text), annotations)"
        )
    if not isinstance(examples, Sequence) or not all(isinstance(example, Example) for example in examples):
        first = examples[0] if isinstance(examples, Sequence) and len(examples) else examples
        raise InputError(
            f"expected a list of examples, got {type(first).__name__}; make each by "
            "Example.from_dict(nlp.make_doc(text), annotations)"
        )


def _call_back(callback: Callable[[Any], Any] | None, pipeline: Any) -> None:
    if callback is not None:
        callback(pipeline)


def _parts(items: Iterator[Example], size: int) -> Iterator[list[Example]]:
    while part := list(islice(items, size)):
        yield part
