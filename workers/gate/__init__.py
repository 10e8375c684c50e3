# SPDX-License-Identifier: Apache-2.0
"""Whether a trained candidate may take the champion's place, decided from examples that neither has learned
from."""

from __future__ import annotations

from .bootstrap import SliceDelta
from .flips import Flips
from .holdout import held_out
from .judge import judge
from .rollback_check import regret
from .verdict import Verdict

__all__ = ["Flips", "SliceDelta", "Verdict", "held_out", "judge", "regret"]
