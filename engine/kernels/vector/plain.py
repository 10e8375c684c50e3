# SPDX-License-Identifier: Apache-2.0
"""The back end whose sums depend on nothing but their inputs: a product a layer, in our tiles."""

from __future__ import annotations

from ..arrays import Floats
from ..encoder import CnnEncoder
from ..maxout import ProductMaxout
from ..product_stack import ProductStack
from ..weights import CnnWeights
from .linear import VectorLinear


class PlainBackend:
    """Each sum of a product begins at the bias and follows the inner dimension, whatever the length of this
    CPU's vectors and the number of rows; no Winograd. What two models are compared with.

    Bits are those of any CPU that multiplies and adds in one rounding: AVX2, AVX-512, NEON, but not SSE.
    """

    name = "fp32"
    in_loops = False

    def linear(self, weights: Floats, bias: Floats | None = None) -> VectorLinear:
        """Pack `weights` `(nO, nI)` and `bias` `(nO,)`."""
        return VectorLinear(weights, bias)

    def maxout(self, weights: Floats, bias: Floats) -> ProductMaxout:
        """One product of all pieces, then their maximum."""
        return ProductMaxout(weights, bias, self)

    def encoder(self, weights: CnnWeights) -> CnnEncoder:
        """An encoder with one product a layer."""
        return CnnEncoder(weights, self, ProductStack(weights, self.maxout))
