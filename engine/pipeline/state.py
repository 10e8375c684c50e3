# SPDX-License-Identifier: Apache-2.0
"""What a pipeline holds, which the files beside this one read and change."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any, ClassVar

from confection import Config
from thinc.api import Optimizer

from ..components import (
    Component,
    EmbeddingComponent,
    PhraseReadingComponent,
    TrainableComponent,
)
from ..components.on_documents import OnDocuments
from ..config.default_values import fill_config, fill_learning
from ..doc.batch import Batch
from ..errors import EngineError
from ..layers.listener import link
from ..tokenizers import BaseDefaults, Tokenizer, as_tokenizer, tokenizer_of
from ..vectors import VectorTable
from ..vocab.vocab import Vocab, vocab_of
from .errors import UnknownComponentError
from .own_steps import OwnStep, step_of, unwrapped
from .vectors_of_pipeline import as_vectors, nodes_with_vectors, reads_vectors

Steps = list[tuple[str, Any]]
ErrorHandler = Callable[[str, Any, list[Any], Exception], Any]
"""Takes a component's name, the component, the documents (or what should have become some) and the error."""

_FILLING = Lock()
"""Held while a config that was loaded gets the defaults of learning: of several threads one writes them."""


def raise_error(name: str, component: Any, docs: list[Any], error: Exception) -> None:
    """The error handler that hides nothing."""
    raise error


class DefaultConfig:
    """`default_config` of a class of pipelines and of its pipelines: what a config gets that says nothing."""

    def __get__(self, pipeline: Any, owner: Any) -> Config:
        """A new config."""
        return fill_config(Config({"nlp": {"lang": owner.lang}}))


