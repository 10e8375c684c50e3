# SPDX-License-Identifier: Apache-2.0
"""From rows per token to the rows of spans, one span after the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from thinc.api import (
    Dropout,
    LayerNorm,
    Linear,
    Logistic,
    Maxout,
    Model,
    chain,
    concatenate,
    glorot_uniform_init,
    reduce_first,
    reduce_last,
    reduce_max,
    reduce_mean,
)
from thinc.types import Floats2d, Ragged

from ..config.factory_arguments import optional_arguments
from ..config.registry import registry
from ..doc.batch import Batch
from .ragged import Array

SpanInput = tuple[Batch, Array]
"""A batch, and spans of its rows. Shape: `(n_spans, 2)`, first row and end."""

N_PIECES = 3
"""Pieces of Maxout in the reducer."""


def extract_spans(tok2vec: Model[Batch, Floats2d]) -> Model[SpanInput, Ragged]:
    """The vectors of each span's tokens, span after span."""
    return Model("extract_spans", _forward, init=_init, layers=[tok2vec])


def _init(model: Model[SpanInput, Ragged], X: SpanInput | None = None, Y: Any = None) -> None:
    model.layers[0].initialize(X=None if X is None else X[0])


def _forward(
    model: Model[SpanInput, Ragged], inputs: SpanInput, is_train: bool
) -> tuple[Ragged, Callable[[Ragged], Any]]:
    batch, spans = inputs
    vectors, backprop = model.layers[0](batch, is_train)
    rows = rows_of_spans(spans)

    def backward(d_ragged: Ragged) -> Any:
        d_vectors = np.zeros_like(vectors)
        np.add.at(d_vectors, rows, d_ragged.dataXd)
        return backprop(d_vectors)

    return gather_spans(vectors, spans, rows), backward


@registry.layers("freshet.extract_spans.v1")
def extract_ragged_spans() -> Model[tuple[Ragged, Ragged], Ragged]:
    """The rows of each span, from the rows of documents and from spans by positions in their document.

    Shape: rows `(n_tokens, width)` with a length for each document; spans `(n_spans, 2)`, ends exclusive,
    with their number for each document; the result has a length for each span.
    """
    return Model("extract_spans", _forward_ragged)


def _forward_ragged(
    model: Model[tuple[Ragged, Ragged], Ragged], inputs: tuple[Ragged, Ragged], is_train: bool
) -> tuple[Ragged, Callable[[Ragged], tuple[Ragged, Ragged]]]:
    source, spans = inputs
    before = np.cumsum(source.lengths) - source.lengths
    places = np.asarray(spans.dataXd, dtype=np.int64) + np.repeat(before, spans.lengths)[:, None]
    rows = rows_of_spans(places)

    def backward(d_ragged: Ragged) -> tuple[Ragged, Ragged]:
        d_source = np.zeros_like(source.dataXd)
        np.add.at(d_source, rows, d_ragged.dataXd)
        return Ragged(d_source, source.lengths), spans

    return gather_spans(source.dataXd, places, rows), backward


def gather_spans(vectors: Array, spans: Array, rows: Array | None = None) -> Ragged:
    """The vectors of each span's tokens, with the length of each span."""
    return Ragged(
        vectors[rows_of_spans(spans) if rows is None else rows], (spans[:, 1] - spans[:, 0]).astype(np.int32)
    )


def rows_of_spans(spans: Array) -> Array:
    """All rows of the first span, of the second, and so on."""
    lengths = spans[:, 1] - spans[:, 0]
    before = np.cumsum(lengths) - lengths
    rows: Array = np.repeat(spans[:, 0] - before, lengths) + np.arange(int(lengths.sum()))
    return rows


@optional_arguments("dropout")
@registry.layers("freshet.mean_max_reducer.v1")
def mean_max_reducer(hidden_size: int, dropout: float = 0.0) -> Model[Ragged, Floats2d]:
    """Last, first, mean and largest vectors of a span, beside each other, then Maxout and layer norm. Shape:
    `(n_spans, hidden_size)`."""
    pools = concatenate(reduce_last(), reduce_first(), reduce_mean(), reduce_max())
    return chain(pools, Maxout(nO=hidden_size, nP=N_PIECES), LayerNorm(nI=hidden_size), Dropout(dropout))


@registry.layers("freshet.LinearLogistic.v1")
def linear_logistic(nO: int | None = None, nI: int | None = None) -> Model[Floats2d, Floats2d]:
    """One linear layer, then a logistic function per class."""
    return chain(Linear(nO=nO, nI=nI, init_W=glorot_uniform_init), Logistic())
