# SPDX-License-Identifier: Apache-2.0
"""How a pipeline annotates: a text, a batch, a stream."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Literal, overload

from ..cores import n_cores
from ..doc.batch import Batch
from ..doc.doc import Doc
from ..jit.library_pages import library_pages
from ..kernels import one_library_thread
from ..lazy_torch import Later
from ..regexes import PatternTimeoutError
from .inputs import batch_of_items, doc_of_item, expect_text
from .own_steps import OwnStep, unwrapped
from .slices import map_ahead, slices
from .state import ErrorHandler, PipelineState, raise_error

Settings = Mapping[str, Mapping[str, Any]]
"""Arguments of single components, by their names."""

processes = Later("engine.pipeline.processes")
"""Imported when somebody wants several."""

TOKENIZER = "tokenizer"
"""The name under which an error handler hears of what cannot be tokenized."""


class Prediction(PipelineState):
    """Annotating. It is safe from several threads at once; components of somebody's own take turns."""

    def __call__(
        self, text: str | Doc, *, disable: Iterable[str] = (), component_cfg: Settings | None = None
    ) -> Doc:
        """Annotate one text, or a document. Raises: InputError where it is neither."""
        if type(text) is str and len(text) <= self.max_length and not disable and component_cfg is None:
            return Doc(self.predict([text]), 0)  # the one that people wait for
        batch = batch_of_items([text], self.tokenizer, self.max_length)
        with one_library_thread():
            self._run(batch, disable, component_cfg)
        return doc_of_item(text, batch, 0)

    def make_doc(self, text: str) -> Doc:
        """A text as a document that is only tokenized. Raises: InputError where it is no text."""
        return self.tokenizer(expect_text(text, self.max_length))

    def predict(self, texts: Sequence[str]) -> Batch:
        """Annotate texts as one batch, on the calling thread."""
        return self.predict_batch(self.tokenizer.tokenize(texts))

    def predict_batch(self, batch: Batch) -> Batch:
        """Annotate a tokenized batch in place."""
        with one_library_thread():
            self._run(batch, (), None)
        return batch

    def _run(self, batch: Batch, disable: Iterable[str], settings: Settings | None) -> None:
        library_pages.give_back()
        left_out = set([disable] if isinstance(disable, str) else disable)
        name = ""
        try:
            for name, step in self.running():
                if name not in left_out:
                    own = (settings or {}).get(name, {})
                    step.predict(batch, **own) if isinstance(step, OwnStep) else step.predict(batch)
        except PatternTimeoutError as error:
            raise error.of_component(name) from None

    @overload
    def pipe(
        self,
        texts: Iterable[str | Doc],
        *,
        as_tuples: Literal[False] = False,
        batch_size: int | None = None,
        disable: Iterable[str] = (),
        component_cfg: Settings | None = None,
        n_process: int = 1,
        n_threads: int | None = None,
    ) -> Iterator[Doc]:
        """Documents of texts."""

    @overload
    def pipe(
        self,
        texts: Iterable[tuple[str | Doc, Any]],
        *,
        as_tuples: Literal[True],
        batch_size: int | None = None,
        disable: Iterable[str] = (),
        component_cfg: Settings | None = None,
        n_process: int = 1,
        n_threads: int | None = None,
    ) -> Iterator[tuple[Doc, Any]]:
        """Documents with contexts."""

    def pipe(
        self,
        texts: Iterable[Any],
        *,
        as_tuples: bool = False,
        batch_size: int | None = None,
        disable: Iterable[str] = (),
        component_cfg: Settings | None = None,
        n_process: int = 1,
        n_threads: int | None = None,
    ) -> Iterator[Any]:
        """Annotate a stream of texts or documents, in order; with `as_tuples`, of `(text, context)` pairs.

        `batch_size`: texts in a slice at most (default: the config's). `n_threads`: slices at a time
        (default: one a core; one where components of somebody's own run). `n_process`: processes, all cores
        for -1. What fails raises, unless an error handler was set: then it hears of it, and the stream goes
        on.
        """
        size = batch_size or self.batch_size
        left_out = [disable] if isinstance(disable, str) else list(disable)
        if n_process != 1:
            yield from processes.pipe_in_processes(
                self, texts, n_process, size, as_tuples=as_tuples, disable=left_out
            )
            return
        stream = _Stream(self, as_tuples, left_out, component_cfg)
        one_by_one = any(isinstance(step, OwnStep) for _, step in self.running())
        threads = n_threads or (1 if one_by_one else n_cores())
        with one_library_thread():
            for items, batch in map_ahead(stream.annotate, slices(texts, size, as_tuples), threads):
                if isinstance(batch, list):
                    yield from batch
                    continue
                sources = [item[0] for item in items] if as_tuples else items
                for index, item in enumerate(sources):
                    doc = Doc(batch, index) if type(item) is str else doc_of_item(item, batch, index)
                    yield (doc, items[index][1]) if as_tuples else doc

    @property
    def batch_size(self) -> int:
        """Texts in a slice of `pipe` at most."""
        config = self.config if self._config is None else self._config
        return int(config.get("nlp", {}).get("batch_size") or 1000)

    @batch_size.setter
    def batch_size(self, size: int) -> None:
        self.config["nlp"]["batch_size"] = int(size)

    def set_error_handler(self, error_handler: ErrorHandler) -> None:
        """What is called, with a component's name, the component, the documents and the error, where `pipe`
        cannot annotate; documents that it does not raise for are left out."""
        self.default_error_handler = error_handler
        for _, component in self.components:
            if hasattr(component, "set_error_handler"):
                component.set_error_handler(error_handler)

    @contextmanager
    def memory_zone(self, mem: Any = None) -> Iterator[Any]:
        """A block at whose end documents made in it are no longer needed; nothing is to be freed by hand
        here, for the table of words is bounded."""
        yield mem


