# SPDX-License-Identifier: Apache-2.0
"""Simulated people: they see annotations and say what the entities are; and how well the model did in their
eyes."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from engine.scoring.units import Counts
from schemas import CORRECTIONS, Correction, Layer, correction_id_of, encode_correction, schema_header

from ...transports import OutgoingRecord, Producer
from .outcomes import Outcome
from .samples import Gold

AUTHORS = ("Ada", "Bao", "Chi")
SCHEMA = schema_header("correction", 1)


class People:
    """Send a correction for each annotation of a text that they know, once."""

    def __init__(self, producer: Producer, gold: Sequence[Gold], run: str) -> None:
        """`run` tells the corrections of this demo from those of an earlier one."""
        self._producer = producer
        self._gold = {text.id: text for text in gold}
        self._run = run
        self.sent = 0

    def see(self, outcome: Outcome) -> None:
        """Look at an annotation, and maybe correct it."""
        gold = self._gold.pop(outcome.row["id"], None) if outcome.row else None
        if gold is None:
            return
        author = AUTHORS[self.sent % len(AUTHORS)]
        correction = Correction(
            correction_id=correction_id_of(gold.id, ["ents"], author, self._run),
            author=author,
            created=datetime.fromtimestamp(time.time(), UTC).isoformat(timespec="seconds"),
            id=gold.id,
            text=gold.text,
            layers={"ents": Layer(spans=gold.ents)},
            source=outcome.source,
            model_version=(outcome.row or {})["model"]["version"],
        )
        self._producer.send(
            [OutgoingRecord(CORRECTIONS, encode_correction(correction), gold.id.encode(), (SCHEMA,))]
        )
        self.sent += 1


class EntityScores:
    """F of the entities in annotations of known texts, by model version."""

    def __init__(self, gold: Sequence[Gold]) -> None:
        self._gold = {text.id: {(span.start, span.end, span.label) for span in text.ents} for text in gold}
        self._counts: defaultdict[str, Counts] = defaultdict(Counts)

    def see(self, row: Mapping[str, Any] | None) -> None:
        """Count an annotation, if its text is known."""
        gold = self._gold.get(row["id"]) if row else None
        if row is not None and gold is not None:
            found = {(span["start"], span["end"], span["label"]) for span in row.get("ents", ())}
            self._counts[row["model"]["version"]] += Counts.of(found, gold)

    def by_version(self) -> dict[str, float]:
        """F of each version that annotated some of the texts."""
        return {version: counts.f1 for version, counts in self._counts.items()}
