# SPDX-License-Identifier: Apache-2.0
"""Packed rows as people look at them: padded arrays by span, ragged ones by token."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from thinc.types import Ragged

from ...doc.batch import Batch
from ...doc.doc import Doc
from ...transformer import Encoded, Outputs, TokenRows, encode_pieces, select_tokens
from .doc_output import DocTransformerOutput
from .model_output import ModelOutput
from .piece_output import PieceOutput, spans_of_doc
from .trf_data import FullTransformerBatch, TransformerData
from .wordpieces import WordpieceBatch

IntArray = npt.NDArray[Any]
FloatArray = npt.NDArray[np.float32]


def data_of_doc(output: PieceOutput, batch: Batch, doc: int) -> TransformerData:
    """One document's pieces, outputs and alignment; padded to its own longest span."""
    alone = output.joined([(output, batch, doc)])
    return _Padded(alone).data


def data_of_batch(output: PieceOutput, batch: Batch) -> FullTransformerBatch:
    """All documents of a batch, padded to the longest span of all."""
    padded, pieces = _Padded(output), output.pieces
    docs = [Doc(batch, index) for index in range(batch.n_docs)]
    bounds = [batch.rows(index).start for index in range(batch.n_docs)]
    spans: list[list[Any]] = [[] for _ in docs]
    places = zip(
        pieces.spans.docs.tolist(), pieces.spans.starts.tolist(), pieces.spans.ends.tolist(), strict=True
    )
    for doc, start, end in places:
        spans[doc].append(docs[doc][start - bounds[doc] : end - bounds[doc]])
    return FullTransformerBatch(
        spans,
        padded.data.wordpieces,
        padded.data.model_output,
        padded.data.align,
        [padded.of_doc(index, batch) for index in range(batch.n_docs)],
        (output, batch),
    )


def layers_of_doc(output: PieceOutput, batch: Batch, doc: int) -> DocTransformerOutput:
    """One document's layers, rows of its tokens' pieces alone."""
    tokens = batch.rows(doc)
    alignment = select_tokens(output.alignment, np.arange(tokens.start, tokens.stop))
    lengths = alignment.lengths.astype(np.int32)
    layers = range(output.n_layers) if output.keeps_layers else [-1]
    found = [Ragged(output.layer(layer)[alignment.rows], lengths) for layer in layers]
    return DocTransformerOutput(found, not output.keeps_layers)


def gradient_of_padded(output: PieceOutput, d_last: FloatArray) -> FloatArray:
    """The gradient of packed rows for that of padded ones. Shape: `(n_spans, longest, width)` to
    `(n_pieces, width)`."""
    pieces = output.pieces
    spans = np.repeat(np.arange(pieces.spans.n_spans), pieces.lengths)
    found: FloatArray = np.ascontiguousarray(d_last[spans, pieces.positions], dtype=np.float32)
    return found


class _Padded:
    """Rows of an output as padded arrays."""

    def __init__(self, output: PieceOutput) -> None:
        pieces = output.pieces
        self.output = output
        self.spans = np.repeat(np.arange(pieces.spans.n_spans), pieces.lengths)
        self.columns = pieces.positions
        self.longest = int(pieces.lengths.max(initial=0))
        self.data = TransformerData(self._wordpieces(), self._outputs(), self._align(pieces.alignment))

    def of_doc(self, doc: int, batch: Batch) -> TransformerData:
        """A document's part, as it stands in the whole."""
        spans, tokens = spans_of_doc(self.output.pieces, doc), batch.rows(doc)
        alignment = select_tokens(self.output.alignment, np.arange(tokens.start, tokens.stop))
        align = self._align(alignment)
        own = Ragged(align.dataXd - spans.start * self.longest, align.lengths)
        output = ModelOutput(
            (name, [each[spans] for each in value] if isinstance(value, list) else value[spans])
            for name, value in self.data.model_output.items()
        )
        return TransformerData(self.data.wordpieces[spans], output, own)

    def pad(self, rows: FloatArray) -> FloatArray:
        """Shape: `(n_pieces, width)` to `(n_spans, longest, width)`."""
        padded = np.zeros((self.output.pieces.spans.n_spans, self.longest, rows.shape[1]), dtype=np.float32)
        padded[self.spans, self.columns] = rows
        return padded

    def _wordpieces(self) -> WordpieceBatch:
        output, pieces = self.output, self.output.pieces
        shape = (pieces.spans.n_spans, self.longest)
        reader = None if output.maker is None else output.maker.reader
        tokenizer = getattr(reader, "tokenizer", None)
        pad_id = 0 if tokenizer is None else tokenizer.pad_id
        ids = np.full(shape, pad_id, dtype=np.int64)
        ids[self.spans, self.columns] = pieces.ids
        mask = np.zeros(shape, dtype=np.float32)
        mask[self.spans, self.columns] = 1.0
        names = [""] * ids.size if reader is None else reader.strings(ids.reshape(-1))
        strings = [names[row * self.longest : (row + 1) * self.longest] for row in range(shape[0])]
        types = np.zeros(shape, dtype=np.int64) if getattr(reader, "has_types", False) else None
        lengths = (ids != pad_id).sum(axis=1) if tokenizer is not None else pieces.lengths
        return WordpieceBatch(strings, ids, mask, [int(length) for length in lengths], types)

    def _outputs(self) -> ModelOutput:
        encoded = _more(self.output)
        found: dict[str, Any] = {"last_hidden_state": self.pad(self.output.rows)}
        if encoded is not None and encoded.pooled is not None:
            found["pooler_output"] = encoded.pooled
        if encoded is not None and encoded.layers is not None:
            found["hidden_states"] = [self.pad(layer) for layer in encoded.layers]
        if encoded is not None and encoded.attentions is not None:
            found["attentions"] = [self._attention(layer) for layer in encoded.attentions]
        return ModelOutput(found)

    def _attention(self, layer: Sequence[FloatArray]) -> FloatArray:
        """Shape: `(n_spans, heads, longest, longest)`."""
        n_heads = layer[0].shape[0] if layer else 0
        padded = np.zeros((len(layer), n_heads, self.longest, self.longest), dtype=np.float32)
        for span, weights in enumerate(layer):
            padded[span, :, : weights.shape[1], : weights.shape[2]] = weights
        return padded

    def _align(self, alignment: TokenRows) -> Ragged:
        places = self.spans[alignment.rows] * self.longest + self.columns[alignment.rows]
        return Ragged(places.astype(np.int32), alignment.lengths.astype(np.int32))


def _more(output: PieceOutput) -> Encoded | None:
    """What was asked of the encoder besides its last layer, computed now, for nothing else needs it."""
    maker = output.maker
    wanted: Outputs | None = getattr(maker, "shown", None)
    if wanted is None or not output.pieces.n_pieces:
        return None
    return encode_pieces(maker.sync(), output.pieces, wanted)
