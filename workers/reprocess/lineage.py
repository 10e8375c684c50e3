# SPDX-License-Identifier: Apache-2.0
"""Where an annotation comes from: its model, that model's parents, and which corrections it had learned
from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import orjson

from schemas import SRC, Correction, DecodeError, ModelRef, Source, header_value

from ..corrections import MAX_TEXT_CHARS, read_correction
from ..errors import WorkerError
from ..model_registry import UnknownVersionError, Version
from ..transports.base import Record


class Versions(Protocol):
    """What is needed of a registry."""

    def version(self, number: int) -> Version:
        """A version. Raises: UnknownVersionError."""


@dataclass(frozen=True, slots=True)
class AnnotationOrigin:
    """What an annotation says of itself; `place` is where it stands in the log, if it was read from there."""

    id: str
    model: ModelRef
    source: Source
    place: Source | None = None


@dataclass(frozen=True, slots=True)
class AppliedCorrection:
    """A correction of the annotated text, where it stands, and whether the model had learned it."""

    place: Source
    correction: Correction
    learned: bool


@dataclass(frozen=True, slots=True)
class Explanation:
    """An annotation, its version and the versions that it was made of, newest first; empty where its model is
    in no registry."""

    origin: AnnotationOrigin
    chain: tuple[Version, ...]
    corrections: tuple[AppliedCorrection, ...]
    unreadable: int = 0
    """Records of the corrections topic that are no corrections."""
    remark: str = ""

    def as_json(self) -> dict[str, object]:
        """Values that JSON can express."""
        ref = self.origin.model
        return {
            "id": self.origin.id,
            "source": str(self.origin.source),
            "annotation": None if self.origin.place is None else str(self.origin.place),
            "model": {
                "name": ref.name,
                "version": ref.version,
                "digest": ref.digest,
                "corrections": dict(ref.corrections),
            },
            "chain": [version_as_json(version) for version in self.chain],
            "corrections": [
                {
                    "place": str(applied.place),
                    "correction_id": applied.correction.correction_id,
                    "author": applied.correction.author,
                    "learned": applied.learned,
                }
                for applied in self.corrections
            ],
            "unreadable": self.unreadable,
            "remark": self.remark,
        }


def parse_annotation(value: bytes | None, place: Source | None = None) -> AnnotationOrigin:
    """What an annotation's bytes say. Raises: WorkerError where they are none."""
    try:
        row: Any = orjson.loads(value or b"")
        model, source = row["model"], row["source"]
        ref = ModelRef(model["name"], model["version"], model["digest"], model.get("corrections", {}))
        return AnnotationOrigin(
            row["id"], ref, Source(source["topic"], source["partition"], source["offset"]), place
        )
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise WorkerError(
            f"expected an annotation as Freshet writes it, got {(value or b'')[:80]!r} ({error!r})"
        ) from error


def find_annotation(records: Iterable[Record], topic: str, wanted: str) -> AnnotationOrigin:
    """The newest annotation of a message: by its id, by the place of the text (or correction) that it belongs
    to, or by its own.

    Raises: WorkerError where there is none.
    """
    found: Record | None = None
    for record in records:
        if (
            record.place == wanted
            or (header_value(record.headers, SRC) or b"").decode("utf-8", "replace") == wanted
            or _has_id(record, wanted)
        ):
            found = record
    if found is None:
        raise WorkerError(
            f"expected an annotation of {wanted!r} in topic {topic!r}, found none; give an id or "
            "topic:partition:offset"
        )
    return parse_annotation(found.value, found.source)


def explain(
    origin: AnnotationOrigin,
    registry: Versions | None,
    corrections: Iterable[Record] = (),
    max_text_chars: int = MAX_TEXT_CHARS,
) -> Explanation:
    """Follow the model's parents, and look which corrections of the text it had learned."""
    chain, remark = _follow(origin.model, registry)
    return Explanation(origin, chain, *_find_corrections(origin, corrections, max_text_chars), remark)


def version_as_json(version: Version) -> Mapping[str, object]:
    """What an explanation tells of a version."""
    return {
        "version": version.number,
        "state": version.state,
        "parent": version.parent,
        "created": version.created,
        "digest": version.manifest_digest,
        "learned": {place: list(bounds) for place, bounds in version.lineage.offsets.items()},
        "corrections": dict(version.corrections),
        "scores": dict(version.scores),
        "verdict": version.verdict,
    }


def _follow(model: ModelRef, registry: Versions | None) -> tuple[tuple[Version, ...], str]:
    """The model's versions, newest first, or why there are none."""
    if registry is None or not model.version.isdecimal():
        return (), "its model was served from a folder, not from a registry"
    try:
        chain = tuple(_chain(registry, int(model.version)))
    except UnknownVersionError as error:
        return (), str(error)
    if chain[0].manifest_digest != model.digest:
        digest = chain[0].manifest_digest[:12]
        return (), (
            f"version {chain[0].number} of this registry has another digest ({digest}); is it the right "
            "registry?"
        )
    return chain, ""


def _chain(registry: Versions, number: int) -> Iterator[Version]:
    seen: set[int] = set()
    at: int | None = number
    while at is not None and at not in seen:
        seen.add(at)
        version = registry.version(at)
        yield version
        at = version.parent


def _find_corrections(
    origin: AnnotationOrigin, records: Iterable[Record], max_text_chars: int
) -> tuple[tuple[AppliedCorrection, ...], int]:
    """The corrections of the annotated text, and how many records could not be read."""
    found, unreadable = [], 0
    for record in records:
        try:
            correction = read_correction(record, max_text_chars)
        except DecodeError:
            unreadable += 1
            continue
        if correction is not None and correction.id == origin.id:
            learned = record.offset < origin.model.corrections.get(str(record.partition), 0)
            found.append(AppliedCorrection(record.source, correction, learned))
    return tuple(found), unreadable


def _has_id(record: Record, wanted: str) -> bool:
    start = b'{"id":' + orjson.dumps(wanted) + b","
    return (record.value or b"").startswith(start)
