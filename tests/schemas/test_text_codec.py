# SPDX-License-Identifier: Apache-2.0
"""Text messages: what is accepted, what is refused and why."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import DecodeError, EncodeError, TextMessage, decode_text, encode_text, schema_header
from schemas.errors import REASONS
from schemas.text_codec import TextFormat


def decoded(value: bytes | None, **options: Any) -> TextMessage:
    """The message of a record at offset 7."""
    return decode_text(value, default_id="texts:0:7", **options)


def refusal(value: bytes | None, **options: Any) -> DecodeError:
    """The error of a record that is none."""
    with pytest.raises(DecodeError) as caught:
        decoded(value, **options)
    return caught.value


def test_a_full_message_keeps_all_its_fields() -> None:
    """Every field of the message arrives as it was sent."""
    value = b'{"id":"a","text":"Hi.","lang":"en","meta":{"n":[1,null]}}'
    assert decoded(value) == TextMessage("a", "Hi.", "en", {"n": [1, None]})


@pytest.mark.parametrize(
    "value", [b'{"text":"x"}', b'{"id":null,"text":"x","lang":null,"meta":null}', b'{"id":"","text":"x"}']
)
def test_a_text_without_id_is_named_by_its_place(value: bytes) -> None:
    """A missing, null or empty id gives way to the record's place."""
    assert decoded(value) == TextMessage("texts:0:7", "x")


def test_fields_of_later_versions_are_passed_over() -> None:
    """Unknown fields do not disturb, so that messages can grow."""
    assert decoded(b'{"text":"x","later":{"a":1}}').text == "x"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\0",
        "a\0b",
        " " * 100_000,
        "x" * 100_000,
        "\u05e9\u05dc\u05d5\u05dd",
        "e\u0301\u0302",
        "\U0001f600",
        "\ufeff",
    ],
)
def test_unusual_texts_are_texts(text: str) -> None:
    """Empty text, NUL, 100,000 blanks, one long token, right-to-left and combining marks are accepted in both
    formats."""
    assert decoded(json.dumps({"text": text}).encode()).text == text
    assert decoded(text.encode(), format="text").text == text


def test_a_byte_order_mark_before_json_is_passed_over() -> None:
    """Windows tools write one; it is no part of the message."""
    assert decoded(b'\xef\xbb\xbf{"text":"x"}').text == "x"


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "missing-text"),
        (b"", "json"),
        (b"\xff\xfe", "encoding"),
        (b'{"text":"\xc3"}', "encoding"),
        (b'{"text":"\xed\xa0\x80"}', "encoding"),
        (b'{"text":"x"', "json"),
        (b'{"text":"\x00"}', "json"),
        (b"plain words", "json"),
        (b"[" * 2_000, "json"),
        (b"\xef\xbb\xbf" * 2_000, "json"),
        (b'["x"]', "type"),
        (b'"x"', "type"),
        (b"17", "type"),
        (b"null", "type"),
        (b"{}", "missing-text"),
        (b'{"text":null}', "missing-text"),
        (b'{"text":17}', "type"),
        (b'{"text":true}', "type"),
        (b'{"text":["x"]}', "type"),
        (b'{"text":' + b"[" * 500 + b"]" * 500 + b"}", "type"),
        (b'{"id":3,"text":"x"}', "type"),
        (b'{"lang":3,"text":"x"}', "type"),
        (b'{"meta":"m","text":"x"}', "type"),
        (rb'{"text":"\ud800"}', "surrogate"),
        (rb'{"text":"\udc00 x"}', "surrogate"),
        (rb'{"id":"\ud83d\u0041","text":"x"}', "surrogate"),
    ],
)
def test_bad_input_is_refused_with_its_reason(value: bytes | None, reason: str) -> None:
    """Whatever is no text message raises DecodeError with a stable reason and a short message."""
    error = refusal(value)
    assert error.reason == reason
    assert len(str(error)) < 500


