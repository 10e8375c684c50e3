# SPDX-License-Identifier: Apache-2.0
"""The encoder and the affine maps on a torch device: the same algorithm as the compiled ones, in torch
operations only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ...lazy_torch import torch, without_gradients
from ...vocab.row_hashes import rows as hash_rows
from ..arrays import Floats, Ints
from ..norm import EPSILON
from ..padded_rows import PaddedRows, pad_rows

if TYPE_CHECKING:
    from ...doc.batch import Batch
    from ..encoder import CnnWeights


class DeviceBackend:
    """Float32 products on a torch device; arrays come from the host and go back to it."""

    name = "device"

    def __init__(self, device: str) -> None:
        """`device` as torch names it: `cuda`, `cuda:1`, `cpu`."""
        self.device = torch.device(device)

    def linear(self, weights: Floats, bias: Floats | None = None) -> DeviceLinear:
        """Move `weights` `(nO, nI)` and `bias` `(nO,)` to the device."""
        return DeviceLinear(weights, bias, self.device)


class DeviceLinear:
    """An affine map whose weights stand on a device."""

    def __init__(self, weights: Floats, bias: Floats | None, device: torch.device) -> None:
        """Move the weights."""
        self.n_out = len(weights)
        self._weights = _to(weights.T, device)
        self._bias = _to(np.zeros(self.n_out, dtype=np.float32) if bias is None else bias, device)

    @without_gradients
    def __call__(self, inputs: Floats) -> Floats:
        """`inputs @ W.T + b`. Shape: `(n, nI)` -> `(n, nO)`."""
        return _to_host(self._scores(inputs))

    @without_gradients
    def argmax(self, inputs: Floats) -> Ints:
        """The first best class of every row. Shape: `(n, nI)` -> `(n,)` int32."""
        if not len(inputs):
            return np.zeros(0, dtype=np.int32)
        scores = self._scores(inputs)
        classes = torch.arange(self.n_out, device=scores.device)
        # torch.argmax promises no order among equal scores
        first = torch.where(scores == scores.amax(dim=1, keepdim=True), classes, self.n_out).amin(dim=1)
        ids: Ints = first.to(torch.int32).cpu().numpy()
        return ids

    def _scores(self, inputs: Floats) -> torch.Tensor:
        return torch.addmm(self._bias, _to(inputs, self._bias.device), self._weights)


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


class DeviceCnn:
    """A CNN encoder on a device. Thread-safe; each batch computes the embeddings of its own distinct
    lexemes."""

    def __init__(self, weights: CnnWeights, device: torch.device) -> None:
        """Move the weights to the device."""
        self._device = device
        self._attrs, self._seeds, self._window = weights.attrs, weights.seeds, weights.window
        self._tables = [_to(table, device) for table in weights.tables]
        self._mix = _layer(weights.mix_W, weights.mix_b, weights.mix_G, weights.mix_beta, device)
        self._layers = [_layer(*layer, device) for layer in weights.conv]

    @without_gradients
    def encode(self, batch: Batch) -> Floats:
        """Vectors of all tokens of a batch. Shape: `(n_tokens, width)`."""
        if not batch.n_tokens:
            return np.zeros((0, len(self._mix.gain)), dtype=np.float32)
        distinct, slots = np.unique(batch.lexeme_ids, return_inverse=True)
        embedded = torch.nn.functional.pad(self._embed(batch, distinct), (0, 0, 1, 0))
        rows = pad_rows(
            slots.astype(np.int32) + np.int32(1), batch.doc_offsets, len(self._layers) * self._window
        )
        return _to_host(self._convolve(embedded, rows))

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
    columns = np.ascontiguousarray(weights.swapaxes(0, 1)).reshape(-1, weights.shape[2])
    return _Layer(
        _to(columns.T, device), _to(bias.T.reshape(-1), device), _to(gain, device), _to(shift, device)
    )


def _to(array: npt.NDArray[np.float32], device: torch.device) -> torch.Tensor:
    return torch.from_numpy(np.array(array, dtype=np.float32, order="C")).to(device)


def _indices(array: Ints, device: torch.device) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(array, dtype=np.int64)).to(device)


def _to_host(values: torch.Tensor) -> Floats:
    array: Floats = values.cpu().numpy()
    return array
