# SPDX-License-Identifier: Apache-2.0
"""A step of Adam over one array, read and written once.

    g = gradient * clip;  m = m * beta1 + g * (1 - beta1);  v = v * beta2 + g * g * (1 - beta2)
    w = w - rate * m / (sqrt(v) + eps);  w = w - decay * w;  gradient = 0

In the order and rounding of Thinc's `Optimizer`, whose bits it has; that goes over each array eight times.
Source: D. Kingma and J. Ba, Adam: A Method for Stochastic Optimization, 2015 (arXiv 1412.6980); I. Loshchilov
and F. Hutter, Decoupled Weight Decay Regularization, 2019 (arXiv 1711.05101).
"""

from __future__ import annotations

import math

import numpy as np

from ...jit.loops import jit_noalloc_ieee
from ..arrays import Floats


@jit_noalloc_ieee
def adam_step(
    weights: Floats,
    gradient: Floats,
    first: Floats,
    second: Floats,
    clip: np.float32,
    beta1: np.float32,
    beta2: np.float32,
    eps: np.float32,
    rate: np.float32,
    decay: np.float32,
) -> None:
    """Change the weights and both moments, and clear the gradient. Shape: `(n,)` each.

    `clip`: what the gradient is multiplied with first; `decay`: what share of the weights goes.
    """
    rest1, rest2 = np.float32(1.0) - beta1, np.float32(1.0) - beta2
    for i in range(len(weights)):
        g = gradient[i] * clip
        m = first[i] * beta1
        m += g * rest1
        v = second[i] * beta2
        v += rest2 * (g * g)
        first[i], second[i] = m, v
        w = weights[i] + (m / (np.float32(math.sqrt(v)) + eps)) * -rate
        weights[i] = w - decay * w
        gradient[i] = np.float32(0.0)


@jit_noalloc_ieee
def average_step(average: Floats, weights: Floats, share: np.float32) -> None:
    """`average -= share * (average - weights)`. Shape: `(n,)` each."""
    for i in range(len(weights)):
        average[i] -= share * (average[i] - weights[i])
