# SPDX-License-Identifier: Apache-2.0
"""Where compiled loops add up the gradients of Thinc layers. Imported when something learns."""

from __future__ import annotations

from typing import Any

from thinc.api import Model

from ..kernels.arrays import zeros
from .ragged import Array


def gradient_of(node: Model[Any, Any], name: str) -> Array:
    """The array into which a parameter's gradients are added; one made here begins on a cache line."""
    if not node.has_grad(name):
        node.set_grad(name, zeros(node.get_param(name).shape))
    gradient: Array = node.get_grad(name)
    return gradient
