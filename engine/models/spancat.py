# SPDX-License-Identifier: Apache-2.0
"""The architecture of span categorizers."""

from __future__ import annotations

from thinc.api import Model, chain
from thinc.types import Floats2d, Ragged

from ..config.registry import registry
from ..doc.batch import Batch
from ..layers.span_vectors import SpanInput, extract_spans

SPAN_MODEL = "spancat"
"""Attribute `kind` of such models: their parts are compiled one by one."""


@registry.architectures("freshet.SpanCategorizer.v1")
def SpanCategorizer(
    tok2vec: Model[Batch, Floats2d], reducer: Model[Ragged, Floats2d], scorer: Model[Floats2d, Floats2d]
) -> Model[SpanInput, Floats2d]:
    """The vectors of a span's tokens made one by the reducer, then scored."""
    model = chain(extract_spans(tok2vec), reducer, scorer)
    for name, node in (("tok2vec", tok2vec), ("reducer", reducer), ("scorer", scorer)):
        model.set_ref(name, node)
    model.attrs["kind"] = SPAN_MODEL
    return model
