# SPDX-License-Identifier: Apache-2.0
"""What the gate knows of the champion from before: how it came to serve, and which candidates were compared
with it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .restarted_process import RestartedProcess


@dataclass(frozen=True, slots=True)
class History:
    """Of the champion: its number, whether it was itself shown to be better than one before it, how many
    candidates were compared with it, and what evidence they had, together, by their shares.

    `stream`: the evidence of all corrections that champion and student answered before the student learned
    them; None where nobody asked.
    """

    champion: int = 0
    proven: bool = False
    looks: int = 0
    spent: float = 0.0
    stream: RestartedProcess | None = None

    @classmethod
    def from_verdicts(
        cls,
        champion: int,
        own: Mapping[str, Any] | None,
        verdicts: Iterable[Mapping[str, Any]],
        stream: RestartedProcess | None = None,
    ) -> History:
        """What the verdicts tell, those on the candidates before this one; `own` is the champion's."""
        against = [row for v in verdicts if (row := v.get("evidence")) and row.get("champion") == champion]
        proven = bool(((own or {}).get("evidence") or {}).get("basis"))
        looks = max((int(row["looks"]) for row in against), default=0)
        return cls(
            champion, proven, looks, max((float(row["spent"]) for row in against), default=0.0), stream
        )

    @property
    def share(self) -> float:
        """Of the error that may be made, what the next candidate may use: one half, a sixth, a twelfth ...;
        together 1."""
        return 1 / ((self.looks + 1) * (self.looks + 2))

    def log_target(self, alpha: float) -> float:
        """The evidence that the next candidate needs, as a logarithm.

        Sources: shares of alpha that sum to 1, as in alpha-spending; their e-values are added, which is never
        worse (V. Vovk, R. Wang, E-values: calibration, combination and applications, Annals of Statistics
        2021).
        """
        missing = (1 / alpha - self.spent) / self.share
        return max(math.log(1 / alpha), math.log(missing) if missing > 0 else 0.0)
