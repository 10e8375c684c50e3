# SPDX-License-Identifier: Apache-2.0
"""Where and how precisely an encoder runs, as one value."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from typing import TYPE_CHECKING

from ..devices import CPU
from ..lazy_torch import torch
from .packed_attention import Attend, attend_runs, attend_varlen

if TYPE_CHECKING:
    from torch import dtype


class Precision(StrEnum):
    """How an encoder multiplies when it annotates: fp32 (same annotations), bf16 (about twice as fast), int8
    (rows quantised one by one, for frozen encoders on the CPU)."""

    FP32 = "fp32"
    BF16 = "bf16"
    INT8 = "int8"


CPU_BUDGET, GPU_BUDGET = 1024, 16384
"""Pieces of a pack: larger ones are no faster."""


@dataclass(frozen=True, slots=True)
class Backend:
    """Device, precision and pieces of a pack (0: what suits the device).

    `attend` multiplies within sequences; None takes the device's: `varlen_attn` on a GPU in bf16, a product a
    run of like lengths elsewhere. `fixed_splits`: on a GPU, the same bits whatever the neighbours are.
    """

    device: str = CPU
    precision: Precision = Precision.FP32
    budget: int = 0
    fixed_splits: bool = False
    attend: Attend | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "precision", Precision(self.precision))

    @property
    def is_gpu(self) -> bool:
        """Whether it is not the CPU."""
        return self.device != CPU

    @property
    def pack_budget(self) -> int:
        """Pieces of a pack."""
        return self.budget or (GPU_BUDGET if self.is_gpu else CPU_BUDGET)

    @property
    def dtype(self) -> dtype:
        """What is multiplied, but for int8."""
        return torch.bfloat16 if self.precision is Precision.BF16 else torch.float32

    def attention(self) -> Attend:
        """What multiplies within sequences."""
        if self.attend is not None:
            return self.attend
        if self.is_gpu and self.precision is Precision.BF16:
            kernel = import_module("torch.nn.attention.varlen").varlen_attn
            return attend_varlen(kernel, fixed_splits=self.fixed_splits)
        return attend_runs
