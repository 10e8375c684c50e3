# SPDX-License-Identifier: Apache-2.0
"""Static vectors: read-only rows trained elsewhere, one for each known word or made of a word's parts.

- `vector_table`: what layers need of a table, as a protocol
- `keyed`: one row per known word
- `floret`: the mean of hashed rows for a word and its character sequences
- `vector_file`: tables as bytes, and back
"""

from __future__ import annotations

from .floret import FloretVectors
from .keyed import KeyedVectors, attribute_name
from .vector_file import Vectors, vectors_from_bytes, vectors_to_bytes
from .vector_table import VectorTable

__all__ = [
    "FloretVectors",
    "KeyedVectors",
    "VectorTable",
    "Vectors",
    "attribute_name",
    "vectors_from_bytes",
    "vectors_to_bytes",
]
