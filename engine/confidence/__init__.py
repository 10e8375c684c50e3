# SPDX-License-Identifier: Apache-2.0
"""How sure a pipeline is of what it said, as probabilities that hold, and what may go unseen by people.

While a head decides it may leave, for each decision, minus the logarithm of the probability that it gave to
it: its *surprise* (`Batch.surprises`). All else is made of that:

- `sums`: the surprise of entities, sentences and whole texts: sums over their decisions
- `scale`: from a surprise to a probability, by Platt's two numbers
- `risk_curve`: how many texts below a surprise were wrong, and below which one few enough are, beyond doubt
- `calibration`: scales and curve of one pipeline, as JSON and in its folder
- `held_out`: a calibration from documents that the pipeline has not learned from
- `confidences`: the probabilities of one batch
"""

from __future__ import annotations

from .calibration import Calibration, read_calibration, write_calibration
from .confidences import Confidences, confidences_of
from .held_out import calibrate, judge_texts
from .risk_curve import RiskCurve, risk_curve_of
from .scale import Scale, fit_scale

__all__ = [
    "Calibration",
    "Confidences",
    "RiskCurve",
    "Scale",
    "calibrate",
    "confidences_of",
    "fit_scale",
    "judge_texts",
    "read_calibration",
    "risk_curve_of",
    "write_calibration",
]
