# SPDX-License-Identifier: Apache-2.0
"""What becomes of one record of the corrections topic, whatever drives it: read, each id once, joined with
its annotation, counted."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, MutableMapping
from dataclasses import dataclass, replace
from typing import Any

from schemas import Correction, DecodeError, decode_correction

from ..dead_letters import dead_letter, in_own_time, reason_of
from ..transports.base import OutgoingRecord, Record
from .changes import Changes, find_changes
from .dedupe import Decision, SeenIds
from .join import LatestAnnotations, join
from .overlap import Met, Overlap
from .reading import read_correction
from .refusals import shrink
from .route_outcomes import RouteOutcome, outcome_of, route_outcome
from .tables import WindowSettings, add_correction, count_once, report
from .topology import CorrectionSettings
from .validation import changes_of, source_of, write_valid

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class HandledCorrection:
    """What became of one record: `outcome` is a decision, `silent` (a task that says nothing) or a dead
    letter's reason."""

    record: Record
    outcome: str
    output: OutgoingRecord | None = None
    dead_letter: OutgoingRecord | None = None
    correction: Correction | None = None
    changes: Changes | None = None
    route_outcome: RouteOutcome | None = None
    met: Met | None = None


class CorrectionHandler:
    """The state of a correction worker: ids that were seen, tables by partition, the latest annotations.

    `tables` and the mappings of `seen` may be tables of a stream processor. One thread handles; `report` may
    be called by others.
    """

    def __init__(
        self,
        settings: CorrectionSettings,
        seen: SeenIds | None = None,
        tables: MutableMapping[str, dict[str, Any]] | None = None,
    ) -> None:
        self.settings = settings
        self.seen = SeenIds(max_ids=settings.max_ids) if seen is None else seen
        self.tables = {} if tables is None else tables
        self.annotations = LatestAnnotations(settings.max_annotations)
        self.overlap = Overlap(settings.max_annotations)
        self.outcomes: Counter[str] = Counter()
        self.newest_ms = 0

    def handle(self, record: Record) -> HandledCorrection:
        """Validate a record, remember its id, join it with its annotation; read again it gets the same
        answer, if it is joined alike.

        A fault of ours makes a dead letter: it must neither stop the stream nor swallow the record.
        """
        self.newest_ms = max(self.newest_ms, record.timestamp_ms)
        try:
            return self._handle(record)
        except DecodeError as error:
            return refuse(record, error, self.settings.dead_letters_to, "decode")
        except Exception as error:
            log.exception("a correction could not be handled")
            return refuse(record, error, self.settings.dead_letters_to, "validate")

    def lessen(self, handled: HandledCorrection, error: Exception) -> HandledCorrection:
        """What to write instead, where the log will never take it; see the function."""
        return lessen(handled, error, self.settings.dead_letters_to)

    def count(self, handled: HandledCorrection) -> None:
        """Take what was written into the tables of the record's partition; a record that is counted already
        changes nothing."""
        record, key = handled.record, str(handled.record.partition)
        if handled.output is not None and handled.correction is not None:
            self.tables[key] = count_once(
                self.tables.get(key),
                handled.correction,
                handled.changes,
                record.source,
                record.timestamp_ms,
                self.settings.windows,
                handled.route_outcome,
                handled.met,
            )

    def report(self) -> dict[str, Any]:
        """The windowed tables, the drift between them, and what became of the records that this worker
        saw."""
        return report(list(self.tables.values())) | {"outcomes": dict(self.outcomes)}

    def restore(self, records: Iterable[Record]) -> None:
        """Take in what the validated topic tells of other workers' time; what is known and newer stays."""
        seen = SeenIds(max_ids=self.settings.max_ids)
        tables = restore_tables(records, seen, self.settings.windows, self.overlap)
        for key, mine in self.tables.items():
            if mine["next"] > tables.get(key, {"next": 0})["next"]:
                tables[key] = mine
        for known, found in ((self.seen.first, seen.first), (self.seen.superseded, seen.superseded)):
            found.update({name: place for name, place in known.items() if name not in found})
        self.seen, self.tables = seen, tables

    def _handle(self, record: Record) -> HandledCorrection:
        correction = read_correction(record, self.settings.max_text_chars)
        if correction is None:
            return HandledCorrection(record, "silent")
        decision = self.seen.decide(correction, record.source)
        if decision is not Decision.valid:
            return HandledCorrection(record, decision.value, correction=correction)
        annotation = self.annotations.of(correction)
        changes, routed = None, None
        if annotation is not None:
            changes = find_changes(correction, annotation)
            routed = route_outcome(correction, annotation, changes)
            correction = join(correction, annotation)
        output = write_valid(record, correction, changes, self.settings.output_topic, routed)
        met = self.overlap.add(correction)
        return HandledCorrection(record, decision.value, output, None, correction, changes, routed, met)


def refuse(record: Record, error: Exception, letters: str, stage: str) -> HandledCorrection:
    """A dead letter in the topic `letters` for a record that nothing else can be made of."""
    letter = dead_letter(record, error, topic=letters, stage=stage, model_version="")
    return HandledCorrection(record, reason_of(error), dead_letter=letter)


def lessen(handled: HandledCorrection, error: Exception, letters: str) -> HandledCorrection:
    """What to write instead, where the log will never take it: the dead letter for an output, a smaller one
    for a dead letter. Raises: WorkerError where there is no smaller one."""
    if handled.output is not None:
        if (again := in_own_time(handled.output, error)) is not None:
            return replace(handled, output=again)
        return refuse(handled.record, error, letters, "commit")
    assert handled.dead_letter is not None, "nothing was written that could be refused; a bug in Freshet"
    return replace(handled, dead_letter=shrink(handled.dead_letter, error))


def restore_tables(
    records: Iterable[Record], seen: SeenIds, windows: WindowSettings, overlap: Overlap | None = None
) -> dict[str, dict[str, Any]]:
    """The tables by input partition, and `seen` filled, as they stood when these records of the validated
    topic were written.

    Records may come in any order, and twice; what is no valid correction is passed over.
    """
    tables: dict[str, dict[str, Any]] = {}
    overlap = overlap or Overlap()
    for record in records:
        try:
            correction, source = decode_correction(record.value, headers=record.headers), source_of(record)
        except DecodeError:
            continue
        known, key = correction.correction_id in seen.first, str(source.partition)
        seen.decide(correction, source)
        if not known:
            tables[key] = add_correction(
                tables.get(key),
                correction,
                changes_of(record),
                source,
                record.timestamp_ms,
                windows,
                outcome_of(record),
                overlap.add(correction),
            )
    return tables