class PipelineState:
    """A tokenizer, steps in order, and what is known of them. `steps` are what runs on a batch; `components`
    are what people gave."""

    lang: str = "xx"
    default_lang: ClassVar[str] = "xx"
    Defaults: Any = BaseDefaults
    default_config = DefaultConfig()
    steps: list[tuple[str, Component]]
    path: Path | None
    max_length: int
    fills_learning: bool = False
    """Whether the config is to have defaults of what only learning needs once somebody looks at it."""
    default_error_handler: ErrorHandler
    _tokenizer: Tokenizer | None
    _vocab: Vocab | None
    _meta: dict[str, Any]
    _config: Config | None
    _disabled: set[str]
    _digest: str | None
    _optimizer: Optimizer | None
    _sourced_vectors: dict[str, Any]
    _made_weights: dict[str, Any] | None = None

    @property
    def config(self) -> Config:
        """The whole config, kept in step with the components."""
        if self._config is None:
            self._config = fill_config(Config({"nlp": {"lang": self.lang}}))
        if self.fills_learning:
            with _FILLING:
                if self.fills_learning:  # no other thread was first
                    fill_learning(self._config)
                    self.fills_learning = False
        return self._config

    @config.setter
    def config(self, config: Config) -> None:
        self._config, self.fills_learning = config, False

    @property
    def tokenizer(self) -> Tokenizer:
        """What makes batches of texts; a function that makes a document of a text can be set, too."""
        assert self._tokenizer is not None, "it is made first; this is a bug in Freshet"
        return self._tokenizer

    @tokenizer.setter
    def tokenizer(self, tokenizer: Any) -> None:
        self._tokenizer = as_tokenizer(tokenizer, lambda: tokenizer_of(self.Defaults, self.lang, self._vocab))
        if self._vocab is not None:
            self._vocab.attach(self._tokenizer.lexemes)
        self._digest = None

    @property
    def vocab(self) -> Vocab:
        """Words and what is known of them without context."""
        if self._vocab is None:
            table = None if self._tokenizer is None else self._tokenizer.lexemes
            self._vocab = Vocab(lang=self.lang) if table is None else vocab_of(table)
            self._vocab.writing_system = dict(self.Defaults.writing_system)
            self._vocab.get_noun_chunks = self.Defaults.syntax_iterators.get("noun_chunks")
            self._vocab.watch_vectors(self)
        return self._vocab

    @property
    def components(self) -> Steps:
        """Names and components, disabled ones too, in order."""
        return [(name, unwrapped(step)) for name, step in self.steps]

    @components.setter
    def components(self, components: Steps) -> None:
        self.steps = [(name, step_of(name, component)) for name, component in components]

    @property
    def component_names(self) -> list[str]:
        """Names of all components, disabled ones too, in order."""
        return [name for name, _ in self.steps]

    @property
    def names(self) -> list[str]:
        """Names of the components that run, in order."""
        return [name for name, _ in self.steps if name not in self._disabled]

    @property
    def disabled(self) -> list[str]:
        """Names of the components that do not run, in order."""
        return [name for name, _ in self.steps if name in self._disabled]

    @property
    def labels(self) -> dict[str, list[str]]:
        """Labels of each trainable component."""
        return {
            name: list(c.labels)
            for name, c in self.components
            if isinstance(c, TrainableComponent) and c.labels
        }

    def running(self) -> list[tuple[str, Component]]:
        """Steps that are not disabled, in order."""
        return [(name, step) for name, step in self.steps if name not in self._disabled]

    def weights_changed(self) -> None:
        """Forget the digest, after weights were changed from outside."""
        self._digest = None

    def add_components(self, components: Sequence[tuple[str, Any]]) -> None:
        """Add components at the end, and tell listeners which embedding to read."""
        self.steps.extend((name, step_of(name, component)) for name, component in components)
        self._link()

    def step(self, name: str) -> Component:
        """A step by name. Raises: UnknownComponentError where there is none of that name."""
        for known, step in self.steps:
            if known == name:
                return step
        names = ", ".join(self.component_names) or "none"
        raise UnknownComponentError(f"expected the name of a component, got {name!r}; there are: {names}")

    @property
    def vectors(self) -> VectorTable | None:
        """The table of static vectors, None where it is empty."""
        held = self._vocab.vectors if self._vocab is not None and self._vocab.has_vectors else None
        return getattr(held, "table", held)

    def use_vectors(self, table: VectorTable | None) -> None:
        """Give the vocabulary, and with it every layer of static vectors, a table, if there is one."""
        if table is None:
            return
        self.vocab.watch_vectors(self)
        self.vocab.vectors = as_vectors(table, self.vocab)
        self.tokenizer.use_vectors(table.has)
        self._give_vectors()

    def vectors_changed(self) -> None:
        """Forget what was computed from vectors that are others now."""
        for _, component in self.components:
            if isinstance(component, TrainableComponent) and reads_vectors(component):
                component.weights_changed()
        self._digest = None

    def _give_vectors(self) -> None:
        """Show the table to layers that have to be made before there is a text."""
        if self._vocab is not None and self._vocab.has_vectors:
            for _, component in self.components:
                _give_vectors(component, self._vocab.vectors)

    def _arranged(self) -> None:
        """Bring config, listeners and digest in step with the components that are there now."""
        self.config["nlp"].update(pipeline=self.component_names, disabled=self.disabled)
        self._link(strict=False)
        self._digest = None

    def _link(self, *, strict: bool = True) -> None:
        """Tell every component what it reads. Raises: EngineError where an embedding is missing and that is
        not to come later (`strict`)."""
        embeddings: list[str] = []
        for name, step in self.steps:
            component = unwrapped(step)
            if isinstance(component, OnDocuments):
                component.ask_vocab(lambda: self.vocab)
            if isinstance(component, TrainableComponent):
                for read in _link_model(component, embeddings, strict):
                    note = getattr(unwrapped(self.step(read)), "find_listeners", None)
                    if note is not None:
                        note(component)
                if self._vocab is not None and self._vocab.has_vectors:
                    _give_vectors(component, self._vocab.vectors)
            if isinstance(component, EmbeddingComponent):
                component.listener_map.clear()
                embeddings.append(name)
            if isinstance(step, OwnStep):
                step.nlp = self
            elif isinstance(component, PhraseReadingComponent):
                component.read_phrases_with(partial(self._read_phrases, name))

    def _read_phrases(self, name: str, texts: Sequence[str], annotated: bool) -> Batch:
        """Texts as a batch; `annotated` by the components that run before the one of that name."""
        batch = self.tokenizer.tokenize(texts)
        for before, step in self.running() if annotated else []:
            if before == name:
                break
            step.predict(batch)
        return batch


def _link_model(component: TrainableComponent, embeddings: list[str], strict: bool) -> list[str]:
    """The embeddings that a component reads."""
    try:
        return link(component.model, embeddings)
    except EngineError:
        if strict:
            raise
        return []


def _give_vectors(component: Any, table: VectorTable) -> None:
    for node in nodes_with_vectors(component):
        node.attrs["table"] = table
