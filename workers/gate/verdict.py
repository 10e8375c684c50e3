# SPDX-License-Identifier: Apache-2.0
"""What the gate says about a candidate, and why; stored with its version."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from .bootstrap import SliceDelta
from .cost import Cost
from .flips import Flips


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a candidate may become champion. `reasons` has what speaks against it; empty where it passed.

    `holdout` and `recent` compare champion and candidate on the fixed holdout and on recent held-out
    corrections; `gain` is the mean difference of F over the layers of the latter.
    """

    passed: bool
    reasons: tuple[str, ...]
    holdout: tuple[SliceDelta, ...]
    recent: tuple[SliceDelta, ...]
    gain: float
    flips: tuple[Flips, ...]
    cost: Cost | None
    n_holdout: int
    n_recent: int

    @property
    def scores(self) -> dict[str, float]:
        """The candidate's F by slice, the recent ones under `recent.`: what a version is stored with.

        >>> Verdict(True, (), (), (), 0.0, (), None, 0, 0).scores
        {}
        """
        fixed = {str(d.slice): d.candidate for d in self.holdout}
        return fixed | {f"recent.{d.slice}": d.candidate for d in self.recent}

    def as_json(self) -> dict[str, object]:
        """Values that JSON can express, fractions rounded to six digits."""
        return {
            "passed": self.passed,
            "reasons": list(self.reasons),
            "gain": round(self.gain, 6),
            "n_holdout": self.n_holdout,
            "n_recent": self.n_recent,
            "holdout": {str(d.slice): _delta_json(d) for d in self.holdout},
            "recent": {str(d.slice): _delta_json(d) for d in self.recent},
            "flips": {
                f.layer: {"right_before": f.right_before, "negative": f.negative, "positive": f.positive}
                for f in self.flips
            },
            "cost": None
            if self.cost is None
            else {name: _round(value) for name, value in asdict(self.cost).items()},
        }


def _delta_json(delta: SliceDelta) -> dict[str, float]:
    values = {
        "champion": delta.champion,
        "candidate": delta.candidate,
        "lower": delta.lower,
        "upper": delta.upper,
    }
    return {"support": delta.support} | {name: round(value, 6) for name, value in values.items()}


def _round(value: float) -> float:
    return round(value, 6) if isinstance(value, float) else value
