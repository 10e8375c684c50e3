# SPDX-License-Identifier: Apache-2.0
"""The back end of this CPU's vectors, and which form each map and encoder gets."""

from __future__ import annotations

from ..arrays import Floats
from ..backend import Maxout
from ..cpu import cpu_features
from ..encoder import CnnEncoder
from ..maxout import ProductMaxout
from ..product_stack import ProductStack
from ..weights import CnnWeights
from .fused_stack import FusedStack, fits_fused
from .linear import VectorLinear, VectorMaxout, fits_maxout


class VectorBackend:
    """Float32 tiles of our own; the same sums as any float32 product, in another order. Its name is the CPU's
    instruction set."""

    name = cpu_features().vectors
    in_loops = True

    def linear(self, weights: Floats, bias: Floats | None = None) -> VectorLinear:
        """Pack `weights` `(nO, nI)` and `bias` `(nO,)`."""
        return VectorLinear(weights, bias)

    def maxout(self, weights: Floats, bias: Floats) -> Maxout:
        """Pack `weights` `(nO, nP, nI)` and `bias` `(nO, nP)`, for the maximum in registers where it fits."""
        n_out, n_pieces, _ = weights.shape
        fits = fits_maxout(n_out, n_pieces)
        return VectorMaxout(weights, bias) if fits else ProductMaxout(weights, bias, self)

    def encoder(self, weights: CnnWeights) -> CnnEncoder:
        """An encoder with fused convolutions where its shape fits, else one product a layer."""
        stack = FusedStack(weights) if fits_fused(weights) else ProductStack(weights, self.maxout)
        return CnnEncoder(weights, self, stack)
