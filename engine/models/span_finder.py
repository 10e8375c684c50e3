# SPDX-License-Identifier: Apache-2.0
"""The architecture of span finders."""

from __future__ import annotations

from thinc.api import Model, chain
from thinc.types import Floats2d

from ..config.registry import registry
from ..doc.batch import Batch


@registry.architectures("freshet.SpanFinder.v1")
def SpanFinder(tok2vec: Model[Batch, Floats2d], scorer: Model[Floats2d, Floats2d]) -> Model[Batch, Floats2d]:
    """How likely a span starts, and ends, at each token. Shape: `(n_tokens, 2)`."""
    model: Model[Batch, Floats2d] = chain(tok2vec, scorer)
    model.set_ref("tok2vec", tok2vec)
    model.set_ref("scorer", scorer)
    return model
