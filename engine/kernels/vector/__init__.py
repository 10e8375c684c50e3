# SPDX-License-Identifier: Apache-2.0
"""The default back end: float32 in vectors of this CPU (AVX-512, AVX2, NEON, SSE), in LLVM's words.

backend.py      `VectorBackend`: which of the forms below a map or an encoder gets
plain.py        `PlainBackend`: a product a layer, the same sums on every CPU that rounds them once
linear.py       an affine map and a maxout of two or three pieces, over packed weights
product.py      the product of two arrays that are seen once, as in training
packed.py       weights in column blocks, and the loop over rows and blocks
tiles.py        the register tile: the inner loop of every product
fused_stack.py  an encoder's convolutions in one compiled call
winograd.py     four rows of a convolution from six products instead of twelve
norm_lanes.py   layer norm, residual sum and the first layer, row by row
lanes.py        vectors as LLVM has them: load, store, multiply-add, reduce

A *lane* is one float32 of a vector. A *tile* is the block of sums that a CPU's registers hold; rows that go
through all layers together are a *strip*. `parser` uses `packed` and `tiles` inside its own loops. The
truth for all of it is `inputs @ W.T + b` in NumPy, and the encoder in `tests/engine/kernels/encoders.py` in
float64.
"""

from .backend import VectorBackend
from .plain import PlainBackend

__all__ = ["PlainBackend", "VectorBackend"]
