# SPDX-License-Identifier: Apache-2.0
"""Corrections on their way to those who learn from them: pure functions, and a worker that runs them on any
log."""

from __future__ import annotations

from .changes import Changes, changes, labels_said
from .dedupe import Decision, Memory, decide
from .handler import CorrectionSettings, Handled, count, handle, restored
from .join import AnnotationTail, LatestAnnotations, joined, opened_tail
from .label_drift import jensen_shannon, population_stability
from .reading import correction_of, valid_record
from .tables import WindowSettings, counted, drift, report, summed
from .worker import CorrectionStream, make_output_topics, require_topics

__all__ = [
    "AnnotationTail",
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
    "make_output_topics",
    "opened_tail",
    "population_stability",
    "report",
    "require_topics",
    "restored",
    "summed",
    "valid_record",
]
