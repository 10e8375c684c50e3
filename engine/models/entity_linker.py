# SPDX-License-Identifier: Apache-2.0
"""Architectures of entity linkers: a vector of what stands around a mention."""

from __future__ import annotations

from typing import Any

from thinc.api import Linear, Maxout, Model, chain, reduce_mean, residual
from thinc.types import Floats2d

from ..config.registry import registry
from ..doc.batch import Batch
from ..layers import with_lengths
from ..layers.late_width import follow_width
from ..layers.span_vectors import SpanInput, extract_spans

CONTEXT_SPANS = "include_span_maker"
"""Attribute of models that read contexts as spans of whole documents; others read documents of contexts."""

N_PIECES = 2


@registry.architectures("freshet.EntityLinker.v1")
def EntityLinker(tok2vec: Model[Batch, Floats2d], nO: int | None = None) -> Model[SpanInput, Floats2d]:
    """The mean of the vectors around a mention, a residual Maxout, one linear layer.

    Shape: a batch and spans of its rows `(n_mentions, 2)`; the result `(n_mentions, nO)`.
    """
    model = _pooled(extract_spans(tok2vec), tok2vec, nO)
    model.attrs[CONTEXT_SPANS] = True
    return model


@registry.architectures("freshet.EntityLinkerOfDocs.v1")
def EntityLinkerOfDocs(tok2vec: Model[Batch, Floats2d], nO: int | None = None) -> Model[Batch, Floats2d]:
    """The same of whole documents, which are contexts cut out. Shape: `(n_docs, nO)`."""
    return _pooled(with_lengths(tok2vec), tok2vec, nO)


def _pooled(
    vectors: Model[Any, Any], tok2vec: Model[Batch, Floats2d], nO: int | None
) -> Model[Any, Floats2d]:
    width = tok2vec.maybe_get_dim("nO")
    output: Model[Floats2d, Floats2d] = Linear(nO=nO, nI=width)
    maxout = Maxout(nO=width, nI=width, nP=N_PIECES, dropout=0.0)
    model: Model[Any, Floats2d] = chain(vectors, reduce_mean(), residual(maxout), output)
    follow_width(model, tok2vec, nO_nI_maxout=maxout, nI_output=output)
    model.set_ref("output_layer", output)
    model.set_ref("tok2vec", tok2vec)
    return model
