# SPDX-License-Identifier: Apache-2.0
"""What is done when a device is out of memory: smaller packs, then the CPU, then a refusal; each counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from enum import StrEnum
from typing import TypeVar

from ..devices import CPU
from ..lazy_torch import torch
from .errors import TransformerError

Result = TypeVar("Result")

SMALLEST_BUDGET = 64
"""Pieces of a pack below which halving saves nothing."""


class Rung(StrEnum):
    """A step of the ladder."""

    HALVED = "halved"
    ON_CPU = "on_cpu"
    REFUSED = "refused"


class OutOfMemoryError(TransformerError):
    """Spans that fit neither a device nor the CPU; the worker makes a dead letter of their text."""


class MemoryLadder:
    """Counts its steps: `counts[Rung.HALVED]` and so on. A budget that was halved stays so."""

    def __init__(self) -> None:
        self.counts: Counter[Rung] = Counter()
        self._budget: int | None = None

    def run(self, attempt: Callable[[int, bool], Result], budget: int, device: str, name: str) -> Result:
        """`attempt(budget, on_cpu)` until it fits. Raises: OutOfMemoryError."""
        budget = budget if self._budget is None else min(budget, self._budget)
        while True:
            try:
                return attempt(budget, False)
            except torch.OutOfMemoryError:
                if budget <= SMALLEST_BUDGET:
                    break
            budget //= 2
            self._budget = budget
            self.counts[Rung.HALVED] += 1
            if device != CPU:
                torch.cuda.empty_cache()
        if device == CPU:
            raise self._refused(name, device)
        self.counts[Rung.ON_CPU] += 1
        try:
            return attempt(budget, True)
        except (torch.OutOfMemoryError, MemoryError):
            raise self._refused(name, f"{device} and cpu") from None

    def _refused(self, name: str, where: str) -> OutOfMemoryError:
        self.counts[Rung.REFUSED] += 1
        return OutOfMemoryError(
            f"{name}: expected spans that fit the memory of {where} in packs of {SMALLEST_BUDGET} pieces, "
            "got "
            "longer ones; take shorter spans (strided_spans), or a device with more memory"
        )
