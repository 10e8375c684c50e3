# SPDX-License-Identifier: Apache-2.0
"""A champion that corrections speak against is rolled back by the trainer."""

from __future__ import annotations

from pathlib import Path

import pytest

import engine
from tests.engine.toy import shared, toy_pipeline
from workers.serving.triage import calibration_of

from .support import Workshop, records

pytestmark = pytest.mark.redis


def test_a_champion_that_corrections_speak_against_is_rolled_back(tmp_path: Path) -> None:
    """After a version that has learned, somebody forces one that has learned nothing: the next candidate's
    turn takes it back first."""
    shop = Workshop(tmp_path)
    shop.send(records(110))
    fast = {
        "learner__held_out_percent": 30.0,
        "learner__choosing_percent": 0.0,
        "learner__consolidation__every": 0,
        "learner__champion_shares": [0.0],
        "training__optimizer__learn_rate__schedule__rate": 0.01,
    }
    shop.learn(learner__candidate_every=0, **fast)
    with shop.open() as registry:
        good = registry.head().champion
        toy_pipeline(shared("tagger", "ner", "textcat")).to_disk(tmp_path / "worse")
        worse = registry.put(tmp_path / "worse", actor="somebody")
        registry.promote(
            worse.number,
            expected_epoch=registry.head().epoch,
            actor="somebody",
            reason="a mistake",
            force=True,
        )
    shop.send(records(150)[125:])
    shop.learn(learner__candidate_every=30, learner__gate__min_regret=10, **fast)
    with shop.open() as registry:
        taken_back = next(entry for entry in registry.audit() if entry.action == "rollback")
        assert (taken_back.version, taken_back.actor) == (good, "trainer")
        assert taken_back.reason.startswith("quality: on ")
        assert registry.version(worse.number).state == "retired"


def test_a_config_that_changed_after_a_fall_makes_a_version_of_its_own(tmp_path: Path) -> None:
    """A trainer falls when its candidate was put, and somebody edits the config (or a new Freshet ships
    another): the candidate is put again with the config that is in force, and learning goes on."""
    shop = Workshop(tmp_path)
    shop.send(records(32))

    def fall(step: str) -> None:
        if step == "proposed":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        shop.learn(fall)
    session = shop.learn(learner__gate__min_regret=0)
    assert session.stream.position.saved() == {"0": 37}
    with shop.open() as registry:
        first, again = registry.version(2), registry.version(3)
        assert first.corrections == again.corrections
        configs = [version.files["learning/learn.cfg"] for version in (first, again)]
        assert configs[0] != configs[1]


def test_a_judged_candidate_brings_its_calibration(tmp_path: Path) -> None:
    """Its verdict says how far its word of how sure it is holds, by the held-out corrections that judged it;
    whoever serves the version takes that, and its files know nothing of it."""
    shop = Workshop(tmp_path)
    shop.send(records(60))
    session = shop.learn(learner__candidate_every=50, learner__held_out_percent=50.0)
    with shop.open() as registry:
        version = registry.version(2)
        found = calibration_of(version, tmp_path, "")
        assert found is not None
        assert found.layers == ("ents",)
        assert 0 < found.curve.n <= len(session.parts.filter.recent)
        assert engine.load(registry.fetch(2, tmp_path / "fetched")).digest == found.digest
        assert not any("calibration" in path for path in version.files)


def test_candidates_of_one_champion_share_the_evidence(tmp_path: Path) -> None:
    """Each verdict goes on where the one before ended, and the stream's corrections have judged before they
    were learned: all but a revision."""
    shop = Workshop(tmp_path)
    shop.send(records(60))
    session = shop.learn(learner__gate__min_gain=0.0, learner__promote=False)
    with shop.open() as registry:
        verdicts = [version.verdict for version in registry.versions() if version.verdict]
        assert registry.head().champion == 1
    rows = [verdict["evidence"] for verdict in verdicts]
    assert len(rows) >= 2
    assert {row["champion"] for row in rows} == {1}
    assert [row["looks"] for row in rows] == sorted(row["looks"] for row in rows)
    assert [row["stream_documents"] for row in rows] == sorted({row["stream_documents"] for row in rows})
    assert rows[-1]["stream_documents"] == session.parts.filter.counts["learned"] - 1
    assert session.parts.stream_evidence.rival == 1
