# SPDX-License-Identifier: Apache-2.0
"""What became of a correction, from what everybody can read: the log, the trainer's metrics, the registry."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from threading import RLock
from typing import Any

from schemas import Correction, DecodeError, prodigy

from ..hashed_share import held_out
from ..model_registry import AuditEntry, Head, MetricsRow, Version
from ..transports import Record
from .window import Shown

SERVES = ("promote", "force", "rollback")
"""Actions of the audit chain after which another champion serves."""


class Stage(StrEnum):
    """How far a correction came."""

    LOGGED = "in the log"
    TAKEN_BACK = "taken back"
    HELD_OUT = "held out"
    LEARNED = "learned"
    REFUSED = "refused"
    LIVE = "live"
    GONE = "live before"
    AGAIN = "annotated again"


@dataclass(frozen=True, slots=True)
class Logged:
    """A correction in the log."""

    correction: Correction
    partition: int
    offset: int
    at_ms: int


@dataclass(slots=True)
class Known:
    """What the registry says, whole; exchanged, never changed."""

    head: Head = field(default_factory=Head)
    versions: Mapping[int, Version] = field(default_factory=dict)
    audit: Sequence[AuditEntry] = ()


class Progress:
    """Follows corrections. `percent`: of the documents that the trainer holds out."""

    def __init__(self, percent: float) -> None:
        self._percent = percent
        self._logged: dict[str, Logged] = {}
        self._by_text: dict[str, list[str]] = {}
        self._taken_back: set[str] = set()
        self._steps: dict[int, tuple[list[int], list[int]]] = {}
        self._again: dict[str, Shown] = {}
        self.known = Known()
        self._lock = RLock()
        self.unread = 0

    def take_corrections(self, records: Iterable[Record]) -> list[str]:
        """Take records of the topic; the ids of corrections that are new."""
        new = []
        for record in records:
            try:
                correction = _read(record)
            except DecodeError:
                self.unread += 1
                continue
            if correction is None or correction.correction_id in self._logged:
                continue
            with self._lock:
                key = correction.correction_id
                self._logged[key] = Logged(correction, record.partition, record.offset, record.timestamp_ms)
                self._by_text.setdefault(correction.id, []).append(key)
                if correction.supersedes:
                    self._taken_back.add(correction.supersedes)
            new.append(key)
        return new

    def take_metrics(self, rows: Iterable[MetricsRow]) -> None:
        """Take rows of the trainer's metrics, in their order."""
        with self._lock:
            for row in rows:
                if row.row.get("kind") == "step":
                    for partition, offset in (row.row.get("positions") or {}).items():
                        ends, steps = self._steps.setdefault(int(partition), ([], []))
                        if not ends or offset > ends[-1]:
                            ends.append(int(offset))
                            steps.append(int(row.row.get("step", 0)))

    def take_registry(self, known: Known) -> None:
        """The registry as it is now."""
        self.known = known

    def take_annotations(self, shown: Iterable[Shown]) -> list[str]:
        """Annotations of corrected texts, made again; the ids of their corrections."""
        found = []
        with self._lock:
            places = {f"{one.partition}:{one.offset}": key for key, one in self._logged.items()}
            for one in shown:
                topic, _, place = one.made_for.partition(":")
                key = places.get(place)
                if key is not None and topic == "corrections":
                    self._again[key] = one
                    found.append(key)
        return found

    def ids(self) -> set[str]:
        """All corrections that are in the log."""
        return set(self._logged)

    def of_text(self, text_id: str) -> list[Logged]:
        """The corrections of a text, oldest first."""
        with self._lock:
            return [self._logged[key] for key in self._by_text.get(text_id, ())]

    def logged(self) -> list[Logged]:
        """All corrections."""
        with self._lock:
            return list(self._logged.values())

    def of(self, correction_id: str) -> dict[str, Any] | None:
        """What became of a correction, as JSON values; None where it is not in the log yet."""
        logged = self._logged.get(correction_id)
        if logged is None:
            return None
        told = {"place": f"{logged.partition}:{logged.offset}", "at_ms": logged.at_ms}
        if not logged.correction.layers or correction_id in self._taken_back:
            return told | {"stage": Stage.TAKEN_BACK}
        if held_out(logged.correction.id, self._percent):
            return told | {"stage": Stage.HELD_OUT}
        return told | self._learned(correction_id, logged)

    def _learned(self, key: str, logged: Logged) -> dict[str, Any]:
        step = self._step_of(logged)
        told: dict[str, Any] = {"step": step} if step is not None else {}
        live = self._live(logged)
        if live is not None:
            version, at = live
            told |= {"version": version, "seconds": max(0.0, round(at - logged.at_ms / 1000, 1))}
            again = self._again.get(key)
            if not has_learned(self._champion(), logged):
                return told | {"stage": Stage.GONE}
            if again is not None:
                return told | {"stage": Stage.AGAIN, **compare(logged.correction, again)}
            return told | {"stage": Stage.LIVE}
        refused = self._refused(logged)
        if refused is not None:
            reasons = list((refused.verdict or {}).get("reasons", ()))
            return told | {"stage": Stage.REFUSED, "version": refused.number, "reasons": reasons}
        return told | {"stage": Stage.LOGGED if step is None else Stage.LEARNED}

    def _step_of(self, logged: Logged) -> int | None:
        ends, steps = self._steps.get(logged.partition, ([], []))
        at = bisect_right(ends, logged.offset)
        return steps[at] if at < len(steps) else None

    def _champion(self) -> Version | None:
        champion = self.known.head.champion
        return None if champion is None else self.known.versions.get(champion)

    def _live(self, logged: Logged) -> tuple[int, float] | None:
        """The first champion that had learned it, and since when it serves."""
        for entry in self.known.audit:
            serves = entry.action in SERVES and entry.time * 1000 >= logged.at_ms
            if serves and entry.version is not None:
                if not has_learned(self.known.versions.get(entry.version), logged):
                    continue
                return entry.version, entry.time
        return None

    def _refused(self, logged: Logged) -> Version | None:
        """The newest candidate that had learned it and that the gate refused."""
        for version in reversed(list(self.known.versions.values())):
            if has_learned(version, logged) and version.verdict and not version.verdict.get("passed"):
                return version
        return None


def has_learned(version: Version | None, logged: Logged) -> bool:
    """Whether a version's watermark is past a correction."""
    return version is not None and logged.offset < version.corrections.get(str(logged.partition), 0)


def compare(correction: Correction, shown: Shown) -> dict[str, int]:
    """How much of what a person said of entities the new annotation says too."""
    layer = correction.layers.get("ents")
    if layer is None:
        return {}
    said = {(span.start, span.end, span.label) for span in layer.spans if span.label}
    found = {(span["start"], span["end"], span["label"]) for span in shown.row.get("ents") or ()}
    if layer.status == "partial":
        return {"of": len(said), "as_said": len(said & found)}
    return {"of": len(said | found), "as_said": len(said & found)}


def _read(record: Record) -> Correction | None:
    return prodigy.read_correction(
        record.value,
        headers=record.headers,
        default_id=record.key.decode("utf-8", "replace") if record.key else record.place,
        default_created="",
        max_text_chars=1_000_000,
    )
