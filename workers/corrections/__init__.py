# SPDX-License-Identifier: Apache-2.0
"""Corrections on their way to those who learn from them: pure functions, and a worker that runs them on any log."""

from __future__ import annotations

from .annotations import LatestAnnotations, joined, last_records
from .changes import Changes, changes, labels_said
from .deciding import Decision, Memory, decide
from .drift import jensen_shannon, population_stability
from .handling import CorrectionSettings, Handled, count, handle, restored
from .intake import correction_of, valid_record
from .stream import CorrectionStream
from .tables import WindowSettings, counted, drift, report, summed

__all__ = [
    "Changes",
    "CorrectionSettings",
    "CorrectionStream",
    "Decision",
    "Handled",
    "LatestAnnotations",
    "Memory",
    "WindowSettings",
    "changes",
    "correction_of",
    "count",
    "counted",
    "decide",
    "drift",
    "handle",
    "jensen_shannon",
    "joined",
    "labels_said",
    "last_records",
    "population_stability",
    "report",
    "restored",
    "summed",
    "valid_record",
]
