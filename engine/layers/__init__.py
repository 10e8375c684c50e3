# SPDX-License-Identifier: Apache-2.0
"""Thinc layers over a whole batch, one a file: make, forward with backprop, init.

- `token_numbers`: attributes that are numbers of their own
- `features`: columns of ids from lexemes
- `static_vectors`: vectors trained elsewhere, projected
- `listener`: reads the vectors that a shared embedding wrote, and leaves its gradient there
- `ragged`, `sentinel_rows`: documents as rows of one array, with zeros between
- `pool`, `span_vectors`: one row per document, the rows of spans
- `bag_of_words`: n-grams counted; `precomputable_affine`: the lower layer of transition models
- `doc_models`: models that people write against lists of documents, beside ours
- `ops`: Thinc's operations with our products; `optimizing`: an optimizer's step
- `shapes`: weights set only where their shape fits
"""

from __future__ import annotations

from ..thinc_import import thinc as thinc  # first: it comes without torch

# isort: split

from .doc_models import adapt_model, take_docs
from .features import OF_LEXEME, SPACY, FeatureExtractor
from .listener import LISTENER, LISTENERS, Tok2VecListener
from .ops import EngineOps, use_engine_ops
from .ragged import ragged_data, with_lengths
from .sentinel_rows import with_padding
from .static_vectors import STATIC_VECTORS, StaticVectors, StaticVectorsLastForMissing

__all__ = [
    "LISTENER",
    "LISTENERS",
    "OF_LEXEME",
    "SPACY",
    "STATIC_VECTORS",
    "EngineOps",
    "FeatureExtractor",
    "StaticVectors",
    "StaticVectorsLastForMissing",
    "Tok2VecListener",
    "adapt_model",
    "ragged_data",
    "take_docs",
    "use_engine_ops",
    "with_lengths",
    "with_padding",
]
