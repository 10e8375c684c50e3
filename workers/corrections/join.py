# SPDX-License-Identifier: Apache-2.0
"""The latest annotations, for joining corrections with what they correct."""

from __future__ import annotations

from dataclasses import replace

from schemas import Annotation, Correction, DecodeError, decode_annotation

from ..transports.base import Record, Transport
from ..transports.topic_reader import topic_infos

READER_NAME = "freshet-corrections-annotations"
RECORDS_AT_ONCE = 500


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
        """The annotation that a correction corrects: of the same place, else of the same id, and in any case
        of the same text."""
        source = str(correction.source) if correction.source else self._by_id.get(correction.id, "")
        found = self._by_source.get(source)
        if found is None or found.text != correction.text:
            return None
        if correction.model_version is not None and found.model.version != correction.model_version:
            return None
        return found


def join(correction: Correction, annotation: Annotation) -> Correction:
    """The correction with the place of its text and the model's version, where it does not name them
    itself."""
    return replace(
        correction,
        source=correction.source or annotation.source,
        model_version=annotation.model.version
        if correction.model_version is None
        else correction.model_version,
    )


class AnnotationTail:
    """Reads a topic's annotations into `latest`, from near its end on and outside of any group. Belongs to
    one thread."""

    def __init__(self, transport: Transport, topic: str, latest: LatestAnnotations) -> None:
        """Raises: TransportError where there is no such topic."""
        self._reader = transport.partitions(topic, READER_NAME)
        self._latest = latest
        self._positions: dict[int, int] = {}

    def advance(self) -> int:
        """Take in what has come since; of more than fit only the last ones. How many records. Raises:
        TransportError."""
        bounds, n_read = self._reader.bounds(), 0
        share = self._latest.capacity // len(bounds)
        for partition, (first, end) in enumerate(bounds):
            position = max(self._positions.get(partition, 0), end - share, first)
            while position < end:
                records, position = self._reader.fetch(partition, position, RECORDS_AT_ONCE)
                for record in records:
                    self._latest.add_record(record)
                n_read += len(records)
                if not records:
                    break
            self._positions[partition] = position
        return n_read

    def close(self) -> None:
        """Release what is held."""
        self._reader.close()


def open_tail(transport: Transport, topic: str, latest: LatestAnnotations) -> AnnotationTail | None:
    """The tail of a topic; None where there is no such topic, or no name."""
    return AnnotationTail(transport, topic, latest) if topic in topic_infos(transport) else None
