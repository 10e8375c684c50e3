# SPDX-License-Identifier: Apache-2.0
"""The gate: whether a trained candidate may take the champion's place, decided from examples that neither has
learned from.

holdout          which documents never enter training
judge            the decision: a candidate beside the champion
rollback_check   whether corrections that came since speak for the champion before
verdict          what the gate says, and why; stored with the version
smoke            whether a candidate can be saved, loaded and asked at all
answers          what a pipeline predicts beside gold, text by text
counts           right, superfluous and missing answers per text and slice
bootstrap        how sure a difference between two models is
flips            right answers that become wrong
cost             CPU time and bytes
"""

from __future__ import annotations

from .bootstrap import SliceDelta
from .flips import Flips
from .holdout import held_out
from .judge import judge
from .rollback_check import needs_rollback
from .verdict import Verdict

__all__ = ["Flips", "SliceDelta", "Verdict", "held_out", "judge", "needs_rollback"]
