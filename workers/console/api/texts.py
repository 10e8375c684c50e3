# SPDX-License-Identifier: Apache-2.0
"""All that is known of one text: its annotations by version, what people said, what became of it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

from schemas import DecodeError, Source, decode_text, parse_source

from ...reprocess.lineage import version_as_json
from ...transports import Record, TransportError
from ..calls import Call, CallRefusedError, Endpoint
from ..cards import card
from ..console import Console
from ..ledger import layers_json
from ..sessions import Role
from ..tail import READER
from ..window import Shown, read_shown
from .answers import state_of

SCANNED = 5_000
"""Records of each partition of annotations that are looked through, newest first, for one text."""
SCAN_SECONDS = 1.5
CHAIN = 20


def endpoints(console: Console) -> list[Endpoint]:
    """See the package's page."""

    def text(call: Call) -> dict[str, Any]:
        place = _place(call.path["place"])
        shown = console.find(str(place))
        record = _record(console, place)
        text_id, words = _message(record, shown, place)
        found = annotations_of(console, text_id, str(place), shown)
        answers = console.ledger.of_text(text_id)
        return {
            "source": str(place),
            "id": text_id,
            "text": words,
            "found": record is not None or shown is not None,
            "annotations": [card(one, full=True) for one in found],
            "answers": [
                state_of(console, answer)
                | {"author": answer.author, "layers": layers_json(answer), "comment": answer.comment}
                for answer in answers
            ],
            "corrections": [
                {
                    "correction_id": one.correction.correction_id,
                    "author": one.correction.author,
                    "created": one.correction.created,
                    "progress": console.progress.of(one.correction.correction_id),
                }
                for one in console.progress.of_text(text_id)
            ],
            "chain": _chain(console, found[-1].version if found else ""),
        }

    def find(call: Call) -> dict[str, Any]:
        wanted = call.query.get("q", "")[:300]
        shown = console.find(wanted) or console.window.of_text(wanted)
        if shown is None and wanted.count(":") >= 2:
            return {"source": str(_place(wanted))}
        return {"source": None if shown is None else shown.source}

    return [
        Endpoint("GET", "/api/texts/{place}", Role.READ, text),
        Endpoint("GET", "/api/texts", Role.READ, find),
    ]


def annotations_of(console: Console, text_id: str, place: str, shown: Shown | None) -> list[Shown]:
    """The annotations of a text that can be found, oldest first: those at hand, and those among the newest
    records of the topic."""
    found = {shown.place: shown} if shown is not None else {}
    for one in (*console.window.newest(), *console.window.sample()):
        if one.id == text_id:
            found[one.place] = one
    for record in _scan(console, text_id):
        one_found = read_shown(record)
        if one_found is not None and (one_found.source == place or one_found.id == text_id):
            found[one_found.place] = one_found
    return sorted(found.values(), key=lambda one: (one.at_ms, one.place))


def _scan(console: Console, text_id: str) -> Iterator[Record]:
    """Records of the annotations' ends whose bytes name the text."""
    deadline, named = time.monotonic() + SCAN_SECONDS, text_id.encode("utf-8", "replace")
    try:
        with (
            closing(console.open_log()) as log,
            closing(log.partitions(console.workers.output_topic, READER)) as reader,
        ):
            for partition, (first, end) in enumerate(reader.bounds()):
                at = max(first, end - SCANNED)
                while at < end and time.monotonic() < deadline:
                    records, after = reader.fetch(partition, at, 500)
                    yield from (
                        record for record in records if named in (record.value or b"") or record.key == named
                    )
                    if after == at:
                        break
                    at = after
    except TransportError:
        return


def _record(console: Console, place: Source) -> Record | None:
    try:
        with closing(console.open_log()) as log, closing(log.partitions(place.topic, READER)) as reader:
            records, _ = reader.fetch(place.partition, place.offset, 1)
    except TransportError:
        return None
    return records[0] if records and records[0].offset == place.offset else None


def _message(record: Record | None, shown: Shown | None, place: Source) -> tuple[str, str]:
    if shown is not None:
        return shown.id, str(shown.row["text"])
    if record is None:
        return str(place), ""
    try:
        message = decode_text(record.value, default_id=str(place), headers=record.headers)
    except DecodeError:
        return str(place), ""
    return message.id, message.text


def _place(text: str) -> Source:
    topic, _, rest = text.partition(":")
    try:
        return parse_source(f"{topic}:{rest}".encode())
    except DecodeError:
        raise CallRefusedError(
            404, "that is no place of a text", "TOPIC:PARTITION:OFFSET", text[:80], "see a text's address"
        ) from None


def _chain(console: Console, version: str) -> list[Any]:
    chain: list[Any] = []
    at = int(version) if version.isdecimal() else None
    while at is not None and at in console.known.versions and len(chain) < CHAIN:
        chain.append(version_as_json(console.known.versions[at]))
        at = console.known.versions[at].parent
    return chain
