# SPDX-License-Identifier: Apache-2.0
"""Prodigy's tasks as corrections: what a person said, and never more than that."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import (
    Correction,
    DecodeError,
    LabelledSpan,
    Layer,
    Source,
    decode_correction,
    encode_correction,
    lacks_layer,
    read_correction,
    read_task,
    silence_of,
)
from schemas.prodigy import Silence

TEXT = "Nike and Vans"
NIKE = {"start": 0, "end": 4, "token_start": 0, "token_end": 0, "label": "BRAND"}
OPTIONS = [{"id": "A", "text": "a"}, {"id": 2, "text": "b"}]


def task(**fields: Any) -> Correction | None:
    """A task's correction."""
    return read_task(
        orjson.dumps({"text": TEXT, "_input_hash": 5, "_task_hash": 6} | fields), default_author="bo"
    )


def layers(**fields: Any) -> dict[str, Layer]:
    """The layers of a task's correction."""
    found = task(**fields)
    assert found is not None
    return dict(found.layers)


SPAN = LabelledSpan(0, 4, "BRAND")
SAID = [
    ({"_view_id": "ner_manual", "spans": [NIKE], "answer": "accept"}, {"ents": Layer("complete", [SPAN])}),
    ({"_view_id": "ner_manual", "spans": [], "answer": "accept"}, {"ents": Layer("complete", [])}),
    ({"_view_id": "ner_manual", "answer": "accept"}, {"ents": Layer("complete", [])}),
    (
        {"_view_id": "ner_manual", "_is_binary": True, "spans": [NIKE], "answer": "accept"},
        {"ents": Layer("partial", [SPAN])},
    ),
    (
        {"_view_id": "ner", "label": "BRAND", "spans": [NIKE], "answer": "accept"},
        {"ents": Layer("partial", [SPAN])},
    ),
    (
        {"_view_id": "ner", "label": "BRAND", "spans": [NIKE], "answer": "reject"},
        {"ents": Layer("partial", wrong=[SPAN])},
    ),
    ({"spans": [NIKE], "answer": "accept"}, {"ents": Layer("partial", [SPAN])}),
    ({"spans": [], "answer": "accept"}, {"ents": Layer("complete", [])}),
    ({"_view_id": "ner", "spans": [], "answer": "accept"}, {"ents": Layer("complete", [])}),
    ({"_view_id": "blocks", "spans": [], "answer": "accept"}, {"ents": Layer("complete", [])}),
    ({"_view_id": "spans", "spans": [], "answer": "accept"}, {"spans": Layer("complete", [])}),
    ({"label": "SHOES", "spans": [], "answer": "accept"}, {"cats": Layer("partial", scores={"SHOES": 1.0})}),
    ({"_view_id": "spans_manual", "spans": [NIKE], "answer": "accept"}, {"spans": Layer("complete", [SPAN])}),
    (
        {"_view_id": "classification", "label": "SHOES", "answer": "accept"},
        {"cats": Layer("partial", scores={"SHOES": 1.0})},
    ),
    (
        {"_view_id": "classification", "label": "SHOES", "answer": "reject"},
        {"cats": Layer("partial", scores={"SHOES": 0.0})},
    ),
    ({"label": "SHOES", "answer": "accept"}, {"cats": Layer("partial", scores={"SHOES": 1.0})}),
    (
        {"_view_id": "choice", "options": OPTIONS, "accept": ["A"], "answer": "accept"},
        {"cats": Layer("complete", scores={"A": 1.0, "2": 0.0})},
    ),
    (
        {"_view_id": "choice", "options": OPTIONS, "accept": [2], "answer": "accept"},
        {"cats": Layer("complete", scores={"A": 0.0, "2": 1.0})},
    ),
]
NOTHING = [
    {"_view_id": "ner_manual", "spans": [NIKE], "answer": "ignore"},
    {"_view_id": "ner_manual", "spans": [NIKE], "answer": "reject"},
    {"_view_id": "choice", "options": OPTIONS, "accept": ["A"], "answer": "reject"},
    {"_view_id": "ner", "spans": [], "answer": "reject"},
    {"spans": [], "answer": "reject"},
]
BAD = [
    ("answer", {"_view_id": "ner_manual", "spans": []}),
    ("answer", {"_view_id": "ner_manual", "spans": [], "answer": "yes"}),
    ("layer", {"answer": "accept"}),
    ("layer", {"_view_id": "choice", "options": OPTIONS, "accept": ["C"], "answer": "accept"}),
    ("missing-field", {"_view_id": "choice", "answer": "accept"}),
    ("missing-field", {"spans": [{"start": 0, "end": 4}], "answer": "accept"}),
    ("span", {"spans": [NIKE | {"end": 99}], "answer": "accept"}),
    ("span", {"spans": [NIKE, NIKE], "answer": "accept"}),
    ("missing-field", {"text": None, "spans": [], "answer": "accept"}),
    ("type", {"_view_id": "choice", "options": [True], "accept": [], "answer": "accept"}),
]


