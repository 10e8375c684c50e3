# SPDX-License-Identifier: Apache-2.0
"""The portable back end, of the extra `torch`: matrix products through torch on the CPU, in float32 or
bfloat16.

backend.py    `TorchBackend`: maps over torch's product, encoders of one product a layer
linear.py     an affine map, in either precision
first_max.py  the first best class of every row

Taken when asked for; what the vector kernels are compared with.
"""

from .backend import TorchBackend

__all__ = ["TorchBackend"]
