# SPDX-License-Identifier: Apache-2.0
"""The CNN encoder in torch operations: the algorithm of `encoder` and `product_stack`, without their table.

    embedded = norm(maxout(hash rows of the batch's distinct lexemes))      once a lexeme of this batch
    vectors  = embedded[slots], with padding rows between documents
    for layer: vectors += norm(maxout(windows of vectors))                  all rows at once, no strips
    out      = vectors[tokens]

The plain way, as none of it was measured on a device yet. The truth: `tests/engine/kernels/encoders.py` in
float64.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...lazy_torch import torch, without_gradients
from ...vocab.row_hashes import rows as hash_rows
from ..arrays import Floats, Ints
from ..norm import EPSILON
from ..padded_rows import PaddedRows, pad_rows
from ..weights import CnnWeights, piece_bias, piece_columns
from .linear import to_device, to_host

if TYPE_CHECKING:
    from ...doc.batch import Batch


@dataclass(frozen=True, slots=True)
class _Layer:
    """A maxout layer on the device. Shape: weights `(nI, nP * nO)`, bias `(nP * nO,)`, gain and shift
    `(nO,)`."""

    weights: torch.Tensor
    bias: torch.Tensor
    gain: torch.Tensor
    shift: torch.Tensor

    def __call__(self, inputs: torch.Tensor) -> torch.Tensor:
        """Layer norm of the largest pieces. Shape: `(n, nI)` -> `(n, nO)`."""
        pieces = torch.addmm(self.bias, inputs, self.weights).view(len(inputs), -1, len(self.gain))
        return torch.nn.functional.layer_norm(
            pieces.amax(dim=1), self.gain.shape, self.gain, self.shift, float(EPSILON)
        )


class DeviceEncoder:
    """A CNN encoder on a device. Thread-safe; each batch computes the embeddings of its own distinct
    lexemes."""

    def __init__(self, weights: CnnWeights, device: torch.device) -> None:
        """Move the weights to the device."""
        self.width = len(weights.mix_G)
        self._device = device
        self._attrs, self._seeds, self._window = weights.attrs, weights.seeds, weights.window
        self._tables = [to_device(table, device) for table in weights.tables]
        self._mix = _layer(weights.mix_W, weights.mix_b, weights.mix_G, weights.mix_beta, device)
        self._layers = [_layer(*layer, device) for layer in weights.conv]

    @without_gradients
    def encode(self, batch: Batch) -> Floats:
        """Vectors of all tokens of a batch. Shape: `(n_tokens, width)`."""
        if not batch.n_tokens:
            return np.zeros((0, self.width), dtype=np.float32)
        distinct, slots = np.unique(batch.lexeme_ids, return_inverse=True)
        embedded = torch.nn.functional.pad(self._embed(batch, distinct), (0, 0, 1, 0))
        rows = pad_rows(
            slots.astype(np.int32) + np.int32(1), batch.doc_offsets, len(self._layers) * self._window
        )
        return to_host(self._convolve(embedded, rows))

    def _embed(self, batch: Batch, lexeme_ids: Ints) -> torch.Tensor:
        parts = []
        for attr, table, seed in zip(self._attrs, self._tables, self._seeds, strict=True):
            rows = hash_rows(batch.lexemes.attribute(attr)[lexeme_ids], seed, len(table))
            parts.append(table[_indices(rows, self._device)].sum(dim=1))
        return self._mix(torch.cat(parts, dim=1))

    def _convolve(self, embedded: torch.Tensor, rows: PaddedRows) -> torch.Tensor:
        vectors = embedded[_indices(rows.slots, self._device)]
        window, n_rows = self._window, len(vectors)
        for layer in self._layers:
            wide = torch.nn.functional.pad(vectors, (0, 0, window, window))
            vectors = vectors + layer(torch.cat([wide[i : i + n_rows] for i in range(2 * window + 1)], dim=1))
        return vectors[_indices(np.flatnonzero(rows.token >= 0), self._device)]


def _layer(weights: Floats, bias: Floats, gain: Floats, shift: Floats, device: torch.device) -> _Layer:
    columns = to_device(piece_columns(weights).T, device), to_device(piece_bias(bias), device)
    return _Layer(*columns, to_device(gain, device), to_device(shift, device))


def _indices(array: Ints, device: torch.device) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(array, dtype=np.int64)).to(device)