def test_plain_text_that_is_not_utf8_is_refused() -> None:
    """The bare format asks for UTF-8 only."""
    assert refusal(b"caf\xe9", format="text").reason == "encoding"
    assert refusal(None, format="text").reason == "missing-text"


def test_text_over_the_limit_is_refused_and_text_at_the_limit_is_not() -> None:
    """`max_text_chars` counts code points, not bytes; 2 MB of text are over the default."""
    assert refusal(json.dumps({"text": "x" * 2_000_000}).encode()).reason == "too-long"
    assert refusal(b"x" * 2_000_000, format="text").reason == "too-long"
    assert len(decoded("\u00e9".encode() * 10, format="text", max_text_chars=10).text) == 10
    assert refusal(b"x" * 11, format="text", max_text_chars=10).reason == "too-long"


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        (b"text/2", "schema-major"),
        (b"annotation/1", "schema-name"),
        (b"text", "schema-header"),
        (b"\xff", "schema-header"),
    ],
)
def test_other_schemas_are_refused(header: bytes, reason: str) -> None:
    """A record that says it holds another message, or a major that this reader does not know, is not read."""
    assert refusal(b'{"text":"x"}', headers=(("freshet-schema", header),)).reason == reason


def test_the_last_schema_header_counts() -> None:
    """Headers may repeat; Kafka's clients read the last of a name."""
    assert (
        decoded(
            b'{"text":"x"}', headers=(("freshet-schema", b"text/9"), ("k", b""), schema_header("text", 1))
        ).text
        == "x"
    )


def test_half_a_surrogate_pair_cannot_be_encoded() -> None:
    """A str can hold half a pair, UTF-8 cannot: a typed error says so."""
    with pytest.raises(EncodeError, match="UTF-8"):
        encode_text(TextMessage("a", "\ud800"))


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda values: (
        st.lists(values, max_size=3)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), values, max_size=3)
    ),
    max_leaves=5,
)


@given(
    st.builds(
        TextMessage,
        id=st.text(st.characters(exclude_categories=["Cs"]), min_size=1),
        text=st.text(st.characters(exclude_categories=["Cs"])),
        lang=st.none() | st.just("en"),
        meta=st.none()
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), json_values, max_size=3),
    )
)
def test_decoding_undoes_encoding(message: TextMessage) -> None:
    """Any message of any Unicode text survives the way out and in."""
    assert decoded(encode_text(message)) == message


@given(
    st.binary(max_size=60)
    | st.text(max_size=60).map(lambda text: json.dumps({"text": text}).encode())
    | json_values.map(lambda v: json.dumps(v).encode())
)
def test_whatever_comes_it_is_read_or_refused(value: bytes) -> None:
    """No bytes raise anything but DecodeError, and an accepted text can always be written again."""
    found: TextMessage | str
    try:
        found = decoded(value)
    except DecodeError as error:
        found = error.reason
    assert found in REASONS if isinstance(found, str) else decoded(encode_text(found)) == found


@pytest.mark.parametrize(("format", "value"), [("text", b"Hello"), ("json", b'{"text":"Hello"}')])
def test_a_byte_order_mark_is_passed_over(format: TextFormat, value: bytes) -> None:
    """It is a mark of files, and no part of a text, in either form."""
    assert decode_text(b"\xef\xbb\xbf" + value, default_id="a", format=format).text == "Hello"


@pytest.mark.parametrize("format", ["text", "json"])
@pytest.mark.parametrize(
    ("payload", "said"), [(b'{"text":"x"}', "JSON Schema, schema 7"), (b"\x1aHello", "Avro or Protobuf")]
)
def test_the_wire_format_of_a_schema_registry_is_named(format: TextFormat, payload: bytes, said: str) -> None:
    """Nobody reads Avro as text, or wonders about bytes that are no JSON."""
    with pytest.raises(DecodeError, match=f"schema registry's wire format .{said}.*plain JSON") as raised:
        decode_text(b"\0\0\0\0\7" + payload, default_id="a", format=format)
    assert raised.value.reason == "schema-registry"
