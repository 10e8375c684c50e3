# SPDX-License-Identifier: Apache-2.0
"""All answers, by text, by person and by id: what was said, what waits for a second person, what for a
review."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from threading import RLock
from typing import Any

from schemas import Answer, AnswerKind, Correction, DecodeError, decode_answer
from schemas.correction_codec import layers_as_json

from ..transports import Record

REVIEW = "review"


@dataclass(frozen=True, slots=True)
class Case:
    """What a reviewer decides: two answers that differ, or one that was rejected."""

    text_id: str
    answers: tuple[Answer, ...]


class Ledger:
    """Answers as they stand in the log, each id once. One that another supersedes counts no more."""

    def __init__(self) -> None:
        self._by_id: dict[str, Answer] = {}
        self._by_text: dict[str, list[str]] = {}
        self._by_author: dict[str, list[str]] = {}
        self._superseded: set[str] = set()
        self._reviewed: set[str] = set()
        self.labels: Counter[str] = Counter()
        """How often people used each label."""
        self._lock = RLock()
        self.unread = 0

    def take(self, records: Iterable[Record]) -> list[Answer]:
        """Take records of the topic; the answers among them that are new."""
        new = []
        for record in records:
            try:
                answer = decode_answer(record.value, headers=record.headers)
            except DecodeError:
                self.unread += 1
                continue
            if self.add(answer):
                new.append(answer)
        return new

    def add(self, answer: Answer) -> bool:
        """Take one; whether it is new."""
        with self._lock:
            if answer.answer_id in self._by_id:
                return False
            self._by_id[answer.answer_id] = answer
            self._by_text.setdefault(answer.id, []).append(answer.answer_id)
            self._by_author.setdefault(answer.author, []).append(answer.answer_id)
            if answer.supersedes:
                self._superseded.add(answer.supersedes)
            self._reviewed.update(answer.review)
            for layer in answer.layers.values():
                self.labels.update(span.label for span in layer.spans if span.label)
            return True

    def find(self, answer_id: str) -> Answer | None:
        """An answer by its id."""
        with self._lock:
            return self._by_id.get(answer_id)

    def all(self) -> list[Answer]:
        """Those that count, oldest first."""
        with self._lock:
            return [one for key, one in self._by_id.items() if key not in self._superseded]

    def last_of(self, author: str, n: int) -> list[Answer]:
        """A person's last answers, newest first."""
        with self._lock:
            return [self._by_id[key] for key in reversed(self._by_author.get(author, [])[-n:])]

    def of_text(self, text_id: str) -> list[Answer]:
        """The answers about a text that count, oldest first."""
        with self._lock:
            keys = self._by_text.get(text_id, ())
            return [self._by_id[key] for key in keys if key not in self._superseded]

    def people_of(self, text_id: str) -> set[str]:
        """Who answered about a text."""
        return {answer.author for answer in self.of_text(text_id)}

    def is_superseded(self, answer_id: str) -> bool:
        """Whether another answer took its place."""
        return answer_id in self._superseded

    def is_reviewed(self, answer_id: str) -> bool:
        """Whether a review decided about it."""
        return answer_id in self._reviewed

    def pair_of(self, text_id: str) -> tuple[Answer, Answer] | None:
        """The first answers of two people about a text that two are asked about; the one with the lower id
        first, wherever they came from."""
        first: dict[str, Answer] = {}
        for answer in self.of_text(text_id):
            if answer.overlap and not answer.review and answer.answer is AnswerKind.ACCEPT:
                first.setdefault(answer.author, answer)
        pair = sorted(list(first.values())[:2], key=lambda answer: answer.answer_id)
        return (pair[0], pair[1]) if len(pair) == 2 else None

    def cases(self) -> list[Case]:
        """What waits for a review, oldest first."""
        found, seen = [], set[str]()
        for answer in self.all():
            if answer.answer_id in self._reviewed or answer.review or answer.id in seen:
                continue
            pair = self.pair_of(answer.id) if answer.overlap else None
            if pair is not None and not same_layers(*pair):
                if not any(one.answer_id in self._reviewed for one in pair):
                    seen.add(answer.id)
                    found.append(Case(answer.id, pair))
            elif answer.answer is AnswerKind.REJECT:
                seen.add(answer.id)
                found.append(Case(answer.id, (answer,)))
        return found

    def rejected(self) -> frozenset[str]:
        """Ids of texts that somebody called wrong and nobody mended."""
        return frozenset(case.text_id for case in self.cases())


def same_layers(one: Answer, other: Answer) -> bool:
    """Whether two answers say the same, whatever the order in which they say it."""
    return said(one) == said(other)


def said(answer: Answer) -> dict[str, Any]:
    """An answer's layers in one order."""
    rows = layers_json(answer)
    for row in rows.values():
        for name in ("spans", "wrong"):
            if name in row:
                row[name] = sorted((span.start, span.end, getattr(span, "label", "")) for span in row[name])
    return rows


def layers_json(answer: Answer) -> dict[str, Any]:
    """An answer's layers as JSON values."""
    return layers_as_json(Correction("", answer.author, "", answer.id, answer.text, answer.layers))


def waits_for_second(answer: Answer, ledger: Ledger) -> bool:
    """Whether nothing was published of it since a second person has not answered yet."""
    return answer.overlap and answer.answer is AnswerKind.ACCEPT and ledger.pair_of(answer.id) is None


def people_count(answers: Sequence[Answer]) -> int:
    """How many people answered."""
    return len({answer.author for answer in answers})
