# SPDX-License-Identifier: Apache-2.0
"""What people said, what became of it, and what waits for a review."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from schemas import Answer, AnswerKind, answer_of_json

from ..answers import agreed, correction_record, publish
from ..calls import Call, CallRefusedError, Endpoint
from ..console import Console
from ..ledger import Case, layers_json, waits_for_second
from ..sessions import Role

CASES = 50


def endpoints(console: Console) -> list[Endpoint]:
    """See the package's page."""

    def take(call: Call) -> dict[str, Any]:
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        row = {**call.body, "author": call.person.name, "created": now}
        answer = answer_of_json(row, console.workers.max_text_chars)
        if answer.review and call.person.role < Role.REVIEW:
            raise CallRefusedError(403, "reviews are made by others", "review", call.person.role.name.lower())
        return state_of(console, send(console, answer))

    def mine(call: Call) -> dict[str, Any]:
        answers = console.ledger.last_of(call.person.name, call.number("n", 20, 1, 200))
        today = datetime.now(UTC).date().isoformat()
        done = sum(one.created.startswith(today) for one in console.ledger.last_of(call.person.name, 10_000))
        return {"answers": [state_of(console, answer) for answer in answers], "today": done}

    def reviews(call: Call) -> dict[str, Any]:
        cases = console.ledger.cases()
        return {"cases": [_case(console, case) for case in cases[:CASES]], "waiting": len(cases)}

    return [
        Endpoint("POST", "/api/answers", Role.ANNOTATE, take),
        Endpoint("GET", "/api/answers", Role.READ, mine),
        Endpoint("GET", "/api/reviews", Role.REVIEW, reviews),
    ]


def send(console: Console, answer: Answer) -> Answer:
    """Write an answer and what comes of it; one that is there already is not written again. Raises:
    TransportError."""
    with console.answering:
        known = console.ledger.find(answer.answer_id)
        if known is not None:
            return known
        published = publish(answer, console.ledger)
        console.write(published.records(), [one for one in (published.correction,) if one is not None])
        console.ledger.add(published.answer)
        if answer.source is not None:
            console.leases.done(answer.author, [str(answer.source)])
        if answer.overlap and not answer.review:
            both = agreed(answer.id, console.ledger)
            if both is not None and both.correction_id not in console.known_corrections:
                console.write([correction_record(both)], [both])
        return published.answer


def state_of(console: Console, answer: Answer) -> dict[str, Any]:
    """An answer, with what became of it."""
    told: dict[str, Any] = {
        "answer_id": answer.answer_id,
        "id": answer.id,
        "answer": answer.answer,
        "created": answer.created,
        "source": None if answer.source is None else str(answer.source),
        "begins": answer.text[:80],
        "superseded": console.ledger.is_superseded(answer.answer_id),
        "correction_id": answer.correction_id,
    }
    if answer.correction_id is not None:
        return told | {"progress": console.progress.of(answer.correction_id) or {"stage": "on its way"}}
    if answer.answer is not AnswerKind.ACCEPT or not answer.layers:
        return told | {"progress": {"stage": "nothing to learn"}}
    if waits_for_second(answer, console.ledger):
        return told | {"progress": {"stage": "waits for a second person"}}
    both = agreed(answer.id, console.ledger)
    if both is None:
        reviewed = console.ledger.is_reviewed(answer.answer_id)
        return told | {"progress": {"stage": "reviewed" if reviewed else "in review"}}
    found = console.progress.of(both.correction_id) or {"stage": "on its way"}
    return told | {"correction_id": both.correction_id, "progress": found}


def _case(console: Console, case: Case) -> dict[str, Any]:
    first = case.answers[0]
    shown = None if first.source is None else console.window.find(str(first.source))
    return {
        "id": case.text_id,
        "text": first.text,
        "source": None if first.source is None else str(first.source),
        "version": first.model_version,
        "shown": [] if shown is None else list(shown.row.get("ents") or ()),
        "answers": [
            {
                "answer_id": answer.answer_id,
                "answer": answer.answer,
                "author": answer.author,
                "created": answer.created,
                "comment": answer.comment,
                "layers": layers_json(answer),
                "tokens": None
                if answer.tokens is None
                else {"start": [t.start for t in answer.tokens], "end": [t.end for t in answer.tokens]},
            }
            for answer in case.answers
        ],
    }
