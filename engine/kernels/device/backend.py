# SPDX-License-Identifier: Apache-2.0
"""The back end of another device than the CPU."""

from __future__ import annotations

from ...extras import TORCH
from ...lazy_torch import torch
from ..arrays import Floats
from ..backend import Maxout
from ..maxout import ProductMaxout
from ..weights import CnnWeights
from .encoder import DeviceEncoder
from .linear import DeviceLinear


class DeviceBackend:
    """Float32 products on a torch device; arrays come from the host and go back to it."""

    name = "device"
    in_loops = False

    def __init__(self, device: str) -> None:
        """`device` as torch names it: `cuda`, `cuda:1`, `cpu`. Raises: EngineError without torch."""
        TORCH.require(f"device {device!r}")
        self.device = torch.device(device)

    def linear(self, weights: Floats, bias: Floats | None = None) -> DeviceLinear:
        """Move `weights` `(nO, nI)` and `bias` `(nO,)` to the device."""
        return DeviceLinear(weights, bias, self.device)

    def maxout(self, weights: Floats, bias: Floats) -> Maxout:
        """The product on the device, the maximum on the host."""
        return ProductMaxout(weights, bias, self)

    def encoder(self, weights: CnnWeights) -> DeviceEncoder | None:
        """An encoder on the device; None where the embedding is a function of Thinc's, which runs on the
        host."""
        return DeviceEncoder(weights, self.device) if weights.embed is None else None
