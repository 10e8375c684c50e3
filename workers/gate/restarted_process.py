# SPDX-License-Identifier: Apache-2.0
"""The wealth of several bettors who begin one after the other, for one who becomes better on the way."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .counts import FloatArray
from .e_process import EProcess

FIRST_RESTART = 64
"""Documents after which the second bettor begins; each further one after twice as many."""


@dataclass(frozen=True, slots=True, eq=False)
class RestartedProcess:
    """Evidence that a mean is above 0, by bettors who begin at the first document, and after 64, 128, 256 ...

    A student is no better than its champion at first; what a bettor loses then, one who begins later has not
    lost. The first one has half of the wealth, the others share the other half (a half, a sixth, a twelfth of
    it ...), which each keeps until it begins: a mean of e-processes is one, so Ville's inequality holds as
    for `EProcess`. Source: J. Shin, A. Ramdas, A. Rinaldo, E-detectors, 2022 (arXiv 2203.03532).
    """

    parts: tuple[EProcess, ...] = field(default_factory=lambda: (EProcess.begin(),))

    def after(self, differences: FloatArray) -> RestartedProcess:
        """After these documents too, whatever they are cut into; each difference lies between -1 and 1."""
        parts, rest = self.parts, differences
        while len(rest):
            ahead = FIRST_RESTART * 2 ** (len(parts) - 1) - parts[0].documents
            if ahead <= 0:
                parts = (*parts, EProcess.begin())
                continue
            parts, rest = tuple(part.after(rest[:ahead]) for part in parts), rest[ahead:]
        return RestartedProcess(parts)

    @property
    def documents(self) -> int:
        """Documents so far."""
        return self.parts[0].documents

    @property
    def value(self) -> float:
        """The wealth of all together, of 1.

        >>> RestartedProcess().value
        1.0
        """
        later = sum(part.value / (i * (i + 1)) for i, part in enumerate(self.parts[1:], 1))
        return (self.parts[0].value + later + 1 / len(self.parts)) / 2

    def shows(self, alpha: float) -> bool:
        """Whether it refutes that the mean is 0 or less, with an error of alpha at most."""
        return math.log(self.value) >= -math.log(alpha)

    def state(self) -> dict[str, Any]:
        """All of it as JSON values."""
        first, *later = self.parts
        saved: dict[str, Any] = {"logs": [float(x) for x in first.logs], "documents": first.documents}
        if later:
            saved["later"] = [[part.documents, [float(x) for x in part.logs]] for part in later]
        return saved

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> RestartedProcess:
        """What `state` gave, or a state of before there were later bettors: these begin at once then."""
        later = [EProcess(np.array(logs), documents) for documents, logs in state.get("later", ())]
        return cls((EProcess(np.array(state["logs"]), state["documents"]), *later))
