# SPDX-License-Identifier: Apache-2.0
"""Base classes for components of one's own, written against documents."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from thinc.api import Model, Optimizer, set_dropout_rate

from ..config.registry import registry
from ..doc.doc import Doc
from ..doc.example import Example
from ..errors import ComponentError
from ..safe_files import read_file
from .component import GetExamples, Losses, Scores, TrainableComponent
from .state_files import files_of_state, state_of_files

N_SAMPLE = 10
"""Documents from which a model learns its shapes."""

ErrorHandler = Callable[[str, Any, list[Doc], Exception], Any]


def raise_error(name: str, component: Any, docs: list[Doc], error: Exception) -> None:
    """The error handler that hides nothing."""
    raise error


class Pipe:
    """A component that takes a document and gives it back: override `__call__`."""

    name = "pipe"
    scorer: Any = None
    labels: tuple[str, ...] = ()
    hide_labels = False
    is_trainable: bool = False

    def __call__(self, doc: Doc) -> Doc:
        """Annotate one document."""
        raise NotImplementedError(f"expected {type(self).__name__} to have a method `__call__(doc)`")

    def pipe(self, stream: Iterable[Doc], *, batch_size: int = 128) -> Iterator[Doc]:
        """Annotate a stream of documents; what fails goes to the error handler."""
        for doc in stream:
            try:
                yield self(doc)
            except Exception as error:
                self.get_error_handler()(self.name, self, [doc], error)

    def initialize(self, get_examples: GetExamples, *, nlp: Any = None) -> None:
        """Nothing to find."""

    def score(self, examples: Iterable[Example], **settings: Any) -> Scores:
        """Scores by the scorer, if there is one."""
        return {} if self.scorer is None else dict(self.scorer(examples, **settings))

    @property
    def label_data(self) -> Any:
        """What `initialize` takes as `labels`."""
        return None

    def set_error_handler(self, error_handler: ErrorHandler) -> None:
        """What is called where documents fail."""
        self._error_handler = error_handler

    def get_error_handler(self) -> ErrorHandler:
        """What is called where documents fail: one that raises, unless another was set."""
        return getattr(self, "_error_handler", raise_error)


class TrainablePipe(TrainableComponent, Pipe):
    """A component around one Thinc model that reads documents: override `predict`, `set_annotations`,
    `get_loss`, `initialize`."""

    vocab: Any = None
    labels: tuple[str, ...] = ()
    scorer: Any = None
    compiled: Any = None
    precision, device = "auto", "cpu"
    is_trainable = True

    def __init__(self, vocab: Any, model: Model[Any, Any], name: str, **cfg: Any) -> None:
        self.vocab = vocab
        self.model = model
        self.name = name
        self.cfg = dict(cfg)

    @property
    def cfg(self) -> dict[str, Any]:
        """Its settings."""
        settings: dict[str, Any] = self.__dict__.setdefault("cfg", {})
        return settings

    @cfg.setter
    def cfg(self, settings: dict[str, Any]) -> None:
        self.__dict__["cfg"] = settings

    def __call__(self, doc: Doc) -> Doc:
        """Annotate one document."""
        try:
            self.set_annotations([doc], self.predict([doc]))
        except Exception as error:
            self.get_error_handler()(self.name, self, [doc], error)
        return doc

    def pipe(self, stream: Iterable[Doc], *, batch_size: int = 128) -> Iterator[Doc]:
        """Annotate a stream of documents, `batch_size` at a time."""
        documents = iter(stream)
        while docs := list(islice(documents, batch_size)):
            try:
                self.set_annotations(docs, self.predict(docs))
            except Exception as error:
                self.get_error_handler()(self.name, self, docs, error)
            yield from docs

    def predict(self, docs: Sequence[Doc]) -> Any:
        """What the model says of the documents."""
        return self.model.predict(docs)

    def set_annotations(self, docs: Iterable[Doc], scores: Any) -> None:
        """Write what was predicted onto the documents."""
        raise NotImplementedError(
            f"expected {type(self).__name__} to have a method `set_annotations(docs, scores)`"
        )

    def get_loss(self, examples: Sequence[Example], scores: Any) -> tuple[Any, Any]:
        """The loss and its gradient with respect to the scores."""
        raise NotImplementedError(f"expected {type(self).__name__} to have a method `get_loss`")

    def initialize(self, get_examples: GetExamples, *, nlp: Any = None, **settings: Any) -> None:
        """Draw the weights, by the shapes of the first documents."""
        docs = [example.reference for example in islice(get_examples(), N_SAMPLE)]
        self.model.initialize(X=docs or None)

    def update(
        self,
        examples: Sequence[Example],
        *,
        drop: float = 0.0,
        sgd: Optimizer | None = None,
        losses: Losses | None = None,
    ) -> Losses:
        """Collect the gradients of one batch; with `sgd`, change the weights."""
        losses = {} if losses is None else losses
        losses.setdefault(self.name, 0.0)
        if not any(len(example.predicted) for example in examples):
            return losses
        set_dropout_rate(self.model, drop)
        scores, backprop = self.model.begin_update([example.predicted for example in examples])
        loss, d_scores = self.get_loss(examples, scores)
        backprop(d_scores)
        if sgd is not None:
            self.finish_update(sgd)
        losses[self.name] += float(loss)
        return losses

    def rehearse(
        self,
        examples: Sequence[Example],
        *,
        sgd: Optimizer | None = None,
        losses: Losses | None = None,
        **settings: Any,
    ) -> Losses:
        """Nothing to rehearse, unless overridden."""
        return {} if losses is None else losses

    def score(self, examples: Iterable[Example], **settings: Any) -> Scores:
        """Scores by the scorer, if there is one."""
        return Pipe.score(self, examples, **settings)

    def create_optimizer(self) -> Optimizer:
        """An optimizer with default settings."""
        optimizer: Optimizer = registry.get("optimizers", "Adam.v1")(learn_rate=0.001)
        return optimizer

    @property
    def label_data(self) -> Any:
        """What `initialize` takes as `labels`."""
        return self.labels

    @property
    def is_resizable(self) -> bool:
        """Whether labels can be added after initialization."""
        return "resize_output" in self.model.attrs

    def add_label(self, label: str) -> int:
        """Add a label. Override it."""
        raise NotImplementedError(f"expected {type(self).__name__} to have a method `add_label(label)`")

    def set_output(self, n_labels: int) -> None:
        """Change the width of the output. Raises: EngineError where the model cannot."""
        if not self.is_resizable:
            raise ComponentError(f"expected a model that can change its output, got that of {self.name!r}")
        self.model = self.model.attrs["resize_output"](self.model, n_labels)

    def _require_labels(self) -> None:
        if not self.labels:
            raise ComponentError(f"expected labels of {self.name!r}, got none; call add_label or initialize")

    # --- keeping

    @property
    def keeps_weights(self) -> bool:
        """Whether weights and `cfg` are all that is kept: `to_disk` was not overridden."""
        return type(self).to_disk is TrainablePipe.to_disk

    def label_state(self) -> dict[str, Any]:
        """Labels and settings as JSON values."""
        return {"labels": list(self.labels), "cfg": _plain(getattr(self, "cfg", {}))}

    def load_labels(self, labels: Mapping[str, Any]) -> None:
        """Take over what `label_state` gave."""
        if not hasattr(self, "cfg"):
            self.cfg = {}
        self.cfg.update(labels.get("cfg", {}))
        if not isinstance(getattr(type(self), "labels", None), property):
            self.labels = tuple(labels["labels"])

    def to_bytes(self, *, exclude: Iterable[str] = ()) -> bytes:
        """Weights and settings as bytes."""
        from_files = files_of_state(self.state())
        return json.dumps({name: data.hex() for name, data in from_files.items()}).encode("ascii")

    def from_bytes(self, bytes_data: bytes, *, exclude: Iterable[str] = ()) -> TrainablePipe:
        """Take over what `to_bytes` gave."""
        files = {name: bytes.fromhex(data) for name, data in json.loads(bytes_data).items()}
        self.load_state(state_of_files(files))
        return self

    def to_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> None:
        """Write weights and settings to a folder."""
        folder = Path(path)
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in files_of_state(self.state()).items():
            (folder / name).write_bytes(data)

    def from_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> TrainablePipe:
        """Take over what `to_disk` wrote."""
        files = {file.name: read_file(file) for file in Path(path).iterdir() if file.is_file()}
        self.load_state(state_of_files(files))
        return self


def _plain(cfg: Mapping[str, Any]) -> dict[str, Any]:
    """Settings that are JSON values; functions and models come from the config again."""
    kept = {}
    for key, value in cfg.items():
        try:
            kept[key] = json.loads(json.dumps(value))
        except (TypeError, ValueError):
            continue
    return kept
