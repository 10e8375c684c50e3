# SPDX-License-Identifier: Apache-2.0
"""What components offer to people who hold documents and examples, beside what a pipeline asks of them.

A pipeline runs a component on batches: `predict(batch)`, `update(batch, examples, dropout=, losses=)`,
`initialize(get_examples, sample)`. The documented methods have the same names and take documents: each method
that takes a batch takes them, too, once a class derives from `OnDocuments`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import wraps
from itertools import islice
from pathlib import Path
from typing import Any

import msgpack

from ..doc.batch import Batch
from ..doc.doc import Doc
from ..doc.example import Example
from ..doc.gather import gather
from ..errors import ComponentError, ExamplesError, ModelFileError
from ..safe_files import read_file
from .constructors import ByVocab

N_SAMPLE = 10
"""Examples from which a model learns its shapes."""

SAMPLE_TEXT = "A sample text, from which layers learn their shapes."

ErrorHandler = Callable[[str, Any, list[Doc], Exception], Any]


@dataclass(frozen=True, slots=True, eq=False)
class Predictions:
    """What a component says of documents that were handed to it, for its `set_annotations`."""

    batch: Batch

    def __len__(self) -> int:
        """Number of documents."""
        return self.batch.n_docs

    def __getitem__(self, index: int) -> Doc:
        """A document with the annotations."""
        return Doc(self.batch, range(len(self))[index])


class OnDocuments(metaclass=ByVocab):
    """A component that can be called with documents; `documented`: what its class takes by position where it
    is called as documented."""

    documented: tuple[str, ...] = ("vocab", "model", "name")

    name: str
    is_trainable = False
    hide_labels = False
    keeps_what_was = False
    """Whether what `predict(docs)` gives holds the documents as they were before, too."""
    _vocab: Any = None
    _ask_vocab: Callable[[], Any] | None = None

    def __init_subclass__(cls, **options: Any) -> None:
        """Let the methods of a class that take a batch take documents, too."""
        super().__init_subclass__(**options)
        for name, (parameter, wrap) in ALSO.items():
            method = cls.__dict__.get(name)
            if inspect.isfunction(method) and parameter in inspect.signature(method).parameters:
                setattr(cls, name, wrap(method))

    @property
    def vocab(self) -> Any:
        """The vocabulary of the pipeline; None where the component is in none."""
        if self._vocab is None and self._ask_vocab is not None:
            return self._ask_vocab()
        return self._vocab

    @vocab.setter
    def vocab(self, vocab: Any) -> None:
        self._vocab = vocab

    def ask_vocab(self, ask: Callable[[], Any]) -> None:
        """Take what gives the vocabulary of the pipeline, which is made when it is asked for."""
        self._ask_vocab = ask

    def __call__(self, doc: Doc) -> Doc:
        """Annotate one document in place."""
        _expect_documents([doc])
        if doc.batch.n_docs == 1:
            self.predict(doc.batch)  # type: ignore[attr-defined]  # a component has it
            _read_again(doc)
        else:
            self.set_annotations([doc], self.predict([doc]))  # type: ignore[attr-defined]
        return doc

    def pipe(self, stream: Iterable[Doc], *, batch_size: int = 128) -> Iterator[Doc]:
        """Annotate a stream of documents in place; a part that fails goes to the error handler."""
        documents = iter(stream)
        while docs := list(islice(documents, batch_size)):
            try:
                self.set_annotations(docs, self.predict(docs))  # type: ignore[attr-defined]
            except Exception as error:
                self.get_error_handler()(self.name, self, docs, error)
            else:
                yield from docs

    def set_annotations(self, docs: Sequence[Doc], scores: Any) -> None:
        """Write what `predict` gave onto the documents. Raises: EngineError where it is something else."""
        if not isinstance(scores, Predictions) or len(scores) != len(docs):
            raise ComponentError(
                f"expected what {self.name}.predict(docs) gave for these documents, got "
                f"{type(scores).__name__}"
            )
        for index, doc in enumerate(docs):
            _write(doc, scores.batch, index)

    def predicted(self, batch: Batch) -> Any:
        """What `predict(docs)` gives, of the annotated batch."""
        return Predictions(batch)

    def set_error_handler(self, error_handler: ErrorHandler) -> None:
        """What is called where documents fail."""
        self._error_handler = error_handler

    def get_error_handler(self) -> ErrorHandler:
        """What is called where documents fail: one that raises, unless another was set."""
        return getattr(self, "_error_handler", _raise)

    # --- keeping

    def kept(self) -> Mapping[str, bytes]:
        """Name and content of the files that hold all that must be kept."""
        files = getattr(self, "files", None)
        return dict(files()) if files is not None else {}

    def take_kept(self, files: Mapping[str, bytes]) -> None:
        """Take over what `kept` gave."""
        if files and hasattr(self, "load_files"):
            self.load_files(files)

    def to_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> None:
        """Write what must be kept to a folder."""
        folder = Path(path)
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in self.kept().items():
            (folder / name).write_bytes(data)

    def from_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> Any:
        """Take over what `to_disk` wrote. Raises: ModelFileError."""
        folder = Path(path)
        if not folder.is_dir():
            raise ModelFileError(f"{folder}: expected the folder of a component, which to_disk wrote")
        files = {file.name: read_file(file) for file in sorted(folder.iterdir()) if file.is_file()}
        self.take_kept(files)
        return self

    def to_bytes(self, *, exclude: Iterable[str] = ()) -> bytes:
        """What must be kept as bytes."""
        packed: bytes = msgpack.packb(dict(self.kept()))
        return packed

    def from_bytes(self, bytes_data: bytes, *, exclude: Iterable[str] = ()) -> Any:
        """Take over what `to_bytes` gave. Raises: ModelFileError where it is something else."""
        try:
            files = {str(name): bytes(data) for name, data in msgpack.unpackb(bytes_data).items()}
        except (ValueError, TypeError, AttributeError, msgpack.UnpackException) as error:
            what = f"expected what {self.name}.to_bytes gave, got {type(error).__name__}: {error}"
            raise ModelFileError(what) from None
        self.take_kept(files)
        return self


def batch_of_docs(docs: Batch | Sequence[Doc]) -> Batch:
    """Documents as one batch, with all that is known of them; a batch as it is."""
    return docs if isinstance(docs, Batch) else gather([(doc.batch, doc.index) for doc in docs])


def batch_of_examples(examples: Sequence[Example]) -> Batch:
    """The predicted sides as one batch, with all that is known of them."""
    return gather([(example.predicted.batch, example.predicted.index) for example in examples])


def _predict(method: Callable[..., Any]) -> Callable[..., Any]:
    """`predict(batch)` annotates it; `predict(docs)` leaves the documents as they are and gives what
    `set_annotations` takes."""

    @wraps(method)
    def predict(self: Any, batch: Any = None, *args: Any, **settings: Any) -> Any:
        batch = settings.pop("docs", None) if batch is None else batch
        if isinstance(batch, Batch):
            return method(self, batch, *args, **settings)
        docs = list(batch)
        _expect_documents(docs)
        if not docs:
            return []
        copy = gather([(doc.batch, doc.index) for doc in docs])
        before = gather([(doc.batch, doc.index) for doc in docs]) if self.keeps_what_was else None
        method(self, copy, *args, **settings)
        return self.predicted(copy) if before is None else self.predicted_of(copy, before)

    return predict


def _update(method: Callable[..., Any]) -> Callable[..., Any]:
    """`update(batch, examples, dropout=, losses=)` collects gradients; so does `update(examples, drop=,
    losses=)`, which with `sgd` changes the weights by them, and gives the losses."""

    @wraps(method)
    def update(self: Any, first: Any = None, *args: Any, **settings: Any) -> Any:
        first = settings.pop("examples", ()) if first is None else first
        if isinstance(first, Batch):
            return method(self, first, *args, **settings)
        examples = list(first)
        _expect_examples(examples)
        losses = settings.pop("losses", None)
        losses = {} if losses is None else losses
        losses.setdefault(self.name, 0.0)
        drop, sgd = settings.pop("drop", 0.0), settings.pop("sgd", None)
        if any(len(example.predicted) for example in examples):
            method(self, batch_of_examples(examples), examples, dropout=drop, losses=losses, **settings)
            if sgd is not None:
                self.finish_update(sgd)
        return losses

    return update


def _initialize(method: Callable[..., Any]) -> Callable[..., Any]:
    """`initialize(get_examples, sample)` learns shapes from a batch; `initialize(get_examples, nlp=)` from
    the first examples."""

    @wraps(method)
    def initialize(self: Any, get_examples: Any = None, *args: Any, **settings: Any) -> Any:
        if get_examples is None and getattr(self, "model", None) is None:
            settings.pop("nlp", None)
            return method(self, tuple, None, *args, **settings)  # rules and tables ask for no example
        if args or "sample" in settings:
            return method(self, get_examples, *args, **_with_added(self, get_examples, settings))
        if not callable(get_examples):
            raise ExamplesError(
                f"expected a function that gives examples, got {type(get_examples).__name__}; write "
                "initialize(lambda: examples)"
            )
        nlp = settings.pop("nlp", None)
        first = list(islice(get_examples(), N_SAMPLE))
        _expect_examples(first)
        if first:
            sample = batch_of_examples(first)
        elif nlp is not None:
            sample = nlp.tokenizer.tokenize([SAMPLE_TEXT])
        else:
            raise ExamplesError(f"expected examples to initialize {self.name!r}, or nlp, got neither")
        method(self, get_examples, sample, **_with_added(self, get_examples, settings))
        self.is_prepared = True

    return initialize


def _with_added(component: Any, get_examples: Any, settings: Mapping[str, Any]) -> Mapping[str, Any]:
    """Settings, with the labels that were added by `add_label` before."""
    if not getattr(component, "added_labels", ()):
        return settings
    found: Mapping[str, Any] = component.with_added_labels(get_examples, settings)
    return found


ALSO: Mapping[str, tuple[str, Callable[[Callable[..., Any]], Callable[..., Any]]]] = {
    "predict": ("batch", _predict),
    "update": ("batch", _update),
    "initialize": ("sample", _initialize),
}
"""Method -> the parameter by which one that takes a batch is known, and what lets it take documents."""


def _write(doc: Doc, batch: Batch, index: int) -> None:
    """Give a document, in its own batch, what is known of another one."""
    own = doc.batch
    parts = [(own, i) if i != doc.index else (batch, index) for i in range(own.n_docs)]
    whole = gather(parts)
    for each in fields(Batch):
        if each.name not in ("grads", "surprises"):
            setattr(own, each.name, getattr(whole, each.name))
    _read_again(doc)


def _read_again(doc: Doc) -> None:
    doc.refresh()
    doc._take(doc.batch, doc.index)


def _raise(name: str, component: Any, docs: list[Doc], error: Exception) -> None:
    raise error


def _expect_documents(docs: Sequence[Any]) -> None:
    for doc in docs:
        if not isinstance(doc, Doc):
            raise ComponentError(
                f"expected documents, got {type(doc).__name__}; make one by nlp.make_doc(text) or nlp(text)"
            )


def _expect_examples(examples: Sequence[Any]) -> None:
    for example in examples:
        if not isinstance(example, Example):
            raise ExamplesError(
                f"expected examples, got {type(example).__name__}; make each by "
                "Example.from_dict(nlp.make_doc(text), annotations)"
            )
