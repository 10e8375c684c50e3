# SPDX-License-Identifier: Apache-2.0
"""Versions and dead letters in people's hands: who may, with which reason, and what it leaves behind."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.console.local import Local, local_console
from tests.console.support import wait_for
from workers.console.letters import show_value
from workers.dead_letters import dead_letter
from workers.model_registry import ModelRegistry, open_registry
from workers.transports import Record

pytestmark = pytest.mark.redis
WHY = {"reason": "it is better"}


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModelRegistry]:
    """Three versions: the first is champion, the second passed the gate, the third was refused."""
    folder = tmp_path_factory.mktemp("registry")
    with open_registry(f"embedded:{folder}") as found:
        for i in range(3):
            model = folder / f"model-{i}" / "ner"
            model.mkdir(parents=True)
            (model / "labels.json").write_text('{"actions": [["B", "PER"], ["U", "LOC"], ["O", ""]]}')
            (model.parent / "meta.json").write_text(f'{{"name": "toy", "version": "{i}"}}')
            found.put(model.parent, actor="test")
        found.promote(1, expected_epoch=0, actor="test", reason="first", force=True)
        found.set_verdict(2, {"passed": True, "reasons": []}, found.head().champion_epoch)
        found.set_verdict(3, {"passed": False, "reasons": ["worse"]}, found.head().champion_epoch)
        yield found


@pytest.fixture
def local(tmp_path: Path, registry: ModelRegistry) -> Iterator[Local]:
    """A console over that registry."""
    with local_console(tmp_path, registry) as found:
        wait_for(lambda: found.get("/api/versions")["versions"])
        yield found


def test_labels_are_those_of_the_champion(local: Local) -> None:
    """Read of its own verified files; no other file is fetched."""
    assert local.get("/api/me")["labels"] == {"ents": ["PER", "LOC"]}


def test_a_promotion_needs_a_role_a_reason_the_number_and_the_present_head(local: Local) -> None:
    """403, 422, 422, 409 and 409; nothing changed by any of them."""
    epoch = local.get("/api/versions")["head"]["epoch"]
    body = {"version": 2, "typed": "2", "expected_epoch": epoch, **WHY}
    path = "/api/versions/promote"
    assert local.ask("POST", path, body, role="review")[0] == 403
    assert local.ask("POST", path, body | {"reason": " "})[0] == 422
    assert local.ask("POST", path, body | {"typed": "1"})[0] == 422
    assert local.ask("POST", path, body | {"expected_epoch": epoch + 7})[0] == 409
    assert local.ask("POST", path, body | {"version": 3, "typed": "3"})[0] == 409
    assert local.ask("POST", path, body | {"version": 9, "typed": "9"})[0] == 404
    assert local.get("/api/versions")["head"]["epoch"] == epoch


def test_who_promotes_and_rolls_back_stands_in_the_chain(local: Local, registry: ModelRegistry) -> None:
    """The actor is the person; the chain verifies; the same operation sent twice is done once."""
    epoch = local.get("/api/versions")["head"]["epoch"]
    body = {"version": 2, "typed": "2", "expected_epoch": epoch, "op_id": "op-1", **WHY}
    head = local.post("/api/versions/promote", body, person="grace")
    assert head["champion"] == 2
    assert local.post("/api/versions/promote", body, person="grace")["epoch"] == head["epoch"]
    told = local.get("/api/versions")
    assert (told["audit"][0]["actor"], told["audit"][0]["action"], told["verified"]) == (
        "grace",
        "promote",
        True,
    )
    back = {"expected_epoch": head["epoch"], "reason": "it was not"}
    assert local.ask("POST", "/api/versions/rollback", back | {"expected_epoch": 0})[0] == 409
    assert local.post("/api/versions/rollback", back)["champion"] == 1
    assert [entry.actor for entry in registry.audit()][-2:] == ["grace", "ada"]


def test_one_version_and_two_beside_each_other(local: Local) -> None:
    """Files, lineage and verdict of one; scores and facts that differ of two; none that is not there."""
    assert local.get("/api/versions/3")["reasons"] == ["worse"]
    assert "meta.json" in local.get("/api/versions/1/2")["fields"]
    assert local.ask("GET", "/api/versions/77")[0] == 404
    assert local.post("/api/versions/shadow", {"version": 3, **WHY})["shadow"] == 3
    assert local.post("/api/versions/shadow", {"version": None, **WHY})["shadow"] is None


def test_a_dead_letter_is_shown_and_goes_back(local: Local) -> None:
    """Grouped by reason; what is no text is hexadecimal; it goes once, by who may."""
    records = [Record("texts", 0, 40 + i, 0, b"k", value) for i, value in enumerate((b"\xff\x00", b"{"))]
    error = ValueError("it is broken")
    with closing(local.log.producer()) as producer:
        producer.send(
            [
                dead_letter(record, error, topic="texts.dlq", stage="decode", model_version="1")
                for record in records
            ]
        )
    topic = wait_for(
        lambda: next((one for one in local.get("/api/letters")["topics"] if one["count"] == 2), None)
    )
    assert topic["reasons"] == [{"reason": "ValueError", "count": 2}]
    assert [(row["value"], row["is_text"]) for row in topic["rows"]] == [("{", True), ("ff 00", False)]
    body = {"topic": "texts.dlq", "places": [topic["rows"][0]["place"]]}
    assert local.ask("POST", "/api/letters/redrive", body, role="review")[0] == 403
    assert local.post("/api/letters/redrive", body)["sent"] == 1
    assert [record.value for record in local.log.read("texts")] == [b"{"]
    assert local.get("/api/letters")["topics"][0]["rows"][0]["outcome"] == "sent back"
    assert local.post("/api/letters/redrive", {"topic": "texts.dlq", "reason": "ValueError"})["sent"] == 2
    assert local.ask("POST", "/api/letters/redrive", {"topic": "texts.dlq", "places": ["9:9"]})[0] == 404
    assert local.ask("POST", "/api/letters/redrive", {"topic": "texts", "reason": "x"})[0] == 404


def test_a_long_value_is_cut_at_a_letter() -> None:
    """UTF-8 that is cut in the middle of a letter is still text."""
    text, is_text = show_value("ü".encode() * 4_000 + b"x")
    assert is_text
    assert set(text) == {"ü"}


def test_learning_and_health_are_told(local: Local, registry: ModelRegistry) -> None:
    """Steps as the trainer logged them, versions as marks, CSV beside; lags, server and workers."""
    registry.log_metrics(
        {
            "kind": "step",
            "step": 3,
            "corrections": 4,
            "update": {"ner": 0.5},
            "progressive": {"ents": 0.8},
            "positions": {"0": 4},
        }
    )
    steps = wait_for(lambda: local.get("/api/metrics")["steps"])
    assert (steps[-1]["step"], steps[-1]["progressive"]) == (3, {"ents": 0.8})
    assert {mark["kind"] for mark in local.get("/api/metrics")["marks"]} >= {"passed", "refused"}
    assert b"progressive ents" in local.ask("GET", "/api/metrics.csv")[1]
    told = local.get("/api/health")
    assert told["registry"]["away"] == ""
    assert {tail["topic"] for tail in told["tails"]} >= {"annotations", "corrections", "answers", "texts.dlq"}
    assert local.get("/api/agreement")["people"]["f"]["few"]


def test_without_a_registry_the_pages_say_so(tmp_path: Path) -> None:
    """Nothing is learned there: empty lists, and 503 with what to do for what needs one."""
    with local_console(tmp_path) as local:
        assert not local.get("/api/versions")["learns"]
        body = {"version": 1, "typed": "1", "expected_epoch": 0, **WHY}
        status, told, _ = local.ask("POST", "/api/versions/promote", body)
        assert (status, told["do"]) == (503, "start with --registry")
        assert local.get("/api/health")["registry"] is None
