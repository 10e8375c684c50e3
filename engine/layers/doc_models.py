# SPDX-License-Identifier: Apache-2.0
"""Models that people write against lists of documents, beside ours, which read whole batches.

A model of theirs that gets a batch sees its documents, and what it gives for each, one array a document, is
laid out as the rows of the batch; gradients go the way back. A model of ours inside one of theirs gets
documents, reads the batch that they are of, and gives one array for each. Neither gets another layer by this:
names, references and weights of the model stay where they are.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np
from thinc.api import Model
from thinc.types import Ragged

from ..config.made import adapter
from ..doc.batch import Batch
from ..doc.doc import Doc
from ..doc.gather import gather
from .ragged import Array, lengths_of
from .static_vectors import STATIC_VECTORS

Node: TypeAlias = Model[Any, Any]
Backprop = Callable[[Any], Any]

ENGINE, THINC = "engine.", "thinc."

NEED_LISTS = ("list2", "with_list", "with_padded", "with_ragged", "with_flatten", "padded2", "ragged2")
"""Beginnings of the names of Thinc's layers that want one array a document."""

TAKES_DOCS = "takes_docs"
"""Attribute of models of ours that take documents as well as batches by themselves."""

KIND = "kind"
"""Attribute by which a model of ours is known whose outermost layer is one of Thinc's."""


@adapter
def adapt_model(maker: Callable[..., Any], made: Any) -> Any:
    """A model that somebody else's function made, so that it may stand where ours do; all else as it is."""
    if not isinstance(made, Model) or _place(maker).startswith((ENGINE, THINC)):
        return made
    if not _says_batch(maker) and not reads_batches(made):
        take_batches(made)
    return made


def reads_batches(model: Node) -> bool:
    """Whether a model is ours, or ours with layers of Thinc that take rows as well as lists of arrays."""
    ours = list(own_parts(model))
    inside = {id(node) for part in ours for node in part.walk()}
    others = [node for node in model.walk() if id(node) not in inside]
    return bool(ours) and all(
        _module(node).startswith(THINC) and not node.name.startswith(NEED_LISTS) for node in others
    )


def own_parts(model: Node) -> Iterator[Node]:
    """The outermost layers within a model, itself included, that are ours and read batches."""
    if _module(model).startswith(ENGINE) or KIND in model.attrs:
        yield model
    else:
        for layer in model.layers:
            yield from own_parts(layer)


def take_batches(model: Node) -> None:
    """Let a model that reads documents take batches, too."""
    take_docs(model)
    if not isinstance(model._func, _BatchesToDocs):
        model._func, model.init = _BatchesToDocs(model._func), _InitByDocs(model.init)


def take_docs(model: Node) -> None:
    """Let what is ours within a model take lists of documents, too."""
    for part in list(own_parts(model)):
        if TAKES_DOCS not in part.attrs and not isinstance(part._func, _DocsToBatches):
            part._func, part.init = _DocsToBatches(part._func), _InitByBatch(part.init)


def batch_of_docs(docs: Sequence[Doc]) -> Batch:
    """The batch that the documents are of, where they are all of one, in its order; else a new one."""
    first = docs[0].batch
    if first.n_docs == len(docs) and all(d.batch is first and d.index == i for i, d in enumerate(docs)):
        return first
    return gather([(doc.batch, doc.index) for doc in docs])


def docs_of(batch: Batch) -> list[Doc]:
    """The documents of a batch."""
    return [Doc(batch, index) for index in range(batch.n_docs)]


class _BatchesToDocs:
    """The forward pass of somebody's model, for a batch as for its documents."""

    def __init__(self, forward: Callable[..., Any]) -> None:
        self.forward = forward

    def __call__(self, model: Node, X: Any, is_train: bool) -> tuple[Any, Backprop]:
        if not isinstance(X, Batch):
            result: tuple[Any, Backprop] = self.forward(model, X, is_train)
            return result
        Y, backprop = self.forward(model, docs_of(X), is_train)
        lengths = lengths_of(X)
        if isinstance(Y, Ragged):
            return Y.dataXd, lambda dY: backprop(Ragged(dY, lengths))
        if isinstance(Y, list | tuple) and len(Y) == X.n_docs and X.n_docs:
            return np.concatenate(Y), lambda dY: backprop(_split(dY, lengths))
        return Y, backprop


class _DocsToBatches:
    """The forward pass of a model of ours, for documents as for the batch that they are of."""

    def __init__(self, forward: Callable[..., Any]) -> None:
        self.forward = forward

    def __call__(self, model: Node, X: Any, is_train: bool) -> tuple[Any, Backprop]:
        if not _are_docs(X):
            result: tuple[Any, Backprop] = self.forward(model, X, is_train)
            return result
        batch = batch_of_docs(X)
        Y, backprop = self.forward(model, batch, is_train)
        lengths = lengths_of(batch)
        if model.name == STATIC_VECTORS:
            return Ragged(Y, lengths), lambda dY: backprop(dY.dataXd)
        if not _is_by_token(model, Y, batch):
            return Y, backprop
        return _split(Y, lengths), lambda dY: backprop(np.concatenate(dY))


class _InitByDocs:
    """Shapes of somebody's model, from a batch as from its documents."""

    def __init__(self, init: Callable[..., Any]) -> None:
        self.init = init

    def __call__(self, model: Node, X: Any = None, Y: Any = None) -> Any:
        if isinstance(X, Batch):
            if isinstance(Y, np.ndarray) and len(Y) == X.n_tokens:
                Y = _split(Y, lengths_of(X))
            X = docs_of(X)
        return self.init(model, X=X, Y=Y)


class _InitByBatch:
    """Shapes of a model of ours, from documents as from the batch that they are of."""

    def __init__(self, init: Callable[..., Any]) -> None:
        self.init = init

    def __call__(self, model: Node, X: Any = None, Y: Any = None) -> Any:
        if _are_docs(X):
            X = batch_of_docs(X)
            Y = np.concatenate(Y) if isinstance(Y, list) and Y else Y
        return self.init(model, X=X, Y=Y)


def _are_docs(X: Any) -> bool:
    return isinstance(X, list | tuple) and bool(X) and all(isinstance(doc, Doc) for doc in X)


def _is_by_token(model: Node, Y: Any, batch: Batch) -> bool:
    """Whether an output has a row for every token, not one for every document."""
    if not isinstance(Y, np.ndarray) or len(Y) != batch.n_tokens:
        return False
    return batch.n_tokens != batch.n_docs or KIND in model.attrs or not model.layers


def _split(rows: Array, lengths: Array) -> list[Array]:
    return np.split(rows, np.cumsum(lengths)[:-1])


def _module(node: Node) -> str:
    """Where a layer's own function stands."""
    function = node._func
    while isinstance(function, _BatchesToDocs | _DocsToBatches):
        function = function.forward
    return str(getattr(function, "__module__", ""))


def _place(function: Callable[..., Any]) -> str:
    return str(getattr(function, "__module__", ""))


def _says_batch(maker: Callable[..., Any]) -> bool:
    """Whether a function's own annotation says that its model reads batches."""
    try:
        returned = inspect.signature(maker).return_annotation
    except (ValueError, TypeError, NameError):
        return False
    return "Batch" in str(returned) and "FullTransformerBatch" not in str(returned)
