# SPDX-License-Identifier: Apache-2.0
"""Corrections on their way from people to those who learn from them.

reading         the one way to read a correction, for everybody who reads one
dedupe          ids that were seen, and which corrections pass
join            the latest annotations, and which of them a correction corrects
changes         what a correction kept, added and removed of its annotation
authors         what was decided about an author: links of the registry's audit chain
overlap         how far people who corrected the same text agree
validation      the record of the validated topic, written and read back
tables          windowed counts by label, topic and model version
route_outcomes  whether what was marked auto, audit or ask was right
stream_metrics  all of a correction worker's metrics
label_drift     how far two label distributions lie apart
refusals        dead letters: written once, made smaller, sent back
topology        the topics of a correction worker
handler         all of that for one record, whatever drives it
worker          the plain driver: any log, exactly once
faust_app       the Faust driver: Kafka, at least once with ids; imports Faust, an extra: import by its name
faust_worker    that app as a process
faust_credentials  TLS and SASL as Faust wants them
faust_consumer  what that app reads Kafka with: Faust's consumer without two faults of its start
"""

from __future__ import annotations

from .authors import AuthorDecision, Decided, DecisionLog, decide, decisions_after
from .dedupe import Decision, SeenIds
from .handler import CorrectionHandler, HandledCorrection, lessen, refuse
from .join import AnnotationTail, LatestAnnotations
from .reading import MAX_TEXT_CHARS, read_correction
from .refusals import Refusals, dead_letter_topic, make_dead_letter_topic, redrive
from .tables import WindowSettings
from .topology import CorrectionSettings, make_output_topics, require_topics
from .worker import CorrectionWorker, commit_handled

__all__ = [
    "MAX_TEXT_CHARS",
    "AnnotationTail",
    "AuthorDecision",
    "CorrectionHandler",
    "CorrectionSettings",
    "CorrectionWorker",
    "Decided",
    "Decision",
    "DecisionLog",
    "HandledCorrection",
    "LatestAnnotations",
    "Refusals",
    "SeenIds",
    "WindowSettings",
    "commit_handled",
    "dead_letter_topic",
    "decide",
    "decisions_after",
    "lessen",
    "make_dead_letter_topic",
    "make_output_topics",
    "read_correction",
    "redrive",
    "refuse",
    "require_topics",
]
