# SPDX-License-Identifier: Apache-2.0
"""Annotations in and out: batches as messages, corrections as examples; the engine's only reader of
`schemas`.

- `write`: a batch to the bytes of its annotations
- `columns`: what is written where, from `schemas.layout` and the layers that a batch has
- `loops`: the compiled loops that write it
- `confidence_json`: how sure a pipeline is, as JSON text
- `links`: what entities mean
- `spacy_json`: a document as the bytes of `Doc.to_json`
- `wire`: an annotation as a value (the plain path), a correction as a gold document and as an example
- `json_rows`: gold documents of what people said in JSON, for corpora
"""

from __future__ import annotations

from .json_rows import gold_of_row
from .wire import annotation_of, example_of, gold_of, misaligned
from .write import WireFormat, encode_batch

__all__ = [
    "WireFormat",
    "annotation_of",
    "encode_batch",
    "example_of",
    "gold_of",
    "gold_of_row",
    "misaligned",
]
