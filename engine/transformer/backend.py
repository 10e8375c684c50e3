# SPDX-License-Identifier: Apache-2.0
"""Where and how precisely an encoder runs, as one value."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Precision(StrEnum):
    """How an encoder multiplies when it annotates: fp32 (same annotations), bf16 (about twice as fast), int8
    (rows quantised one by one, for frozen encoders on the CPU)."""

    FP32 = "fp32"
    BF16 = "bf16"
    INT8 = "int8"


@dataclass(frozen=True, slots=True)
class Backend:
    """Device, precision and budget; `attend` is the attention kernel of packed rows (None: the device's)."""

    device: str = "cpu"
    precision: Precision = Precision.FP32
    budget: int = 1024
    fixed_splits: bool = False
