# SPDX-License-Identifier: Apache-2.0
"""The gate: whether a trained candidate may take the champion's place, decided from examples that neither has
learned from.

holdout            which documents never enter training
judge              the decision: a candidate beside the champion
gain               whether the candidate is shown to be better, and how many documents that takes
history            what was compared with the champion before
stream_evidence    champion and student beside each other on every correction, before it is learned
rollback_check     whether corrections that came since speak for the champion before
verdict            what the gate says, and why; stored with the version
smoke              whether a candidate can be saved, loaded and asked at all
answers            what a pipeline predicts beside gold, text by text
counts             right, superfluous and missing answers per text and slice
slice_delta        F of both models by slice, with bounds
differences        what each document says about two models
e_process          how sure a difference is: the one test behind all of it
restarted_process  the same by bettors who begin later, too: for a student, who becomes better
authors            how much one author's documents may weigh
flips              right answers that become wrong
cost               CPU time and bytes
"""

from __future__ import annotations

from .e_process import EProcess
from .flips import Flips
from .history import History
from .holdout import held_out
from .judge import judge
from .restarted_process import RestartedProcess
from .rollback_check import needs_rollback, since
from .slice_delta import SliceDelta
from .stream_evidence import StreamEvidence
from .verdict import Verdict

__all__ = [
    "EProcess",
    "Flips",
    "History",
    "RestartedProcess",
    "SliceDelta",
    "StreamEvidence",
    "Verdict",
    "held_out",
    "judge",
    "needs_rollback",
    "since",
]