@pytest.mark.parametrize(("fields", "said"), SAID)
def test_a_task_says_what_the_person_decided(fields: dict[str, Any], said: dict[str, Layer]) -> None:
    """The manual interfaces make complete layers, single decisions partial ones, a rejected span is wrong as
    it stands."""
    assert layers(**fields) == said


@pytest.mark.parametrize("fields", NOTHING)
def test_a_task_that_says_nothing_makes_no_correction(fields: dict[str, Any]) -> None:
    """Ignored, or rejected as a whole."""
    assert task(**fields) is None


@pytest.mark.parametrize(("reason", "fields"), BAD)
def test_a_task_that_cannot_be_read_has_a_reason(reason: str, fields: dict[str, Any]) -> None:
    """Also one that nobody has answered yet."""
    with pytest.raises(DecodeError) as caught:
        task(**fields)
    assert caught.value.reason == reason


def test_the_caller_may_know_better_whether_all_spans_are_marked() -> None:
    """A task without an interface's name is partial unless the caller says so."""
    found = read_task(orjson.dumps({"text": TEXT, "spans": [NIKE], "answer": "accept"}), complete=True)
    assert found is not None
    assert found.layers["ents"].status == "complete"


def test_nothing_here_is_partial_only_where_the_caller_says_so() -> None:
    """A partial layer without spans says nothing."""
    value = orjson.dumps({"text": TEXT, "spans": [], "answer": "accept"})
    assert read_task(value, complete=False) is None
    assert silence_of(orjson.loads(value)) is Silence.partial


def test_an_older_export_says_that_nothing_is_there_once_its_layer_is_told() -> None:
    """Without spans and interface nothing in the task tells what it is about."""
    row = {"text": TEXT, "_input_hash": 5, "answer": "accept"}
    found = read_task(orjson.dumps(row), layer="ents")
    assert found is not None
    assert found.layers == {"ents": Layer("complete", [])}
    assert lacks_layer(row)
    assert silence_of(row) is Silence.unnamed
    assert not lacks_layer(row | {"spans": []})
    assert read_task(orjson.dumps(row | {"answer": "reject"}), layer="ents") is None


def test_the_layer_that_is_told_gives_way_to_the_interface() -> None:
    """It is for tasks that do not say themselves what they are about."""
    said = {"text": TEXT, "answer": "accept", "spans": []}
    found = [read_task(orjson.dumps(said | more), layer="spans") for more in ({}, {"_view_id": "ner_manual"})]
    assert [list(one.layers) for one in found if one is not None] == [["spans"], ["ents"]]


