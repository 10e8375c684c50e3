# SPDX-License-Identifier: Apache-2.0
"""The latest annotations, for joining corrections with what they correct."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

from schemas import Annotation, Correction, DecodeError, decode_annotation

from ..transports.base import Record, Transport


class LatestAnnotations:
    """The last `capacity` annotations, found by the place of their text or by its id."""

    def __init__(self, capacity: int = 20_000) -> None:
        self.capacity = capacity
        self._by_source: dict[str, Annotation] = {}
        self._by_id: dict[str, str] = {}

    def __len__(self) -> int:
        """How many there are."""
        return len(self._by_source)

    def add(self, annotation: Annotation) -> None:
        """Take in an annotation; of the same text, the later one stays."""
        source = str(annotation.source)
        self._by_source.pop(source, None)
        self._by_source[source] = annotation
        self._by_id[annotation.id] = source
        while len(self._by_source) > self.capacity:
            oldest = next(iter(self._by_source))
            name = self._by_source.pop(oldest).id
            if self._by_id.get(name) == oldest:
                del self._by_id[name]

    def add_record(self, record: Record) -> None:
        """Take in the annotation of a record; what is none, such as another output format, is passed over."""
        try:
            self.add(decode_annotation(record.value, headers=record.headers))
        except DecodeError:
            return

    def of(self, correction: Correction) -> Annotation | None:
        """The annotation that a correction corrects: of the same place, else of the same id, and in any case of the same text."""
        source = str(correction.source) if correction.source else self._by_id.get(correction.id, "")
        found = self._by_source.get(source)
        if found is None or found.text != correction.text:
            return None
        if correction.model_version is not None and found.model.version != correction.model_version:
            return None
        return found


def joined(correction: Correction, annotation: Annotation) -> Correction:
    """The correction with the place of its text and the model's version, where it does not name them itself."""
    return replace(
        correction,
        source=correction.source or annotation.source,
        model_version=annotation.model.version if correction.model_version is None else correction.model_version,
    )


def last_records(transport: Transport, topic: str, n: int) -> Iterator[Record]:
    """About the last `n` records of a topic: as many of each partition, and more where partitions differ; none where there is no topic."""
    with closing(transport.admin()) as admin:
        bounds = next((info.bounds for info in admin.topics() if info.name == topic), ())
    if bounds:
        start = max(0, min(end for _, end in bounds) - n // len(bounds))
        yield from transport.read(topic, start)
