# SPDX-License-Identifier: Apache-2.0
"""An affine map through torch: float32 on any CPU, and bfloat16 for those who trade a few labels for speed.

    float32:   out = bias + inputs @ weights                    `addmm`
    bfloat16:  out = float32(bfloat16(inputs) @ weights) + bias       rows rounded up to ROUND_ROWS

The truth: `inputs @ W.T + b` in NumPy.
"""

from __future__ import annotations

import numpy as np

from ...lazy_torch import torch, without_gradients
from ..arrays import Floats, Ints
from ..threads import one_library_thread
from .first_max import first_max

ROUND_ROWS = 64
"""oneDNN compiles a bfloat16 kernel for each new number of rows (milliseconds), so rows are rounded up to
this."""


class TorchLinear:
    """Weights transposed once; float32 in, float32 out."""

    def __init__(self, weights: Floats, bias: Floats | None, dtype: torch.dtype) -> None:
        """Lay out `weights` `(nO, nI)` and `bias` `(nO,)`."""
        self.n_out, self.n_in = weights.shape
        self._dtype = dtype
        self._weights = torch.from_numpy(np.ascontiguousarray(weights.T, dtype=np.float32)).to(dtype)
        zeros = np.zeros(self.n_out, dtype=np.float32)
        self._bias = torch.from_numpy(np.array(zeros if bias is None else bias, dtype=np.float32))

    @without_gradients
    def __call__(self, inputs: Floats) -> Floats:
        """`inputs @ W.T + b`. Shape: `(n, nI)` -> `(n, nO)`."""
        given = torch.from_numpy(np.ascontiguousarray(inputs, dtype=np.float32))
        with one_library_thread():
            whole = self._dtype is torch.float32
            out: Floats = (
                torch.addmm(self._bias, given, self._weights) if whole else self._reduced(given)
            ).numpy()
        return out

    def argmax(self, inputs: Floats) -> Ints:
        """The first best class of every row. Shape: `(n, nI)` -> `(n,)` int32."""
        return first_max(self(inputs))

    def _reduced(self, inputs: torch.Tensor) -> torch.Tensor:
        rows = -(-len(inputs) // ROUND_ROWS) * ROUND_ROWS
        padded = torch.zeros(rows, self.n_in, dtype=self._dtype)
        padded[: len(inputs)] = inputs
        return torch.mm(padded, self._weights)[: len(inputs)].float() + self._bias
