# SPDX-License-Identifier: Apache-2.0
"""An affine map whose weights stand on a device, and the way of arrays to a device and back."""

from __future__ import annotations

import numpy as np

from ...lazy_torch import torch, without_gradients
from ..arrays import Floats, Ints


class DeviceLinear:
    """An affine map whose weights stand on a device."""

    def __init__(self, weights: Floats, bias: Floats | None, device: torch.device) -> None:
        """Move the weights."""
        self.n_out = len(weights)
        self._weights = to_device(weights.T, device)
        self._bias = to_device(np.zeros(self.n_out, dtype=np.float32) if bias is None else bias, device)

    @without_gradients
    def __call__(self, inputs: Floats) -> Floats:
        """`inputs @ W.T + b`. Shape: `(n, nI)` -> `(n, nO)`."""
        return to_host(self._scores(inputs))

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
        return torch.addmm(self._bias, to_device(inputs, self._bias.device), self._weights)


def to_device(array: Floats, device: torch.device) -> torch.Tensor:
    """A copy on the device."""
    return torch.from_numpy(np.array(array, dtype=np.float32, order="C")).to(device)


def to_host(values: torch.Tensor) -> Floats:
    """The same numbers as an array of the host."""
    array: Floats = values.cpu().numpy()
    return array
