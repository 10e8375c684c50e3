# SPDX-License-Identifier: Apache-2.0
"""Dead letters: why, what, and another try."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from typing import Any

from schemas import DeadLetter

from ...dead_letters import read_dead_letters, redrive
from ...transports import Record
from ..calls import Call, CallRefusedError, Endpoint
from ..console import Console
from ..letters import Letters
from ..sessions import Role
from ..tail import READER

ROWS = 300


def endpoints(console: Console) -> list[Endpoint]:
    """See the package's page."""

    def letters(call: Call) -> dict[str, Any]:
        topics = []
        for name, kept in console.letters.items():
            rows = kept.rows(console.window)
            reasons = Counter(row["reason"] for row in rows)
            topics.append(
                {
                    "topic": name,
                    "count": kept.count,
                    "reasons": [
                        {"reason": reason, "count": count} for reason, count in reasons.most_common()
                    ],
                    "rows": rows[:ROWS],
                }
            )
        return {"topics": topics, "away": console.away()["log"]}

    def send_back(call: Call) -> dict[str, Any]:
        kept = _kept(console, call.value("topic", str))
        reason, places = call.value("reason", str, ""), call.value("places", list, [])
        wanted = [
            row
            for row in kept.rows(console.window)
            if (row["reason"] == reason if reason else row["place"] in {str(place) for place in places})
        ]
        if not wanted:
            raise CallRefusedError(
                404, "there are no such letters", "places or a reason of the list", "others", "look again"
            )
        chosen = [_read(console, kept, row["place"]) for row in wanted]
        found = [letter for letter in chosen if letter is not None]
        sent = redrive(_Sender(console), found)
        for _, letter in found:
            kept.redriven[str(letter.source)] = letter.attempts
        return {"sent": sent}

    return [
        Endpoint("GET", "/api/letters", Role.READ, letters),
        Endpoint("POST", "/api/letters/redrive", Role.OPERATE, send_back),
    ]


class _Sender:
    """The console's publisher, as those who write dead letters back want it."""

    def __init__(self, console: Console) -> None:
        self.send = console.publisher.send

    def close(self) -> None:
        """Nothing is held."""


def _kept(console: Console, topic: str) -> Letters:
    if topic not in console.letters:
        raise CallRefusedError(
            404, "no topic of dead letters", ", ".join(console.letters), topic[:80], "choose one"
        )
    return console.letters[topic]


def _read(console: Console, kept: Letters, place: str) -> tuple[Record, DeadLetter] | None:
    """A letter whole, from the log. Raises: TransportError."""
    partition, _, offset = place.partition(":")
    with closing(console.open_log()) as log, closing(log.partitions(kept.topic, READER)) as reader:
        records, _ = reader.fetch(int(partition), int(offset), 1)
    return next(read_dead_letters(records), None)
