# SPDX-License-Identifier: Apache-2.0
"""Components that are written against documents, as steps on a batch: functions from a document to a
document, and classes with `__call__`, `pipe`, `initialize`, `update`, `score`, `to_disk`."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from ..components import Component, TrainableComponent
from ..components.component import GetExamples, Losses, Scores
from ..components.pipe import TrainablePipe
from ..config.parameters import parameters_of
from ..doc.batch import Batch
from ..doc.doc import Doc
from ..doc.example import Example
from ..doc.gather import gather
from ..layers.listener import shapes_only
from .errors import ArrangementError

WITHOUT_VOCAB = ["vocab"]
"""What a component need not write or read: it is the pipeline's."""


class OwnStep:
    """Runs a component of somebody's own on the documents of a batch, one thread at a time."""

    def __init__(self, name: str, component: Any) -> None:
        self.name = name
        self.component = component
        self.nlp: Any = None
        self._lock = threading.Lock()

    def predict(self, batch: Batch, **settings: Any) -> None:
        """Give every document to the component, and take over what comes back."""
        if not batch.n_docs:
            return
        docs = [Doc(batch, index) for index in range(batch.n_docs)]
        with self._lock:
            results = list(self._run(docs, settings))
        self._check(results, len(docs))
        if not all(doc.batch is batch and doc.index == index for index, doc in enumerate(results)):
            _take_over(batch, gather([(doc.batch, doc.index) for doc in results]))

    def _run(self, docs: list[Doc], settings: Mapping[str, Any]) -> Iterable[Any]:
        if len(docs) > 1 and hasattr(self.component, "pipe"):
            stream: Iterable[Any] = self.component.pipe(iter(docs), **{"batch_size": len(docs), **settings})
            return stream
        alone = {key: value for key, value in settings.items() if key != "batch_size"}
        return (self.component(doc, **alone) for doc in docs)

    def _check(self, results: list[Any], n_docs: int) -> None:
        for result in results:
            if not isinstance(result, Doc):
                raise ArrangementError(
                    f"expected component {self.name!r} to return the document, got "
                    f"{type(result).__name__}; end its function with `return doc`"
                )
        if len(results) != n_docs:
            raise ArrangementError(
                f"expected component {self.name!r} to give back {n_docs} documents, got {len(results)}"
            )

    def score(self, examples: Sequence[Example], **settings: Any) -> Scores:
        """Its scores, if it gives any."""
        score = getattr(self.component, "score", None)
        return {} if score is None else dict(score(examples, **settings))

    @property
    def learns(self) -> bool:
        """Whether it can be trained."""
        return hasattr(self.component, "update")

    @property
    def is_ready(self) -> bool:
        """Whether it has weights that are to be kept."""
        component = self.component
        return isinstance(component, TrainablePipe) and component.is_ready

    def initialize(self, get_examples: GetExamples, sample: Batch, **settings: Any) -> None:
        """Let it take its settings and find its labels. Raises: ArrangementError where it takes no such
        settings."""
        initialize = getattr(self.component, "initialize", None)
        if initialize is None or self.is_ready:
            self._refuse(settings)
            return
        with shapes_only():
            initialize(get_examples, nlp=self.nlp, **settings)

    def _refuse(self, settings: Mapping[str, Any]) -> None:
        if settings and not self.is_ready:
            raise ArrangementError(
                f"expected no settings in [initialize.components.{self.name}], for the component has no "
                f"method `initialize`; got {', '.join(settings)}"
            )

    def update(self, batch: Batch, examples: Sequence[Example], losses: Losses, settings: Any) -> None:
        """Let it collect its gradients; its documents are those of the batch."""
        own = [Example(Doc(batch, index), each.reference) for index, each in enumerate(examples)]
        update = self.component.update
        known = {parameter.name for parameter in parameters_of(update)}
        drop = {"drop": settings["drop"]} if "drop" in known else {}
        others = {key: value for key, value in settings.items() if key != "drop"}
        update(own, sgd=None, losses=losses, **drop, **others)

    def files(self) -> Mapping[str, bytes]:
        """What it writes to a folder of its own, as bytes by relative path; "" where it writes one file."""
        if self.keeps_weights or not hasattr(self.component, "to_disk"):
            return {}
        with tempfile.TemporaryDirectory(prefix="freshet-") as folder:
            root = Path(folder) / self.name
            self.component.to_disk(root, exclude=WITHOUT_VOCAB)
            if root.is_file():
                return {"": root.read_bytes()}
            return {
                file.relative_to(root).as_posix(): file.read_bytes()
                for file in sorted(root.rglob("*"))
                if file.is_file()
            }

    def load_files(self, files: Mapping[str, bytes]) -> None:
        """Let it read what it wrote."""
        if not hasattr(self.component, "from_disk") or not files:
            return
        with tempfile.TemporaryDirectory(prefix="freshet-") as folder:
            root = Path(folder) / self.name
            for name, data in files.items():
                file = root / name if name else root
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(data)
            self.component.from_disk(root, exclude=WITHOUT_VOCAB)

    @property
    def keeps_weights(self) -> bool:
        """Whether it is kept by its weights and settings, for it does not say itself how."""
        component = self.component
        return isinstance(component, TrainablePipe) and component.keeps_weights


def _take_over(batch: Batch, other: Batch) -> None:
    """Make a batch, in place, what another one is; what heads sent back for its shared vectors stays, and
    what was chosen for its documents, whatever documents they are now."""
    for each in fields(Batch):
        if each.name not in ("grads", "surprises", "adapters"):
            setattr(batch, each.name, getattr(other, each.name))


def step_of(name: str, component: Any) -> Component:
    """What runs on a batch: a component that reads batches is its own step."""
    if isinstance(component, OwnStep):
        return component
    if reads_batches(component):
        own: Component = component
        return own
    if not callable(component):
        raise ArrangementError(
            f"expected a component that takes a document and returns it, or has `predict(batch)`, got "
            f"{type(component).__name__} for {name!r}"
        )
    return OwnStep(name, component)


def reads_batches(component: Any) -> bool:
    """Whether a component works on whole batches: all of ours, and others' that cannot be called with a
    document."""
    if isinstance(component, TrainablePipe):
        return False
    if isinstance(component, TrainableComponent) or type(component).__module__.startswith("engine."):
        return True
    return hasattr(component, "predict") and not callable(component)


def unwrapped(step: Any) -> Any:
    """The component of a step."""
    return step.component if isinstance(step, OwnStep) else step
