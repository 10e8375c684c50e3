# SPDX-License-Identifier: Apache-2.0
"""Annotation messages: bytes and back."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np
import orjson
import pytest

from schemas import (
    Annotation,
    CharSpan,
    DecodeError,
    EncodeError,
    LabelledSpan,
    ModelRef,
    Source,
    decode_annotation,
    encode_annotation,
)

MODEL = ModelRef("en_starter", "1.0.0", "sha256:00", {"0": 12})
SOURCE = Source("texts", 3, 41)
FULL = Annotation(
    id="a",
    text="Hi Kigali.",
    lang="en",
    tokens={
        "start": [0, 3, 9],
        "end": [2, 9, 10],
        "tag": ["UH", "NNP", "."],
        "head": [0, 0, 0],
        "dep": ["ROOT", "vocative", "punct"],
    },
    model=MODEL,
    source=SOURCE,
    sents=[CharSpan(0, 10)],
    ents=[LabelledSpan(3, 9, "LOC")],
    spans={"places": [LabelledSpan(3, 9, "CITY")]},
    cats={"greeting": 0.75},
)


def row(**changes: object) -> bytes:
    """The full annotation with some fields changed."""
    return orjson.dumps({**orjson.loads(encode_annotation(FULL)), **changes})


def test_decoding_undoes_encoding() -> None:
    """All layers survive the way out and in."""
    assert decode_annotation(encode_annotation(FULL)) == FULL


def test_layers_that_the_pipeline_lacks_are_not_written() -> None:
    """None means "no such layer" and leaves no trace; an empty layer is written."""
    bare = Annotation("a", "", None, {"start": [], "end": []}, MODEL, SOURCE, ents=[])
    assert list(orjson.loads(encode_annotation(bare))) == [
        "id",
        "text",
        "lang",
        "tokens",
        "ents",
        "model",
        "source",
    ]
    assert decode_annotation(encode_annotation(bare)) == bare


def test_columns_may_be_arrays_or_ready_json() -> None:
    """Lists, NumPy arrays and fragments of JSON give the same bytes."""
    lists = {"start": [0, 3], "end": [2, 5]}
    other = {"end": orjson.Fragment(b"[2,5]"), "start": np.array([0, 3], dtype=np.int32)}
    by = [
        encode_annotation(Annotation("a", "Hi you", None, tokens, MODEL, SOURCE)) for tokens in (lists, other)
    ]
    assert by[0] == by[1]


def test_any_mapping_and_sequence_can_be_written() -> None:
    """Read-only mappings and tuples count as objects and arrays."""
    plain = Annotation(
        "a",
        "Hi",
        None,
        {"start": (0,), "end": (2,)},
        MODEL,
        SOURCE,
        ents=(),
        cats=MappingProxyType({"x": 0.5}),
    )
    assert b'"ents":[],"cats":{"x":0.5}' in encode_annotation(plain)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"text": None}, "missing-field"),
        ({"tokens": {"start": [0], "end": []}}, "type"),
        ({"tokens": {"start": ["0"], "end": [1]}}, "type"),
        ({"tokens": {"start": [True], "end": [1]}}, "type"),
        ({"tokens": []}, "type"),
        ({"sents": [3]}, "type"),
        ({"ents": [{"start": 0, "end": 2}]}, "missing-field"),
        ({"spans": {"x": 3}}, "type"),
        ({"cats": {"x": "high"}}, "type"),
        ({"model": {}}, "missing-field"),
        ({"source": {"topic": "t", "partition": "0", "offset": 1}}, "type"),
    ],
)
def test_a_malformed_annotation_is_refused(changes: dict[str, object], reason: str) -> None:
    """Wrong or missing fields are a DecodeError with a reason."""
    with pytest.raises(DecodeError) as caught:
        decode_annotation(row(**changes))
    assert caught.value.reason == reason


def test_an_annotation_of_an_unknown_major_is_refused() -> None:
    """The header is believed."""
    with pytest.raises(DecodeError) as caught:
        decode_annotation(row(), headers=(("freshet-schema", b"annotation/2"),))
    assert caught.value.reason == "schema-major"


def test_what_json_cannot_express_is_a_typed_error() -> None:
    """A column of no array type, or half a surrogate pair, is an EncodeError that names the message."""
    for text, column in (("\ud800", [0]), ("x", object())):
        with pytest.raises(EncodeError, match="'a'"):
            encode_annotation(Annotation("a", text, None, {"start": column, "end": [1]}, MODEL, SOURCE))