class _Stream:
    """One call of `pipe`: how a slice of it is annotated."""

    def __init__(
        self, nlp: Prediction, as_tuples: bool, left_out: Sequence[str], settings: Settings | None
    ) -> None:
        self.nlp, self.as_tuples = nlp, as_tuples
        self.left_out, self.settings = left_out, settings

    def annotate(self, items: list[Any]) -> Batch | list[Any]:
        """The slice's batch, or its documents one by one where an error handler had to be asked."""
        texts = [item[0] for item in items] if self.as_tuples else items
        if self.nlp.default_error_handler is raise_error:
            return self._together(texts)
        try:
            return self._together(texts)
        except Exception:
            return list(self._alone(items))

    def _together(self, texts: list[Any]) -> Batch:
        batch = batch_of_items(texts, self.nlp.tokenizer, self.nlp.max_length)
        self.nlp._run(batch, self.left_out, self.settings)
        return batch

    def _alone(self, items: list[Any]) -> Iterator[Any]:
        for item in items:
            doc = self._one(item[0] if self.as_tuples else item)
            if doc is not None:
                yield (doc, item[1]) if self.as_tuples else doc

    def _one(self, text: Any) -> Doc | None:
        """One document; None where something failed and the error handler did not raise."""
        nlp = self.nlp
        try:
            batch = batch_of_items([text], nlp.tokenizer, nlp.max_length)
        except Exception as error:
            nlp.default_error_handler(TOKENIZER, nlp.tokenizer, [text], error)
            return None
        for name, step in nlp.running():
            if name in self.left_out:
                continue
            own = (self.settings or {}).get(name, {}) if isinstance(step, OwnStep) else {}
            try:
                step.predict(batch, **own)
            except Exception as error:
                nlp.default_error_handler(name, unwrapped(step), [Doc(batch, 0)], error)
                return None
        return doc_of_item(text, batch, 0)
