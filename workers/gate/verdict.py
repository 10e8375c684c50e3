# SPDX-License-Identifier: Apache-2.0
"""What the gate says about a candidate, and why; stored with its version."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum

from .cost import Cost
from .flips import Flips
from .gain import LARGE, Gain
from .slice_delta import SliceDelta


class Guard(StrEnum):
    """What stands for what the champion could do before the stream began."""

    HOLDOUT = "holdout"
    BASE = "base"
    NONE = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a candidate may become champion. `reasons` has what speaks against it; empty where it passed.

    `holdout` and `recent` compare champion and candidate on what `guard` says (the fixed holdout, else the
    base) and on recent held-out corrections; `gain` is the mean difference of F over the layers of the
    latter. `evidence` is that of all documents that judge; None where the candidate did not come so far, and
    in verdicts of Freshet 0.2. `newest`: keys of the newest of the corrections that judged.
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
    evidence: Gain | None = None
    guard: Guard = Guard.NONE
    newest: tuple[str, ...] = ()

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
            "cost": _plain(self.cost),
            "evidence": _plain(self.evidence),
            "guard": self.guard.value,
            "newest": list(self.newest),
        }


def _plain(part: Cost | Gain | None) -> dict[str, object] | None:
    return None if part is None else {name: _round(value) for name, value in asdict(part).items()}


def _delta_json(delta: SliceDelta) -> dict[str, float]:
    values = {
        "champion": delta.champion,
        "candidate": delta.candidate,
        "lower": delta.lower,
        "upper": delta.upper,
        "worse": min(delta.worse, LARGE),
    }
    return {"support": delta.support} | {name: round(value, 6) for name, value in values.items()}


def _round(value: object) -> object:
    return round(value, 6) if isinstance(value, float) else value
