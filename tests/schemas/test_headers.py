# SPDX-License-Identifier: Apache-2.0
"""Headers of the records that Freshet writes."""

from __future__ import annotations

import pytest

from schemas import DecodeError, Source, output_headers, parse_source, schema_header, source_header


def test_an_output_says_its_trace_schema_source_and_model() -> None:
    """The trace is the received one; of two the last; the rest is ours."""
    received = (("traceparent", b"old"), ("x", b"y"), ("traceparent", b"new"))
    headers = output_headers(received, schema_header("annotation", 1), Source("texts", 1, 2), "1.0.0")
    assert headers == (
        ("traceparent", b"new"),
        ("freshet-schema", b"annotation/1"),
        ("src", b"texts:1:2"),
        ("model_version", b"1.0.0"),
    )


def test_without_a_trace_none_is_made_up() -> None:
    """No traceparent comes, none goes."""
    assert [
        name for name, _ in output_headers((), schema_header("annotation", 1), Source("t", 0, 0), "1")
    ] == [
        "freshet-schema",
        "src",
        "model_version",
    ]


def test_a_source_header_names_its_place() -> None:
    """Reading undoes writing."""
    assert parse_source(source_header(Source("a.b_c-d", 12, 34))[1]) == Source("a.b_c-d", 12, 34)


@pytest.mark.parametrize("value", [b"", b"texts", b"texts:0", b"texts:0:x", b":0:1", b"\xff:-1:2"])
def test_anything_else_is_no_source(value: bytes) -> None:
    """A malformed source is a DecodeError."""
    with pytest.raises(DecodeError):
        parse_source(value)