def test_who_when_and_what_come_from_the_task() -> None:
    """Session, time and the sender's own id, place and model version, where the task has them."""
    found = task(
        spans=[NIKE],
        answer="accept",
        _session_id="set-ada",
        _timestamp=1_700_000_000,
        meta={"id": "m-1"},
        source="texts:0:7",
        model_version="3",
    )
    assert found is not None
    assert (found.author, found.created, found.id, found.source, found.model_version) == (
        "set-ada",
        "2023-11-14T22:13:20+00:00",
        "m-1",
        Source("texts", 0, 7),
        "3",
    )


def test_without_an_id_the_input_hash_names_the_text() -> None:
    """So two sessions' answers to one input speak of the same text, and a source that is no place is passed
    over."""
    found = task(spans=[NIKE], answer="accept", source="Reddit")
    assert found is not None
    assert (found.id, found.author, found.source) == ("prodigy:5", "bo", None)


def test_another_answer_to_the_same_task_is_another_correction() -> None:
    """Prodigy's task hash does not say what was answered; the id does."""
    first, second = task(label="A", answer="accept"), task(label="A", answer="reject")
    assert first is not None
    assert second is not None
    assert first.correction_id != second.correction_id


def test_both_forms_are_told_apart() -> None:
    """One topic may hold corrections in our form and Prodigy's tasks."""
    found = task(spans=[NIKE], answer="accept")
    assert found is not None
    assert read_correction(encode_correction(found)) == found
    assert (
        read_correction(
            orjson.dumps({"text": TEXT, "spans": [NIKE], "answer": "accept", "_input_hash": 5}),
            default_author="bo",
        )
        == found
    )


names = st.text(st.characters(exclude_categories=["Cs"]), max_size=4)
numbers = st.integers(-3, 20) | st.floats(allow_nan=False, allow_infinity=False)
anything = st.recursive(
    st.none() | st.booleans() | numbers | names,
    lambda v: st.lists(v, max_size=3) | st.dictionaries(names, v, max_size=3),
)
span = (
    st.fixed_dictionaries({"start": st.integers(-1, 20), "end": st.integers(-1, 20), "label": names})
    | anything
)
fields = {
    "text": names | anything,
    "answer": st.sampled_from(["accept", "reject", "ignore"]) | anything,
    "_view_id": st.sampled_from(["ner_manual", "ner", "spans", "classification", "choice", "blocks"])
    | anything,
    "spans": st.lists(span, max_size=3) | anything,
    "options": st.lists(anything, max_size=3) | anything,
}
others = {
    name: anything
    for name in (
        "label",
        "accept",
        "meta",
        "id",
        "source",
        "_input_hash",
        "_session_id",
        "_timestamp",
        "_is_binary",
    )
}


@settings(deadline=None, max_examples=300)
@given(st.fixed_dictionaries(fields, optional=others), st.none() | st.booleans())
def test_whatever_comes_is_a_correction_nothing_or_a_decode_error(
    row: dict[str, Any], complete: bool | None
) -> None:
    """No task makes any other error, and what is read can be written in our form."""
    try:
        found = read_correction(orjson.dumps(row), complete=complete)
    except DecodeError:
        return
    if found is not None:
        assert decode_correction(encode_correction(found)) == found


def test_a_real_stream_of_tasks_is_read() -> None:
    """Every line of a public Prodigy data set is a correction, and keeps its bytes' meaning on the way."""
    if not os.environ.get("FRESHET_DATA"):
        pytest.skip("FRESHET_DATA names no folder with public data sets")
    for name, n_spans in (("train", 527), ("dev", 238)):
        lines = (Path(os.environ["FRESHET_DATA"]) / f"fashion_brands/{name}.jsonl").read_bytes().splitlines()
        found = [read_task(line) for line in lines]
        known = [correction for correction in found if correction is not None]
        assert len(known) == len(lines) == len({correction.correction_id for correction in known})
        assert sum(len(correction.layers["ents"].spans) for correction in known) == n_spans
        assert {correction.layers["ents"].status for correction in known} == {"complete"}
        assert [decode_correction(encode_correction(correction)) for correction in known] == known
