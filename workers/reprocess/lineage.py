# SPDX-License-Identifier: Apache-2.0
"""Where an annotation comes from: its model, that model's parents, and which corrections it had learned
from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import orjson

from schemas import Correction, DecodeError, ModelRef, Source, decode_correction, header_value, parse_source
from schemas.headers import SRC

from ..errors import WorkerError
from ..model_registry.errors import UnknownVersionError
from ..model_registry.version import Version
from ..transports.base import Record


class Versions(Protocol):
    """What is needed of a registry."""

    def version(self, number: int) -> Version:
        """A version. Raises: UnknownVersionError."""


@dataclass(frozen=True, slots=True)
class Annotated:
    """What an annotation says of itself; `place` is where it stands in the log, if it was read from there."""

    id: str
    model: ModelRef
    source: Source
    place: Source | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """A correction of the same text, and whether the model had learned it."""

    place: Source
    correction: Correction
    learned: bool


@dataclass(frozen=True, slots=True)
class Explanation:
    """An annotation, its version and the versions that it was made of, newest first; empty where its model is
    in no registry."""

    annotated: Annotated
    chain: tuple[Version, ...]
    said: tuple[Said, ...]
    remark: str = ""

    def as_json(self) -> dict[str, object]:
        """Values that JSON can express."""
        ref = self.annotated.model
        return {
            "id": self.annotated.id,
            "source": str(self.annotated.source),
            "annotation": None if self.annotated.place is None else str(self.annotated.place),
            "model": {
                "name": ref.name,
                "version": ref.version,
                "digest": ref.digest,
                "corrections": dict(ref.corrections),
            },
            "chain": [version_as_json(version) for version in self.chain],
            "corrections": [
                {
                    "place": str(s.place),
                    "correction_id": s.correction.correction_id,
                    "author": s.correction.author,
                    "learned": s.learned,
                }
                for s in self.said
            ],
            "remark": self.remark,
        }


def parse_annotation(value: bytes | None, place: Source | None = None) -> Annotated:
    """What an annotation's bytes say. Raises: WorkerError where they are none."""
    try:
        row: Any = orjson.loads(value or b"")
        model, source = row["model"], row["source"]
        ref = ModelRef(model["name"], model["version"], model["digest"], model.get("corrections", {}))
        return Annotated(
            row["id"], ref, Source(source["topic"], source["partition"], source["offset"]), place
        )
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise WorkerError(
            f"expected an annotation as Freshet writes it, got {(value or b'')[:80]!r} ({error!r})"
        ) from error


def find_annotation(records: Iterable[Record], topic: str, wanted: str) -> Annotated:
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
    annotated: Annotated, registry: Versions | None, corrections: Iterable[Record] = ()
) -> Explanation:
    """Follow the model's parents, and look which corrections of the text it had learned."""
    said = tuple(_said(annotated, corrections))
    if registry is None or not annotated.model.version.isdecimal():
        return Explanation(annotated, (), said, "its model was served from a folder, not from a registry")
    try:
        chain = tuple(_chain(registry, int(annotated.model.version)))
    except UnknownVersionError as error:
        return Explanation(annotated, (), said, str(error))
    if chain[0].manifest_digest != annotated.model.digest:
        remark = (
            f"version {chain[0].number} of this registry has another digest "
            f"({chain[0].manifest_digest[:12]}); is it the right registry?"
        )
        return Explanation(annotated, (), said, remark)
    return Explanation(annotated, chain, said)


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


def places_of(text: str) -> Source | None:
    """The place, if a string names one.

    >>> places_of("texts:0:17"), places_of("m-17")
    (Source(topic='texts', partition=0, offset=17), None)
    """
    try:
        return parse_source(text.encode())
    except DecodeError:
        return None


def _chain(registry: Versions, number: int) -> Iterator[Version]:
    seen: set[int] = set()
    at: int | None = number
    while at is not None and at not in seen:
        seen.add(at)
        version = registry.version(at)
        yield version
        at = version.parent


def _said(annotated: Annotated, records: Iterable[Record]) -> Iterator[Said]:
    for record in records:
        if annotated.id.encode() not in (record.value or b""):
            continue
        try:
            correction = decode_correction(record.value, headers=record.headers)
        except DecodeError:
            continue
        if correction.id == annotated.id:
            learned = record.offset < annotated.model.corrections.get(str(record.partition), 0)
            yield Said(record.source, correction, learned)


def _has_id(record: Record, wanted: str) -> bool:
    start = b'{"id":' + orjson.dumps(wanted) + b","
    return (record.value or b"").startswith(start)
