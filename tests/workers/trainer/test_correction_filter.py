# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from typing import Any

import pytest

from engine.pipeline.pipeline import Pipeline
from schemas import Correction, encode_correction
from tests.engine.toy import shared, toy_pipeline
from workers.gate import held_out
from workers.trainer.correction_filter import Admission, CorrectionFilter, Outcome
from workers.trainer.example_factory import ExampleFactory
from workers.transports.base import Record

from .support import TOPIC, correction


@pytest.fixture(scope="module")
def nlp() -> Pipeline:
    """A toy pipeline with entities and categories."""
    return toy_pipeline(shared("ner", "textcat"))


def filter_of(nlp: Pipeline, percent: float = 0.0, **settings: int) -> CorrectionFilter:
    """One that holds out so many percent."""
    return CorrectionFilter(
        ExampleFactory(nlp),
        **{"percent": percent, "n_recent": 3, "n_ids": 100, "max_text_chars": 1000, **settings},
    )


def admit(corrections: CorrectionFilter, said: Correction | bytes, offset: int | None = None) -> Admission:
    """What becomes of a correction that is read at an offset; without one behind those before."""
    offset = corrections.counts["read"] if offset is None else offset
    value = said if isinstance(said, bytes) else encode_correction(said)
    return corrections.admit(Record(TOPIC, 0, offset, 0, b"key", value))


def test_a_correction_becomes_an_example_once(nlp: Pipeline) -> None:
    """The same id again is passed over, whatever it says."""
    corrections = filter_of(nlp)
    first = admit(corrections, correction(1))
    assert first.example is not None
    assert first.example.aligned_ner()[:2] == ["U-PER", "O"]
    assert not first.example.has("tag")
    assert admit(corrections, correction(2, correction_id="c1")).example is None
    assert corrections.counts == {"read": 2, "learned": 1, "repeated": 1}


def test_only_the_last_ids_are_remembered(nlp: Pipeline) -> None:
    """Memory is bounded; the oldest id is forgotten first."""
    corrections = filter_of(nlp, n_ids=2)
    for i in (1, 2, 3):
        admit(corrections, correction(i))
    assert admit(corrections, correction(3)).example is None
    assert admit(corrections, correction(1)).example is not None


def test_documents_are_held_out_by_their_id_before_training(nlp: Pipeline) -> None:
    """All corrections of such a text judge candidates, none is learned; the newest few are kept, a revision
    instead of the first."""
    corrections = filter_of(nlp, percent=40.0)
    out = [i for i in range(40) if held_out(f"m{i}", 40.0)]
    for i in range(40):
        assert (admit(corrections, correction(i)).example is None) == (i in out)
    assert [example.key for example in corrections.recent] == [f"c{i}" for i in out[-3:]]
    last = correction(out[-1], correction_id="again", supersedes=f"c{out[-1]}")
    assert admit(corrections, last).example is None
    assert [example.key for example in corrections.recent] == [f"c{i}" for i in out[-3:-1]] + ["again"]


def test_what_is_taken_back_is_forgotten(nlp: Pipeline) -> None:
    """A correction without layers names the one that nobody shall learn from any longer."""
    corrections = filter_of(nlp)
    admit(corrections, correction(1))
    assert admit(corrections, correction(1, correction_id="back", supersedes="c1", layers={})).forget == "c1"
    assert corrections.counts["taken_back"] == 1


@pytest.mark.parametrize("value", [b"", b"{no json", b"[]", b'{"text": 7}', b"\xff\xfe"])
def test_what_is_no_correction_is_passed_over(nlp: Pipeline, value: bytes) -> None:
    """Learning goes on; the count tells."""
    corrections = filter_of(nlp)
    admission = admit(corrections, value)
    assert (admission.outcome, admission.example) == (Outcome.REJECTED, None)
    assert admission.error is not None
    assert corrections.counts["rejected"] == 1


def test_a_restored_filter_decides_alike(nlp: Pipeline) -> None:
    """State through JSON and back: the same ids, held-out examples and hash of the data."""
    first, second = filter_of(nlp, 30.0), filter_of(nlp, 30.0)
    for i in range(20):
        admit(first, correction(i), i)
    state: dict[str, Any] = json.loads(json.dumps(first.state()))
    second.load_state(state)
    assert second.state() == first.state()
    for corrections in (first, second):
        assert admit(corrections, correction(3), 20).example is None
        admit(corrections, correction(77), 21)
    assert second.state() == first.state()
    assert len(second.data_hash) == 64


def test_the_hash_of_the_data_knows_places_and_bytes(nlp: Pipeline) -> None:
    """Another offset or another byte makes another hash."""
    hashes = set()
    for offset, said in ((0, correction(1)), (1, correction(1)), (0, correction(2))):
        corrections = filter_of(nlp)
        admit(corrections, said, offset)
        hashes.add(corrections.data_hash)
    assert len(hashes) == 3
