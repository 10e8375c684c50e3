# SPDX-License-Identifier: Apache-2.0
"""The pipeline: a tokenizer and components in order, for predicting, learning and scoring."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, Literal, overload

from confection import Config
from thinc.api import Optimizer, fix_random_seed

from ..components import (
    Component,
    EmbeddingComponent,
    InitializedComponent,
    PhraseReadingComponent,
    TrainableComponent,
)
from ..config.config import ConfigError
from ..config.resolver import resolve
from ..cores import n_cores
from ..doc.batch import Batch
from ..doc.doc import Doc
from ..doc.example import Example
from ..doc.example_batch import ExampleCache, batch_of
from ..errors import EngineError
from ..file_digests import digest_of
from ..kernels import one_library_thread
from ..layers import STATIC_VECTORS
from ..layers.listener import link
from ..scoring.scorer import score_tokenization
from ..tokenizers import Tokenizer
from ..vectors import VectorTable
from .save import pipeline_files, save
from .saved_files import read_meta, read_vectors
from .slices import map_ahead, slices

SAMPLE_TEXT = "A sample text, from which layers learn their shapes."
N_SAMPLE = 10

Losses = dict[str, float]
Scores = dict[str, Any]


class Pipeline:
    """Ordered components on one tokenizer. Predicting is safe from several threads at once; learning is not.

    >>> from engine import blank
    >>> [token.text for token in blank("en")("Rain, again.")]
    ['Rain', ',', 'again', '.']
    """

    def __init__(
        self,
        lang: str,
        tokenizer: Tokenizer,
        config: Config,
        components: Sequence[tuple[str, Component]] = (),
        meta: Mapping[str, Any] | None = None,
        disabled: Iterable[str] = (),
    ) -> None:
        self.lang = lang
        self.tokenizer = tokenizer
        self.config = config
        self.components: list[tuple[str, Component]] = list(components)
        self.meta: dict[str, Any] = dict(meta or {})
        self.disabled = set(disabled)
        self.vectors: VectorTable | None = None
        self._digest: str | None = self.meta.get("digest")
        self._link()

    # --- reading

    @property
    def names(self) -> list[str]:
        """Names of the components that run, in order."""
        return [name for name, _ in self.components if name not in self.disabled]

    @property
    def labels(self) -> dict[str, list[str]]:
        """Labels of each trainable component."""
        return {
            name: list(c.labels)
            for name, c in self.components
            if isinstance(c, TrainableComponent) and c.labels
        }

    @property
    def version(self) -> str:
        """Version that the model's author gave."""
        return str(self.meta.get("version", "0.0.0"))

    @property
    def digest(self) -> str:
        """sha256 over config, tokenizer rules, labels and weights: two pipelines with one digest annotate
        alike."""
        if self._digest is None:
            self._digest = digest_of(pipeline_files(self))
        return self._digest

    def add_components(self, components: Iterable[tuple[str, Component]]) -> None:
        """Add components at the end, and tell listeners which embedding to read."""
        self.components.extend(components)
        self._link()

    def component(self, name: str) -> Component:
        """A component by name. Raises: EngineError where there is none of that name."""
        for known, component in self.components:
            if known == name:
                return component
        names = ", ".join(known for known, _ in self.components) or "none"
        raise EngineError(f"expected the name of a component, got {name!r}; there are: {names}")

    # --- predicting

    def __call__(self, text: str) -> Doc:
        """Annotate one text."""
        return Doc(self.predict([text]), 0)

    def predict(self, texts: Sequence[str]) -> Batch:
        """Annotate texts as one batch, on the calling thread."""
        return self.predict_batch(self.tokenizer.tokenize(texts))

    def predict_batch(self, batch: Batch) -> Batch:
        """Annotate a tokenized batch in place."""
        with one_library_thread():
            for _, component in self.running():
                component.predict(batch)
        return batch

    @overload
    def pipe(
        self,
        texts: Iterable[str],
        *,
        as_tuples: Literal[False] = False,
        batch_size: int | None = None,
        n_threads: int | None = None,
    ) -> Iterator[Doc]:
        """Documents of texts."""

    @overload
    def pipe(
        self,
        texts: Iterable[tuple[str, Any]],
        *,
        as_tuples: Literal[True],
        batch_size: int | None = None,
        n_threads: int | None = None,
    ) -> Iterator[tuple[Doc, Any]]:
        """Documents with contexts."""

    def pipe(
        self,
        texts: Iterable[Any],
        *,
        as_tuples: bool = False,
        batch_size: int | None = None,
        n_threads: int | None = None,
    ) -> Iterator[Any]:
        """Annotate a stream of texts, in order; with `as_tuples`, of `(text, context)` pairs.

        `batch_size`: texts in a slice at most (default: the config's). `n_threads`: slices at a time
        (default: one a core).
        """
        size = batch_size or int(self.config.get("nlp", {}).get("batch_size") or 1000)
        threads = n_threads or n_cores()

        def predict(items: list[Any]) -> Batch:
            return self.predict([item[0] for item in items] if as_tuples else items)

        with one_library_thread():
            for items, batch in map_ahead(predict, slices(texts, size, as_tuples), threads):
                for index, item in enumerate(items):
                    yield (Doc(batch, index), item[1]) if as_tuples else Doc(batch, index)

    def running(self) -> list[tuple[str, Component]]:
        """Components that are not disabled, in order."""
        return [(name, component) for name, component in self.components if name not in self.disabled]

    # --- learning

    def initialize(self, get_examples: Callable[[], Iterable[Example]] | None = None) -> None:
        """Find labels and shapes in the examples and draw all weights that are not there yet, by the config's
        seed.

        Components that have weights already (sourced ones) keep them. Settings come from `[initialize]`.
        """
        settings = resolve(self.config, "initialize") if "initialize" in self.config else {}
        seed = resolve(self.config, "system").get("seed") if "system" in self.config else None
        if seed is not None:
            fix_random_seed(seed)
        _refuse_unknown(settings)
        if settings.get("vectors") is not None:
            folder = Path(settings["vectors"])
            self.use_vectors(read_vectors(folder, read_meta(folder)))
        _call_back(settings.get("before_init"), self)
        cache = ExampleCache(get_examples or (lambda: ()))
        first = list(islice(cache.examples(), N_SAMPLE))
        sample = batch_of(first, self.tokenizer) if first else self.tokenizer.tokenize([SAMPLE_TEXT])
        for name, component in self.components:
            self._initialize(component, cache, sample, settings.get("components", {}).get(name, {}))
        _call_back(settings.get("after_init"), self)
        self._digest = None

    def _initialize(
        self, component: Component, cache: ExampleCache, sample: Batch, settings: Mapping[str, Any]
    ) -> None:
        if isinstance(component, TrainableComponent) and not component.is_initialized:
            component.initialize(cache.examples, sample, **settings)  # type: ignore[attr-defined]
        elif isinstance(component, InitializedComponent) and not isinstance(component, TrainableComponent):
            component.initialize(cache.examples, sample, **settings)
        if isinstance(component, EmbeddingComponent):
            component.predict(sample)

    def update(
        self,
        examples: Sequence[Example],
        *,
        dropout: float = 0.0,
        optimizer: Optimizer | None = None,
        losses: Losses | None = None,
        exclude: Iterable[str] = (),
        annotates: Iterable[str] = (),
    ) -> Losses:
        """Learn from one batch; without `optimizer` the gradients are only added up.

        Components in `exclude` do not change; those in `annotates` annotate the batch for the components
        after them.
        """
        losses = {} if losses is None else losses
        frozen, annotating = set(exclude), set(annotates)
        batch = batch_of(examples, self.tokenizer)
        backward: list[Callable[[Losses], None]] = []
        with one_library_thread():
            for name, component in self.running() if batch.n_tokens else []:
                if isinstance(component, EmbeddingComponent) and name not in frozen:
                    backward.append(component.forward(batch, dropout=dropout))
                elif isinstance(component, EmbeddingComponent):
                    component.predict(batch)
                elif isinstance(component, TrainableComponent) and name not in frozen:
                    component.update(batch, examples, dropout=dropout, losses=losses)  # type: ignore[attr-defined]
                if name in annotating and not isinstance(component, EmbeddingComponent):
                    component.predict(batch)
            for step in reversed(backward):
                step(losses)
        if optimizer is not None:
            self.finish_update(optimizer, frozen)
        return losses

    def finish_update(self, optimizer: Optimizer, exclude: Iterable[str] = ()) -> None:
        """Change the weights by the gradients added up so far."""
        frozen = set(exclude)
        for name, component in self.running():
            if isinstance(component, TrainableComponent) and name not in frozen:
                component.finish_update(optimizer)
        self._digest = None

    def weights_changed(self) -> None:
        """Forget the digest, after weights were changed from outside."""
        self._digest = None

    @contextmanager
    def use_averages(self, optimizer: Optimizer) -> Iterator[None]:
        """Run with the optimizer's averaged weights, if it keeps them."""
        with ExitStack() as stack:
            for _, component in self.components if optimizer.averages else []:
                if isinstance(component, TrainableComponent):
                    stack.enter_context(component.use_params(optimizer.averages))
            yield

    def evaluate(self, examples: Iterable[Example]) -> Scores:
        """Annotate the examples' texts anew and score them."""
        annotated = [example for part in _parts(iter(examples), 64) for example in self._annotate(part)]
        scores: Scores = dict(score_tokenization(annotated))
        for _, component in self.running():
            scores.update(component.score(annotated))
        return scores

    def _annotate(self, examples: list[Example]) -> list[Example]:
        batch = self.predict_batch(batch_of(examples, self.tokenizer))
        return [Example(Doc(batch, i), example.reference) for i, example in enumerate(examples)]

    # --- keeping

    def to_disk(self, path: str | Path, half: bool = False) -> None:
        """Write the pipeline to a directory; `half` stores weights as 16-bit floats."""
        save(self, Path(path), half=half)

    def use_vectors(self, table: VectorTable | None) -> None:
        """Give every static-vectors layer its table, if there is one."""
        if table is None:
            return
        self.vectors = table
        self.tokenizer.use_vectors(table.has)
        for _, component in self.components:
            for node in component.model.walk() if isinstance(component, TrainableComponent) else []:
                if node.name == STATIC_VECTORS:
                    node.attrs["table"] = table

    def _link(self) -> None:
        embeddings: list[str] = []
        for name, component in self.components:
            if isinstance(component, TrainableComponent):
                link(component.model, embeddings)
            if isinstance(component, EmbeddingComponent):
                embeddings.append(name)
            if isinstance(component, PhraseReadingComponent):
                component.read_phrases_with(partial(self._read_phrases, name))

    def _read_phrases(self, name: str, texts: Sequence[str], annotated: bool) -> Batch:
        """Texts as a batch; `annotated` by the components that run before the one of that name."""
        batch = self.tokenizer.tokenize(texts)
        for before, component in self.running() if annotated else []:
            if before == name:
                break
            component.predict(batch)
        return batch


def _refuse_unknown(settings: Mapping[str, Any]) -> None:
    """Raises: ConfigError for settings of `[initialize]` that this version does not follow, rather than
    passing over them."""
    for key in ("init_tok2vec", "vocab_data", "lookups"):
        if settings.get(key) is not None:
            raise ConfigError(
                ("initialize", key), f"expected null, got {settings[key]!r}; this version does not read it"
            )


def _call_back(callback: Callable[[Pipeline], Any] | None, pipeline: Pipeline) -> None:
    if callback is not None:
        callback(pipeline)


def _parts(items: Iterator[Example], size: int) -> Iterator[list[Example]]:
    while part := list(islice(items, size)):
        yield part
