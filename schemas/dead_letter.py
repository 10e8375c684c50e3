# SPDX-License-Identifier: Apache-2.0
"""The dead letter: a record that could not be processed, with the reason in its headers.

A dead letter keeps the record's key, value, timestamp and headers, and appends its own. Where both have a
header of one name (`freshet-schema`, `src`, `model_version`) the dead letter's stands last, so that
`redrive_headers` can take exactly its own away again. Source of the `__streams.errors` names: Kafka Streams,
KIP-1034.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .annotation import Source
from .errors import DecodeError
from .headers import MODEL_VERSION, SCHEMA, SRC, Headers, header_value, schema_header, source_header

NAME = "dead_letter"
MAJOR = 1

EXCEPTION = "__streams.errors.exception"
MESSAGE = "__streams.errors.message"
STACKTRACE = "__streams.errors.stacktrace"
TOPIC = "__streams.errors.topic"
PARTITION = "__streams.errors.partition"
OFFSET = "__streams.errors.offset"
STAGE = "freshet-stage"
ATTEMPTS = "freshet-attempts"
FAILED_MODEL_VERSION = "freshet-model-version"
REDRIVEN = "freshet-redriven"
"""In a topic `<topic>.dlq.redriven`: the letter of `<topic>.dlq` at this place was sent back."""

OWN_NAMES = frozenset(
    {EXCEPTION, MESSAGE, STACKTRACE, TOPIC, PARTITION, OFFSET, STAGE, ATTEMPTS, FAILED_MODEL_VERSION}
)
SHARED_NAMES = (SCHEMA, SRC, MODEL_VERSION)

MAX_MESSAGE_CHARS = 1_000
MAX_STACKTRACE_CHARS = 8_000
"""Headers must not make a record too large for the broker that took it before; a trace's end says most."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """Why a record could not be processed, version 1.

    `exception` is a class name or a `DecodeError` reason; `stage` the step that failed (`decode`, `annotate`,
    `encode`, `commit`), or which reader of corrections could not read it (`learn`, `reannotate`); `attempts`
    counts how often the record was tried, this time included.
    """

    source: Source
    exception: str
    message: str
    stage: str
    stacktrace: str = ""
    attempts: int = 1
    model_version: str = ""


def dead_letter_headers(letter: DeadLetter, received: Sequence[tuple[str, bytes]] = ()) -> Headers:
    """Headers of the dead letter of a record that came with the headers `received`."""
    kept = tuple((name, value) for name, value in received if name not in OWN_NAMES)
    version = letter.model_version.encode("utf-8", "backslashreplace")
    own = (
        (EXCEPTION, letter.exception),
        (MESSAGE, letter.message[:MAX_MESSAGE_CHARS]),
        (STACKTRACE, letter.stacktrace[-MAX_STACKTRACE_CHARS:]),
        (TOPIC, letter.source.topic),
        (PARTITION, str(letter.source.partition)),
        (OFFSET, str(letter.source.offset)),
        (STAGE, letter.stage),
        (ATTEMPTS, str(letter.attempts)),
    )
    encoded = tuple((name, value.encode("utf-8", "backslashreplace")) for name, value in own)
    shared = (schema_header(NAME, MAJOR), source_header(letter.source), (MODEL_VERSION, version))
    return (*kept, *encoded, (FAILED_MODEL_VERSION, version), *shared)


def parse_dead_letter(headers: Sequence[tuple[str, bytes]]) -> DeadLetter:
    """What the headers of a dead letter say. Raises: DecodeError where they are not those of a dead
    letter."""
    partition, offset = _number(headers, PARTITION), _number(headers, OFFSET)
    return DeadLetter(
        source=Source(_string(headers, TOPIC), partition, offset),
        exception=_string(headers, EXCEPTION),
        message=_string(headers, MESSAGE),
        stage=_string(headers, STAGE),
        stacktrace=_string(headers, STACKTRACE),
        attempts=attempts(headers),
        model_version=_string(headers, FAILED_MODEL_VERSION),
    )


def attempts(headers: Sequence[tuple[str, bytes]]) -> int:
    """Which attempt at this record it is: 1 unless it was redriven."""
    value = header_value(headers, ATTEMPTS) or b""
    return int(value) if value.isdigit() and len(value) < 10 else 1


def redrive_headers(headers: Sequence[tuple[str, bytes]]) -> Headers:
    """Headers of a dead letter that goes back to its topic: those it first came with, and one attempt
    more."""
    left = [(name, value) for name, value in headers if name not in OWN_NAMES]
    for shared in SHARED_NAMES:
        last = next((i for i in range(len(left) - 1, -1, -1) if left[i][0] == shared), None)
        if last is not None:
            del left[last]
    return (*left, (ATTEMPTS, str(attempts(headers) + 1).encode()))


def redriven_headers(partition: int, offset: int) -> Headers:
    """Headers of the note that the letter at this place was sent back."""
    return ((REDRIVEN, f"{partition}:{offset}".encode()),)


def redriven_place(headers: Sequence[tuple[str, bytes]]) -> str | None:
    """The place (`partition:offset`) of the letter that a note says was sent back; None of anything else.

    >>> redriven_place(redriven_headers(0, 17))
    '0:17'
    """
    value = header_value(headers, REDRIVEN)
    return None if value is None else value.decode("utf-8", "replace")


def _string(headers: Sequence[tuple[str, bytes]], name: str) -> str:
    return (header_value(headers, name) or b"").decode("utf-8", "replace")


def _number(headers: Sequence[tuple[str, bytes]], name: str) -> int:
    value = header_value(headers, name)
    if value is None or not value.isdigit():
        raise DecodeError(
            "schema-header",
            f"expected a dead letter with a number in header {name}, got {value!r}; is this a .dlq topic?",
        )
    return int(value)
