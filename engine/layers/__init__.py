# SPDX-License-Identifier: Apache-2.0
"""Thinc layers over a whole batch."""

from __future__ import annotations

from ..lazy_torch import loaded_torch as loaded_torch  # first: Thinc, imported after it, leaves torch out

# isort: split

from .embedding import hash_embed_columns
from .features import OF_LEXEME, SPACY, FeatureExtractor
from .listener import LISTENER, Tok2VecListener
from .ops import TorchGemmOps, use_engine_ops
from .ragged import ragged_data, with_lengths
from .sentinel_rows import with_padding
from .static_vectors import STATIC_VECTORS, StaticVectors, StaticVectorsLastForMissing

__all__ = [
    "LISTENER",
    "OF_LEXEME",
    "SPACY",
    "STATIC_VECTORS",
    "FeatureExtractor",
    "StaticVectors",
    "StaticVectorsLastForMissing",
    "Tok2VecListener",
    "TorchGemmOps",
    "hash_embed_columns",
    "ragged_data",
    "use_engine_ops",
    "with_lengths",
    "with_padding",
]
