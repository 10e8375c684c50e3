# SPDX-License-Identifier: Apache-2.0
"""One record of the corrections topic: what is written for it, and what is remembered of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from schemas import Correction, DecodeError, decode_correction

from ..dead_letters import dead_letter, reason_of
from ..transports.base import OutgoingRecord, Record
from .changes import Changes, changes
from .dedupe import Decision, Memory, decide
from .join import LatestAnnotations, joined
from .reading import changes_of, correction_of, source_of, valid_record
from .tables import Tables, WindowSettings, counted, with_one_more


@dataclass(frozen=True, slots=True)
class CorrectionSettings:
    """Where corrections come from and go to. `annotations` empty: nothing is joined. `dead_letter_topic`
    empty: `<input>.dlq`."""

    input_topic: str = "corrections"
    output_topic: str = "corrections.valid"
    dead_letter_topic: str = ""
    annotations: str = "annotations"
    group: str = "freshet-corrections"
    max_text_chars: int = 1_000_000
    max_ids: int = 1_000_000
    max_annotations: int = 20_000
    windows: WindowSettings = field(default_factory=WindowSettings)

    @property
    def dead_letters_to(self) -> str:
        """The topic of dead letters."""
        return self.dead_letter_topic or f"{self.input_topic}.dlq"

    @property
    def topics(self) -> tuple[str, ...]:
        """All topics that must exist."""
        return (self.input_topic, self.output_topic, self.dead_letters_to)


@dataclass(frozen=True, slots=True)
class Handled:
    """What became of one record: `outcome` is a decision, `silent` (a task that says nothing) or a dead
    letter's reason."""

    outcome: str
    output: OutgoingRecord | None = None
    dead_letter: OutgoingRecord | None = None
    correction: Correction | None = None
    changes: Changes | None = None


def handle(
    record: Record, memory: Memory, annotations: LatestAnnotations, settings: CorrectionSettings
) -> Handled:
    """Validate a record, remember its id, join it with its annotation; read again it gets the same answer, if
    it is joined alike."""
    try:
        correction = correction_of(record, settings.max_text_chars)
    except DecodeError as error:
        letter = dead_letter(record, error, topic=settings.dead_letters_to, stage="decode", model_version="")
        return Handled(reason_of(error), dead_letter=letter)
    if correction is None:
        return Handled("silent")
    decision = decide(correction, record.source, memory)
    if decision is not Decision.valid:
        return Handled(decision.value, correction=correction)
    annotation = annotations.of(correction)
    found = None if annotation is None else changes(correction, annotation)
    correction = correction if annotation is None else joined(correction, annotation)
    output = valid_record(record, correction, found, settings.output_topic)
    return Handled(decision.value, output, None, correction, found)


def count(
    tables: Tables | None, record: Record, handled: Handled, settings: CorrectionSettings
) -> dict[str, Any] | None:
    """The tables of a record's partition with what was handled; None where there is nothing to count."""
    if handled.output is None or handled.correction is None:
        return None
    return counted(
        tables, handled.correction, handled.changes, record.source, record.timestamp_ms, settings.windows
    )


def restored(
    records: Iterable[Record], memory: Memory, settings: CorrectionSettings
) -> dict[int, dict[str, Any]]:
    """The tables by input partition, and the memory filled, as they stood when these records of the validated
    topic were written.

    Records may come in any order, and twice; what is no valid correction is passed over.
    """
    tables: dict[int, dict[str, Any]] = {}
    for record in records:
        try:
            correction, source = decode_correction(record.value, headers=record.headers), source_of(record)
        except DecodeError:
            continue
        known = correction.correction_id in memory.first
        decide(correction, source, memory)
        if not known:
            part, changed = tables.get(source.partition), changes_of(record)
            tables[source.partition] = with_one_more(
                part, correction, changed, source, record.timestamp_ms, settings.windows
            )
    return tables
