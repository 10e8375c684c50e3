# SPDX-License-Identifier: Apache-2.0
"""The back end of torch on the CPU."""

from __future__ import annotations

from ...extras import TORCH
from ...lazy_torch import torch
from ..arrays import Floats
from ..backend import Backend, Maxout
from ..encoder import CnnEncoder
from ..maxout import ProductMaxout
from ..product_stack import ProductStack
from ..weights import CnnWeights
from .linear import TorchLinear


class TorchBackend:
    """Products in float32, or in bfloat16 as `bf16`. `exact` is the float32 back end for what an encoder
    keeps: this one itself, unless it is given."""

    in_loops = False

    def __init__(self, name: str, exact: Backend | None = None) -> None:
        """`name` is `torch` or `bf16`. Raises: EngineError without torch."""
        TORCH.require(f"precision {name!r}")
        self.name = name
        self._dtype = torch.bfloat16 if name == "bf16" else torch.float32
        self._exact: Backend = self if exact is None else exact

    def linear(self, weights: Floats, bias: Floats | None = None) -> TorchLinear:
        """Transpose `weights` `(nO, nI)`, and take `bias` `(nO,)`."""
        return TorchLinear(weights, bias, self._dtype)

    def maxout(self, weights: Floats, bias: Floats) -> Maxout:
        """One product of all pieces, then their maximum."""
        return ProductMaxout(weights, bias, self)

    def encoder(self, weights: CnnWeights) -> CnnEncoder:
        """An encoder with one product a layer."""
        return CnnEncoder(weights, self._exact, ProductStack(weights, self.maxout))
