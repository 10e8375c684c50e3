# SPDX-License-Identifier: Apache-2.0
"""Learning and agreement: curves of the trainer, corrections by hour and person, how far people agree."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any

from ...http.server import Response
from ...model_registry import MetricsRow
from ..agreement import Spans, anchoring, pair_of, report, spans_of
from ..calls import Call, Endpoint
from ..console import Console
from ..ledger import REVIEW
from ..sessions import Role

POINTS = 3_600
HOURS = 48


def endpoints(console: Console) -> list[Endpoint]:
    """See the package's page."""

    return [
        Endpoint("GET", "/api/metrics", Role.READ, partial(_metrics, console)),
        Endpoint("GET", "/api/metrics.csv", Role.READ, partial(_as_csv, console)),
        Endpoint("GET", "/api/agreement", Role.READ, lambda call: agreement_of(console)),
    ]


def _rows(console: Console, after: str = "0") -> list[MetricsRow]:
    kept = [] if console.watch is None else list(console.watch.rows)
    return [row for row in kept if after == "0" or _key(row.id) > _key(after)]


def _metrics(console: Console, call: Call) -> dict[str, Any]:
    found = _rows(console, call.query.get("after", "0") or "0")
    steps = [point for row in found if (point := _point(row)) is not None][-POINTS:]
    return {
        "after": found[-1].id if found else call.query.get("after", "0"),
        "steps": steps,
        "marks": _marks(console),
        "learns": console.registry is not None,
    }


def _as_csv(console: Console, call: Call) -> Response:
    steps = [point for row in _rows(console) if (point := _point(row)) is not None]
    names = sorted(
        {f"{part} {name}" for point in steps for part in ("update", "progressive") for name in point[part]}
    )
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["time", "step", "corrections", *names])
    for point in steps:
        values = {
            f"{part} {name}": value
            for part in ("update", "progressive")
            for name, value in point[part].items()
        }
        writer.writerow(
            [point["t"], point["step"], point["corrections"], *(values.get(name, "") for name in names)]
        )
    headers = (
        ("content-disposition", 'attachment; filename="learning.csv"'),
        ("cache-control", "no-cache"),
    )
    return Response(text.getvalue().encode(), "text/csv; charset=utf-8", headers=headers)


def agreement_of(console: Console) -> dict[str, Any]:
    """How far people agree with each other, with the reviewed result and with the model."""
    answers = console.ledger.all()
    texts = {answer.id for answer in answers if answer.overlap}
    pairs = [pair_of(*pair) for text in sorted(texts) if (pair := console.ledger.pair_of(text)) is not None]
    model: dict[str, Spans] = {}
    for answer in answers:
        shown = None if answer.source is None else console.window.find(str(answer.source))
        if shown is not None and answer.model_version == shown.version:
            ents = shown.row.get("ents") or ()
            model[answer.answer_id] = frozenset((s["start"], s["end"], s["label"]) for s in ents)
    return {
        "people": report(pairs),
        "anchoring": anchoring(answers, model),
        "reviewed": _against_reviews(console),
        "hours": _by_hour(console),
        "answers": dict(Counter(str(answer.answer) for answer in answers)),
        "queues": dict(Counter(answer.queue or "none" for answer in answers)),
        "held_out": dict(
            Counter(
                str((console.progress.of(one.correction.correction_id) or {}).get("stage"))
                for one in console.progress.logged()[-2_000:]
            )
        ),
    }


def _against_reviews(console: Console) -> list[dict[str, Any]]:
    """Each person's answers beside the review that decided about them."""
    counts: dict[str, list[int]] = {}
    for review in console.ledger.all():
        for key in review.review:
            answer = console.ledger.find(key)
            if answer is not None and review.queue == REVIEW:
                same = spans_of(answer) == spans_of(review)
                count = counts.setdefault(answer.author, [0, 0])
                count[0] += same
                count[1] += 1
    return [{"author": author, "right": right, "of": of} for author, (right, of) in sorted(counts.items())]


def _by_hour(console: Console) -> list[dict[str, Any]]:
    hours: dict[int, Counter[str]] = {}
    labels: dict[int, Counter[str]] = {}
    for one in console.progress.logged():
        hour = one.at_ms // 3_600_000
        hours.setdefault(hour, Counter())[one.correction.author] += 1
        ents = one.correction.layers.get("ents")
        labels.setdefault(hour, Counter()).update(
            span.label for span in (ents.spans if ents else ()) if span.label
        )
    return [
        {"t": hour * 3_600, "people": dict(hours[hour]), "labels": dict(labels[hour])}
        for hour in sorted(hours)[-HOURS:]
    ]


def _point(row: MetricsRow) -> dict[str, Any] | None:
    if row.row.get("kind") != "step":
        return None
    return {
        "t": _key(row.id)[0] / 1000,
        "step": row.row.get("step"),
        "corrections": row.row.get("corrections", 0),
        "update": row.row.get("update") or {},
        "progressive": {
            name: value
            for name, value in (row.row.get("progressive") or {}).items()
            if isinstance(value, int | float)
        },
        "drifted": row.row.get("drifted") or [],
        "counts": row.row.get("counts") or {},
    }


def _marks(console: Console) -> list[dict[str, Any]]:
    return list(_marked(console))


def _marked(console: Console) -> Iterator[dict[str, Any]]:
    """Versions and changes of the head, as marks in a plot."""
    for version in console.known.versions.values():
        verdict = version.verdict or {}
        created = datetime.fromisoformat(version.created) if version.created else datetime.now(UTC)
        yield {
            "t": created.timestamp(),
            "version": version.number,
            "kind": {True: "passed", False: "refused", None: "put"}[verdict.get("passed")],
            "n_holdout": verdict.get("n_holdout"),
            "n_recent": verdict.get("n_recent"),
        }
    for entry in console.known.audit:
        if entry.action in ("rollback", "force"):
            yield {"t": entry.time, "version": entry.version, "kind": entry.action}


def _key(row_id: str) -> tuple[int, int]:
    at, _, number = row_id.partition("-")
    return (int(at), int(number or 0)) if at.isdecimal() and (number or "0").isdecimal() else (0, 0)
