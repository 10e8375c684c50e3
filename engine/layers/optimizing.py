# SPDX-License-Identifier: Apache-2.0
"""An optimizer's step on a model: Adam in one pass over each array, any other optimizer as it is.

Moments, averages and counts stand where Thinc's `Optimizer` has them, with its bits, so what is kept of one
can be gone on with by the other.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from thinc.api import Model, Optimizer

from ..kernels.arrays import zeros
from ..kernels.learning.adam import adam_step, average_step

Array = npt.NDArray[Any]

MAX_DECAY = 0.9999
"""Of an optimizer's averages, as Thinc has it."""


def finish_update(model: Model[Any, Any], optimizer: Any) -> None:
    """Let the optimizer change a model's weights by the gradients collected so far, which are cleared."""
    nodes = list(model.walk())
    for node in nodes:
        for shim in node.shims:
            shim.finish_update(optimizer)
    for node in nodes:
        for name in node.param_names:
            if node.has_grad(name):
                key, value = (node.id, name), node.get_param(name)
                node.set_param(name, take_step(optimizer, key, value, node.get_grad(name)))


def take_step(
    optimizer: Any, key: tuple[int, str], weights: Array, gradient: Array, *, lr_scale: float = 1.0
) -> Array:
    """The weights after one step; `lr_scale` multiplies the learn rate."""
    if not _is_adam(optimizer) or not (_is_plain(weights) and _is_plain(gradient)) or not len(gradient):
        changed: Array = optimizer(key, weights, gradient, lr_scale=lr_scale)[0]
        return changed
    optimizer.nr_update[key] += 1
    n = optimizer.nr_update[key]
    for moments in (optimizer.mom1, optimizer.mom2):
        if key not in moments:
            moments[key] = zeros((weights.size,))
    rate = optimizer.learn_rate * (1.0 - optimizer.b2**n) ** 0.5 / (1.0 - optimizer.b1**n)
    decays = optimizer.L2 != 0 and optimizer.L2_is_weight_decay
    if optimizer.L2 != 0 and not decays:
        gradient += optimizer.L2 * weights
    adam_step(
        weights.reshape(-1),
        gradient.reshape(-1),
        optimizer.mom1[key],
        optimizer.mom2[key],
        _clip(gradient, optimizer.grad_clip),
        np.float32(optimizer.b1),
        np.float32(optimizer.b2),
        np.float32(optimizer.eps),
        np.float32(rate * lr_scale),
        np.float32(lr_scale * optimizer.learn_rate * optimizer.L2 if decays else 0.0),
    )
    if optimizer.averages is not None:
        if key not in optimizer.averages:
            optimizer.averages[key] = zeros(weights.shape)
        share = np.float32(1.0) - np.float32(min((1.0 + n) / (10.0 + n), MAX_DECAY))
        average_step(optimizer.averages[key].reshape(-1), weights.reshape(-1), share)
    return weights


def _is_adam(optimizer: Any) -> bool:
    """Whether it is Thinc's, and Adam at present."""
    return type(optimizer) is Optimizer and not optimizer.use_radam and optimizer.b1 > 0 and optimizer.b2 > 0


def _is_plain(array: Any) -> bool:
    return (
        isinstance(array, np.ndarray)
        and array.dtype == np.float32
        and array.flags.c_contiguous
        and array.flags.writeable
    )


def _clip(gradient: Array, threshold: float) -> np.float32:
    """What shortens a gradient that is longer than the threshold, where there is one."""
    if not threshold:
        return np.float32(1.0)
    length = np.linalg.norm(gradient)
    return np.float32(threshold / length if length >= threshold else 1.0)
