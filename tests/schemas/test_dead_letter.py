# SPDX-License-Identifier: Apache-2.0
"""Dead letters: the reason in the headers, and the way back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import (
    DeadLetter,
    DecodeError,
    Source,
    attempts,
    dead_letter_headers,
    header_value,
    parse_dead_letter,
    redrive_headers,
)
from schemas.dead_letter import MAX_MESSAGE_CHARS, MAX_STACKTRACE_CHARS, OWN_NAMES

LETTER = DeadLetter(
    Source("texts", 2, 9), "json", "expected a JSON object", "decode", "Traceback ...", 1, "1.0.0"
)
RECEIVED = (
    ("freshet-schema", b"text/1"),
    ("traceparent", b"00-ab-cd-01"),
    ("src", b"upstream:0:1"),
    ("mine", b"\xff"),
)

names = st.sampled_from([*sorted(OWN_NAMES), "freshet-schema", "src", "model_version", "traceparent", "x"])
header_lists = st.lists(st.tuples(names, st.binary(max_size=8)), max_size=8).map(tuple)


def test_a_dead_letter_bears_the_names_of_the_interface() -> None:
    """The header names that other tools look for are all there, in bytes."""
    expected = {
        f"__streams.errors.{name}"
        for name in ("exception", "message", "stacktrace", "topic", "partition", "offset")
    }
    expected |= {
        "freshet-stage",
        "freshet-attempts",
        "freshet-model-version",
        "freshet-schema",
        "src",
        "model_version",
    }
    headers = dead_letter_headers(LETTER)
    assert {name for name, _ in headers} == expected
    assert all(isinstance(value, bytes) for _, value in headers)


def test_parsing_undoes_writing() -> None:
    """What was said about a record can be read again."""
    assert parse_dead_letter(dead_letter_headers(LETTER, RECEIVED)) == LETTER


def test_the_own_headers_of_the_record_stay_and_the_last_source_is_its_place() -> None:
    """Nothing that came with the record is lost; readers of the last value find the dead letter's own
    place."""
    headers = dead_letter_headers(LETTER, RECEIVED)
    assert headers[: len(RECEIVED)] == RECEIVED
    assert header_value(headers, "src") == b"texts:2:9"


def test_a_redriven_record_has_its_first_headers_and_counts_its_attempt() -> None:
    """Going back to the topic takes away what the dead letter added, nothing else."""
    back = redrive_headers(dead_letter_headers(LETTER, RECEIVED))
    assert back == (*RECEIVED, ("freshet-attempts", b"2"))
    assert attempts(back) == 2
    assert attempts(RECEIVED) == 1


@given(header_lists)
def test_redriving_undoes_dying_for_any_headers(received: tuple[tuple[str, bytes], ...]) -> None:
    """Whatever a record brings, also names of dead letters, a round trip leaves its own headers in order."""
    own = tuple(header for header in received if header[0] not in OWN_NAMES)
    back = redrive_headers(dead_letter_headers(LETTER, received))
    assert back == (*own, ("freshet-attempts", b"2"))


def test_long_and_odd_messages_do_not_harm() -> None:
    """Headers are bounded, the end of a trace is kept, and half a surrogate pair is spelled out."""
    letter = DeadLetter(Source("t", 0, 0), "E", "\ud800" + "m" * 10_000, "annotate", "s" * 100_000 + "end")
    parsed = parse_dead_letter(dead_letter_headers(letter))
    assert parsed.message.startswith("\\ud800m")
    assert len(parsed.message) < MAX_MESSAGE_CHARS + 10
    assert len(parsed.stacktrace) == MAX_STACKTRACE_CHARS
    assert parsed.stacktrace.endswith("end")


def test_other_records_are_no_dead_letters() -> None:
    """Headers of an ordinary record are a DecodeError."""
    with pytest.raises(DecodeError, match="dlq"):
        parse_dead_letter(RECEIVED)
