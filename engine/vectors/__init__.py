# SPDX-License-Identifier: Apache-2.0
"""Static vectors: rows trained elsewhere, one for each known word or made of a word's parts.

- `vector_table`: what layers need of a table, as a protocol
- `keyed`: one row per known word, as a value; `key_texts`: what its keys are ids of
- `floret`: the mean of hashed rows for a word and its character sequences
- `vectors`: `Vectors`, what people see, change and search (`nlp.vocab.vectors`), on `held_table`; `key_rows`:
  its keys; `similar`: nearest rows
- `base_vectors`: `BaseVectors`, what people inherit from; `table_adapter`: other tables as one
- `vector_file`: tables as bytes, and back; `vectors_folder`: in the files that spaCy has; `mapped_file`: what
  is read of them as far as it is touched
- `text_vectors`: files of word2vec, GloVe, fastText and floret; `opened_text`: packed ones
- `pruning`: fewer rows, the keys of the others on the nearest that is left
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .vector_table import VectorTable

if TYPE_CHECKING:
    from .base_vectors import BaseVectors
    from .floret import FloretVectors
    from .held_table import Mode
    from .keyed import KeyedVectors, attribute_name
    from .mapped_file import mapped, read_matrix
    from .table_adapter import TableAdapter
    from .vector_file import SavedVectors, vectors_from_bytes, vectors_of_file, vectors_to_bytes
    from .vectors import Vectors
    from .vectors_folder import floret_table, keyed_table

WHEN_ASKED = {
    "BaseVectors": "base_vectors",
    "FloretVectors": "floret",
    "KeyedVectors": "keyed",
    "Mode": "held_table",
    "SavedVectors": "vector_file",
    "TableAdapter": "table_adapter",
    "Vectors": "vectors",
    "attribute_name": "keyed",
    "floret_table": "vectors_folder",
    "keyed_table": "vectors_folder",
    "mapped": "mapped_file",
    "read_matrix": "mapped_file",
    "vectors_from_bytes": "vector_file",
    "vectors_of_file": "vector_file",
    "vectors_to_bytes": "vector_file",
}
"""Names and their files, of which a pipeline without vectors needs none."""

__all__ = [
    "BaseVectors",
    "FloretVectors",
    "KeyedVectors",
    "Mode",
    "SavedVectors",
    "TableAdapter",
    "VectorTable",
    "Vectors",
    "attribute_name",
    "floret_table",
    "keyed_table",
    "mapped",
    "read_matrix",
    "vectors_from_bytes",
    "vectors_of_file",
    "vectors_to_bytes",
]


def __getattr__(name: str) -> Any:
    """One of `WHEN_ASKED`."""
    if name not in WHEN_ASKED:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = getattr(import_module(f".{WHEN_ASKED[name]}", __name__), name)
    return globals()[name]
