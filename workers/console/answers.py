# SPDX-License-Identifier: Apache-2.0
"""An answer as records: itself, and what may be learned of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from schemas import (
    ANSWERS,
    CORRECTIONS,
    Answer,
    AnswerKind,
    Correction,
    correction_id_of,
    encode_answer,
    encode_correction,
    schema_header,
)
from schemas import answer as answer_schema
from schemas import correction as correction_schema

from ..transports import OutgoingRecord
from .ledger import Ledger, same_layers

ANSWER_HEADER = schema_header(answer_schema.NAME, answer_schema.MAJOR)
CORRECTION_HEADER = schema_header(correction_schema.NAME, correction_schema.MAJOR)


@dataclass(frozen=True, slots=True)
class Published:
    """An answer as it is written, and its correction, if one comes of it."""

    answer: Answer
    correction: Correction | None

    def records(self, corrections: str = CORRECTIONS, answers: str = ANSWERS) -> list[OutgoingRecord]:
        """The answer first: where they are two writes, who falls between them finds it and repeats the
        other."""
        found = [
            OutgoingRecord(answers, encode_answer(self.answer), self.answer.id.encode(), (ANSWER_HEADER,))
        ]
        if self.correction is not None:
            found.append(correction_record(self.correction, corrections))
        return found


def publish(answer: Answer, ledger: Ledger) -> Published:
    """What is written of an answer. The same answer gives the same ids each time and everywhere."""
    old = ledger.find(answer.supersedes) if answer.supersedes else None
    taken_back = old.correction_id if old is not None else None
    if answer.answer is AnswerKind.ACCEPT and answer.layers and not _waits(answer):
        correction = correction_of(answer, answer, taken_back)
    elif taken_back is not None:
        correction = _taking_back(answer, taken_back)
    else:
        return Published(answer, None)
    return Published(replace(answer, correction_id=correction.correction_id), correction)


def agreed(text_id: str, ledger: Ledger) -> Correction | None:
    """The one correction of two people who said the same; None where they did not, or one is missing."""
    pair = ledger.pair_of(text_id)
    if pair is None or not same_layers(*pair) or not pair[0].layers:
        return None
    return correction_of(pair[0], pair[0])


def correction_of(said: Answer, answer: Answer, supersedes: str | None = None) -> Correction:
    """A correction that says what an answer does."""
    key = correction_id_of(answer.id, list(said.layers), answer.author, answer.answer_id)
    return Correction(
        correction_id=key,
        author=answer.author,
        created=answer.created,
        id=answer.id,
        text=answer.text,
        layers=said.layers,
        supersedes=supersedes,
        source=answer.source,
        model_version=answer.model_version,
        tokens=answer.tokens,
    )


def correction_record(correction: Correction, topic: str = CORRECTIONS) -> OutgoingRecord:
    """A correction as it is written."""
    return OutgoingRecord(topic, encode_correction(correction), correction.id.encode(), (CORRECTION_HEADER,))


def lost(answers: Sequence[Answer], known: Sequence[str] | set[str], ledger: Ledger) -> list[Correction]:
    """The corrections that answers speak of and that are not in the log: of a console that fell between two
    writes."""
    found = {}
    for answer in answers:
        correction = publish(answer, ledger).correction if answer.correction_id else agreed(answer.id, ledger)
        if correction is not None and correction.correction_id not in known:
            found[correction.correction_id] = correction
    return list(found.values())


def _waits(answer: Answer) -> bool:
    return answer.overlap and not answer.review


def _taking_back(answer: Answer, correction_id: str) -> Correction:
    return replace(correction_of(replace(answer, layers={}), answer, correction_id), tokens=None)
