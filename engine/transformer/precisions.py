# SPDX-License-Identifier: Apache-2.0
"""The module that annotates: the trained one, or a copy of it in a lower precision."""

from __future__ import annotations

from copy import deepcopy
from threading import Lock
from typing import TYPE_CHECKING

from .backend import Backend, Precision
from .row_int8 import quantise

if TYPE_CHECKING:
    from torch import nn


class ServingModule:
    """A module in the backend's precision, made anew when its weights have changed."""

    def __init__(self, module: nn.Module, backend: Backend) -> None:
        self._module = module
        self._backend = backend
        self._copy: nn.Module | None = None
        self._versions: tuple[int, ...] = ()
        self._lock = Lock()

    def module(self) -> nn.Module:
        """What to call without gradients."""
        if self._backend.precision is Precision.FP32:
            return self._module
        with self._lock:
            versions = tuple(parameter._version for parameter in self._module.parameters())
            if self._copy is None or versions != self._versions:
                copy = deepcopy(self._module).requires_grad_(False).to(self._backend.dtype)
                self._copy = quantise(copy) if self._backend.precision is Precision.INT8 else copy
                self._versions = versions
            return self._copy

    def on_cpu(self) -> nn.Module:
        """A copy for the CPU, in fp32, for what fits nowhere else; it is not kept."""
        return deepcopy(self._module).requires_grad_(False).to("cpu")
