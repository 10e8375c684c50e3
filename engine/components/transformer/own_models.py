# SPDX-License-Identifier: Apache-2.0
"""Models of somebody's own, from documents to a `FullTransformerBatch`, in place of an encoder of ours."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from ...doc.batch import Batch
from ...errors import EngineError
from ...transformer import Encoded, PieceBatch, TokenRows, TokenSpans
from .model_output import ModelOutput, output_from
from .piece_output import PieceOutput
from .trf_data import FullTransformerBatch, as_numpy

FloatArray = npt.NDArray[np.float32]


def output_of_model(full: Any, batch: Batch) -> PieceOutput:
    """What a model gave, as rows; every column of its padded output is one.

    Raises: EngineError where it gave something else, or not one alignment a token.
    """
    if not isinstance(full, FullTransformerBatch):
        raise EngineError(
            f"expected a model of a transformer to give a FullTransformerBatch, got {type(full).__name__}"
        )
    last = np.asarray(as_numpy(output_from(full.model_output).last_hidden_state), dtype=np.float32)
    lengths = np.asarray(full.align.lengths).reshape(-1)
    if len(lengths) != batch.n_tokens:
        raise EngineError(
            f"expected the alignment of {batch.n_tokens} tokens in a FullTransformerBatch, got {len(lengths)}"
        )
    longest = last.shape[1] if last.ndim == 3 else 0
    alignment = TokenRows(
        np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        np.asarray(full.align.dataXd).reshape(-1).astype(np.int64),
    )
    n_spans = last.shape[0]
    docs = np.repeat(np.arange(len(full.spans)), [len(spans) for spans in full.spans])[:n_spans]
    first = batch.doc_offsets[docs]
    bounds = np.array([(span.start, span.end) for spans in full.spans for span in spans]).reshape(-1, 2)
    pieces = PieceBatch(
        batch.n_docs,
        TokenSpans(docs, bounds[:, 0] + first, bounds[:, 1] + first),
        np.asarray(full.wordpieces.input_ids).reshape(-1).astype(np.int32),
        (np.arange(n_spans + 1) * longest).astype(np.int32),
        None,
        alignment,
        np.zeros(batch.n_docs, dtype=np.int64),
    )
    return PieceOutput(
        pieces, Encoded(last.reshape(n_spans * longest, -1) if n_spans else last.reshape(0, 1))
    )


def gradient_for_model(full: FullTransformerBatch, d_last: FloatArray | None) -> FullTransformerBatch:
    """The gradient of the last layer in the form of what the model gave; other outputs get zeros."""
    found: dict[str, Any] = {}
    for name, value in output_from(full.model_output).items():
        if name == "last_hidden_state":
            shape = as_numpy(value).shape
            found[name] = np.zeros(shape, np.float32) if d_last is None else d_last.reshape(shape)
        elif not isinstance(value, list | tuple):
            found[name] = np.zeros(as_numpy(value).shape, np.float32)
    return replace(full, model_output=ModelOutput(found))
