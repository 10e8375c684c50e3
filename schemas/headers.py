# SPDX-License-Identifier: Apache-2.0
"""Names and values of the headers that travel with every record."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import lru_cache

from .annotation import Route, Source
from .errors import DecodeError

Headers = tuple[tuple[str, bytes], ...]

SCHEMA = "freshet-schema"
SRC = "src"
MODEL_VERSION = "model_version"
ROUTE = "route"
PIECES_CUT = "pieces-cut"
ADAPTER = "adapter"
TRACEPARENT = "traceparent"


def output_headers(
    received: Sequence[tuple[str, bytes]],
    schema: tuple[str, bytes],
    source: Source,
    model_version: str,
    route: Route | None = None,
    pieces_cut: int = 0,
    adapter: str = "",
) -> Headers:
    """Headers of a record that Freshet writes: the trace it belongs to, its schema, its source, the model's
    version, the route of an annotation that has one, the name of the adapter that its text chose, and how
    many pieces of it a limit left out."""
    own: Headers = (schema, source_header(source), _version_header(model_version))
    if route is not None:
        own = (*own, _ROUTES[route])
    if adapter:
        own = (*own, (ADAPTER, adapter.encode()))
    if pieces_cut:
        own = (*own, (PIECES_CUT, b"%d" % pieces_cut))
    if not received:
        return own
    trace = tuple((TRACEPARENT, value) for name, value in received if name == TRACEPARENT)[-1:]
    return (*trace, *own)


_ROUTES = {route: (ROUTE, route.value.encode()) for route in Route}


def schema_header(name: str, major: int) -> tuple[str, bytes]:
    """The header that says which message a record holds: `freshet-schema: NAME/MAJOR`."""
    return SCHEMA, f"{name}/{major}".encode()


def source_header(source: Source) -> tuple[str, bytes]:
    """The header that says which record an output belongs to: `src: topic:partition:offset`."""
    return SRC, b"%b:%d:%d" % (_topic_bytes(source.topic), source.partition, source.offset)


def parse_source(value: bytes) -> Source:
    """The place that a `src` header names. Raises: DecodeError where it is none."""
    topic, _, rest = value.decode("utf-8", "replace").partition(":")
    partition, _, offset = rest.partition(":")
    if not topic or not partition.isdecimal() or not offset.isdecimal():
        raise DecodeError(
            "schema-header", f"expected header {SRC} as topic:partition:offset, got {value[:80]!r}"
        )
    return Source(topic, int(partition), int(offset))


def header_value(headers: Sequence[tuple[str, bytes]], name: str) -> bytes | None:
    """The last value under that name, as Kafka's own clients read headers; None where there is none."""
    found = None
    for key, value in headers:
        if key == name:
            found = value
    return found


def check_schema(headers: Sequence[tuple[str, bytes]], name: str, majors: Collection[int]) -> None:
    """Accept records that do not say what they hold, or that hold this message in one of these majors.

    Raises: DecodeError with reason `schema-header`, `schema-name` or `schema-major`.
    """
    value = header_value(headers, SCHEMA)
    if value is not None:
        _check_value(value, name, tuple(majors))


@lru_cache(maxsize=64)
def _topic_bytes(topic: str) -> bytes:
    return topic.encode("utf-8", "replace")


@lru_cache(maxsize=64)
def _version_header(version: str) -> tuple[str, bytes]:
    return MODEL_VERSION, version.encode("utf-8", "replace")


@lru_cache(maxsize=64)
def _check_value(value: bytes, name: str, majors: tuple[int, ...]) -> None:
    # Kept are only the answers to good values, of which there are few; a bad one raises each time.
    came, _, major = value.decode("utf-8", "replace").partition("/")
    if not (major.isascii() and major.isdecimal() and len(major) < 10):
        raise DecodeError(
            "schema-header",
            f"expected header {SCHEMA} as NAME/MAJOR such as {name}/{max(majors)}, got {value[:80]!r}",
        )
    if came != name:
        raise DecodeError(
            "schema-name", f"expected a record of schema {name}, got {came[:80]}; is this the right topic?"
        )
    if int(major) not in majors:
        known = ", ".join(f"{name}/{m}" for m in sorted(majors))
        raise DecodeError(
            "schema-major",
            f"expected one of {known}, got {name}/{major}; upgrade this reader or write an older major",
        )
