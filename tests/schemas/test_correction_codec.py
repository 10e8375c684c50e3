# SPDX-License-Identifier: Apache-2.0
"""Corrections: what is read, what is refused and why, and how an id is made."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import Correction, DecodeError, LabelledSpan, Layer, decode_correction, encode_correction
from schemas.errors import REASONS

TEXT = "Ada went to Kigali."
ROW: dict[str, Any] = {
    "author": "ada",
    "id": "m-1",
    "text": TEXT,
    "layers": {"ents": {"status": "complete", "spans": []}},
}


def row_with(**fields: Any) -> bytes:
    """A correction's bytes with some fields in another way."""
    return orjson.dumps(ROW | fields)


def layer_row(name: str, tokens: Any = None, **fields: Any) -> bytes:
    """A correction of one layer."""
    return row_with(layers={name: {"status": "partial"} | fields}, tokens=tokens)


WORDS = {"start": [0, 4, 9], "end": [3, 8, 11]}
BAD = [
    ("missing-text", None),
    ("json", b"{"),
    ("encoding", b"\xff"),
    ("type", b"[]"),
    ("missing-field", row_with(author=None)),
    ("missing-field", row_with(id="")),
    ("missing-field", row_with(text=None)),
    ("missing-field", row_with(layers=None)),
    ("type", row_with(supersedes=7)),
    ("layer", row_with(layers={})),
    ("layer", row_with(layers={"entities": {"status": "complete"}})),
    ("status", row_with(layers={"ents": {"status": "done", "spans": []}})),
    ("missing-field", row_with(layers={"ents": {"spans": []}})),
    ("type", row_with(layers={"ents": []})),
    ("span", layer_row("ents", spans=[{"start": 0, "end": 20, "label": "A"}])),
    ("span", layer_row("ents", spans=[{"start": 3, "end": 3, "label": "A"}])),
    ("span", layer_row("ents", spans=[{"start": -1, "end": 3, "label": "A"}])),
    ("span", layer_row("ents", spans=[{"start": 3, "end": 4, "label": "A"}])),
    (
        "span",
        layer_row("ents", spans=[{"start": 0, "end": 3, "label": "A"}, {"start": 2, "end": 8, "label": "B"}]),
    ),
    ("span", row_with(layers={"ents": {"status": "complete", "spans": [{"start": 0, "end": 3}]}})),
    ("span", layer_row("ents", spans=[], wrong=[{"start": 0, "end": 3}])),
    ("type", layer_row("ents", spans=[{"start": "0", "end": 3, "label": "A"}])),
    ("type", layer_row("ents", spans=[7])),
    ("score", layer_row("cats", scores={"A": 1.5})),
    ("score", layer_row("cats", scores={"": 1.0})),
    ("type", layer_row("cats", scores={"A": True})),
    ("tokens", layer_row("tags", values=["NN"])),
    ("tokens", layer_row("tags", WORDS, values=["NN"])),
    ("tokens", layer_row("tags", {"start": [0, 2], "end": [3, 8]}, values=["NN", "NN"])),
    ("tokens", layer_row("tags", {"start": [0], "end": [3, 8]}, values=["NN"])),
    ("tokens", layer_row("tags", {"start": [0], "end": [30]}, values=["NN"])),
    ("layer", layer_row("tags", WORDS, values=["NN", "", "NN"])),
    ("type", layer_row("tags", WORDS, values=["NN", 7, "NN"])),
    ("heads", layer_row("deps", WORDS, heads=[3, 1, 1], labels=["a", "ROOT", "b"])),
    ("heads", layer_row("deps", WORDS, heads=[None, 1, 1], labels=["a", "ROOT", "b"])),
    ("heads", layer_row("deps", WORDS, heads=[1, 2, 0], labels=["a", "b", "c"])),
    ("type", layer_row("deps", WORDS, heads=[True, 1, 1], labels=["a", "b", "c"])),
]


