# SPDX-License-Identifier: Apache-2.0
"""The component `tok2vec`: token vectors that the heads after it share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from thinc.api import Model
from thinc.types import Floats2d

from ..config.factory_arguments import with_defaults
from ..config.registry import registry
from ..doc.batch import Batch
from ..doc.doc import Doc
from ..layers import LISTENERS
from .compiled import compile_tok2vec
from .component import GetExamples, Losses, Scorer, TrainableComponent
from .defaults import DEFAULT_TOK2VEC


class EmbeddingComponent(TrainableComponent):
    """Writes `batch.vectors[name]`; learns from the gradients that the heads leave in `batch.grads[name]`."""

    factory = "tok2vec"

    def __init__(self, name: str, model: Model[Any, Any], scorer: Scorer | None = None) -> None:
        super().__init__(name, model, scorer)
        self.listener_map: dict[str, list[Model[Any, Any]]] = {}
        """Listeners that read these vectors, by the names of their components."""

    @property
    def listeners(self) -> list[Model[Any, Any]]:
        """Listeners that read these vectors."""
        return [listener for nodes in self.listener_map.values() for listener in nodes]

    @property
    def listening_components(self) -> list[str]:
        """Names of the components that have them."""
        return list(self.listener_map)

    def add_listener(self, listener: Model[Any, Any], component_name: str) -> None:
        """Note a listener of a component."""
        known = self.listener_map.setdefault(component_name, [])
        if all(listener is not other for other in known):
            known.append(listener)

    def remove_listener(self, listener: Model[Any, Any], component_name: str) -> bool:
        """Forget a listener of a component; whether it was known."""
        known = self.listener_map.get(component_name, [])
        left = [other for other in known if other is not listener]
        if left:
            self.listener_map[component_name] = left
        else:
            self.listener_map.pop(component_name, None)
        return len(left) < len(known)

    def find_listeners(self, component: Any) -> None:
        """Note all listeners of a component that read these vectors."""
        model = getattr(component, "model", None)
        for node in model.walk() if isinstance(model, Model) else ():
            if node.name in LISTENERS and node.attrs.get("upstream") in ("*", self.name):
                self.add_listener(node, component.name)

    def initialize(self, get_examples: GetExamples, sample: Batch) -> None:
        """Draw the weights."""
        self.model.initialize(X=sample)
        self.weights_changed()

    def predict(self, batch: Batch) -> None:
        """Put the vectors of all tokens onto the batch."""
        if self.compiled is None:
            self.require_initialized()
            self.compiled = compile_tok2vec(self.model, self.backend())
        batch.vectors[self.name] = self.compiled(batch)

    def encode(self, batch: Batch) -> None:
        """The same by the model itself, whatever was annotated before."""
        batch.vectors[self.name] = self.model.predict(batch)

    def predicted(self, batch: Batch) -> Any:
        """The vectors of each document. Shape: `(n_tokens, width)` each."""
        vectors = batch.vectors[self.name]
        return [vectors[batch.rows(doc)] for doc in range(batch.n_docs)]

    def set_annotations(self, docs: Sequence[Doc], scores: Any) -> None:
        """Put each document's vectors into its `tensor`, and where listeners read them."""
        for doc, vectors in zip(docs, scores, strict=True):
            doc.state.tensor = vectors
            if doc.batch.n_docs == 1:
                doc.batch.vectors[self.name] = vectors

    def forward(self, batch: Batch, *, dropout: float) -> Callable[[Losses], None]:
        """Put the vectors onto the batch while training; what comes back is called once, after all heads."""
        vectors, backprop = self.begin_update(batch, dropout)
        batch.vectors[self.name] = vectors

        def backward(losses: Losses) -> None:
            grad = batch.grads.pop(self.name, None)
            if grad is not None:
                losses[self.name] = losses.get(self.name, 0.0) + float((grad**2).sum())
                backprop(grad)

        return backward


@with_defaults(model=DEFAULT_TOK2VEC)
@registry.factories("tok2vec")
def make_embedding(name: str, model: Model[Batch, Floats2d]) -> EmbeddingComponent:
    """The shared embedding."""
    return EmbeddingComponent(name, model)