@pytest.mark.parametrize(("reason", "value"), BAD)
def test_what_nobody_could_learn_from_is_refused_with_a_reason(reason: str, value: bytes | None) -> None:
    """Every kind of damage has its reason, which is one of the listed ones."""
    with pytest.raises(DecodeError) as caught:
        decode_correction(value)
    assert caught.value.reason == reason
    assert reason in REASONS


def test_a_text_over_the_limit_is_refused() -> None:
    """The limit counts characters."""
    with pytest.raises(DecodeError) as caught:
        decode_correction(row_with(), max_text_chars=len(TEXT) - 1)
    assert caught.value.reason == "too-long"


def test_another_schema_is_refused() -> None:
    """A text message in the corrections topic is no correction, whatever its fields."""
    with pytest.raises(DecodeError) as caught:
        decode_correction(row_with(), headers=[("freshet-schema", b"text/1")])
    assert caught.value.reason == "schema-name"


def test_defaults_stand_in_for_missing_fields() -> None:
    """Id, author and time may come from the record."""
    value = orjson.dumps({"text": TEXT, "layers": ROW["layers"]})
    found = decode_correction(
        value, default_id="texts:0:7", default_author="bo", default_created="2026-01-01"
    )
    assert (found.id, found.author, found.created) == ("texts:0:7", "bo", "2026-01-01")


def test_the_same_content_has_the_same_id_and_another_one_another() -> None:
    """Without an id of its own a correction is named by what it says, not by when it was said."""
    first = decode_correction(row_with(created="2026-01-01"))
    again = decode_correction(row_with(created="2026-01-02"))
    other = decode_correction(layer_row("ents", spans=[{"start": 0, "end": 3, "label": "PER"}]))
    by_bo = decode_correction(row_with(author="bo"))
    assert first.correction_id == again.correction_id
    assert len({first.correction_id, other.correction_id, by_bo.correction_id}) == 3


def test_a_counted_revision_names_the_correction() -> None:
    """Where the sender counts, the same revision is the same correction."""
    assert (
        decode_correction(row_with(revision=1)).correction_id
        == decode_correction(row_with(revision=1, text="B")).correction_id
    )
    assert (
        decode_correction(row_with(revision=1)).correction_id
        != decode_correction(row_with(revision=2)).correction_id
    )


def test_a_correction_without_layers_takes_another_one_back() -> None:
    """It must say which."""
    assert decode_correction(row_with(layers={}, supersedes="c-1")).layers == {}


def test_an_empty_label_says_that_nothing_is_there() -> None:
    """Only a partial layer of entities needs and knows that."""
    found = decode_correction(layer_row("ents", spans=[{"start": 0, "end": 3}]))
    assert found.layers["ents"].spans == [LabelledSpan(0, 3, "")]


names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=5)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 30) | st.floats() | names,
    lambda v: st.lists(v, max_size=3) | st.dictionaries(names, v, max_size=3),
)
layers = st.dictionaries(
    st.sampled_from(["ents", "spans", "cats", "tags", "deps", "sents", "x"]),
    st.fixed_dictionaries(
        {"status": st.sampled_from(["complete", "partial"]) | values},
        optional={name: values for name in ("spans", "wrong", "scores", "values", "heads", "labels", "key")},
    )
    | values,
    max_size=3,
)


@settings(deadline=None, max_examples=300)
@given(
    st.fixed_dictionaries(
        {"id": names, "author": names, "text": names, "layers": layers},
        optional={"tokens": values, "source": values},
    )
)
def test_whatever_comes_is_a_correction_or_a_decode_error(row: dict[str, Any]) -> None:
    """No JSON makes any other error, and what is read is written and read again the same."""
    try:
        found = decode_correction(orjson.dumps(row, option=orjson.OPT_NON_STR_KEYS))
    except DecodeError:
        return
    assert decode_correction(encode_correction(found)) == found


def test_ids_are_kept_on_the_way() -> None:
    """A given id is nobody's to change."""
    sent = Correction("c-9", "ada", "", "m", "Hi Bo", {"ents": Layer("partial", [LabelledSpan(3, 5, "PER")])})
    assert decode_correction(encode_correction(sent)) == sent
    assert decode_correction(encode_correction(replace(sent, correction_id=""))).correction_id
