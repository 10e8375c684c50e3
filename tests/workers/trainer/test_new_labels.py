# SPDX-License-Identifier: Apache-2.0
"""Corrections bring labels that no head has: they are learned where somebody asked for it, exactly once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from engine.config.config import ConfigError
from engine.pipeline.pipeline import Pipeline
from schemas import Layer
from workers.trainer.candidates import fetch_pipeline
from workers.trainer.reproduce import reproduce_version

from .support import PLACES, Workshop, correction, record_of, various, various_records


def champion_of(shop: Workshop) -> tuple[int, Pipeline]:
    """Number and pipeline of the version that serves."""
    with shop.open() as registry:
        number = registry.head().champion
        assert number is not None
        return number, fetch_pipeline(registry, number, shop.folder / "fetched")


def test_heads_grow_by_what_corrections_bring(tmp_path: Path) -> None:
    """The champion after them has the labels, behind those that it had; its verdict found nothing wrong with
    that, and it is learned again to the last bit."""
    shop = Workshop(tmp_path)
    shop.send(various_records(40))
    session = shop.learn()
    assert session.parts.learner.grown == {"textcat": ["travel"], "ner": ["TOWN"]}
    assert "unknown_labels" not in session.parts.filter.counts
    number, champion = champion_of(shop)
    assert champion.labels["ner"] == ["LOC", "PER", "TOWN"]
    assert champion.labels["textcat"] == ["people", "nature", "travel"]
    with shop.open() as registry:
        verdict = registry.version(number).verdict
        assert verdict is not None
        assert verdict["passed"]
        assert reproduce_version(registry, number, broker=shop.broker).same


def test_a_new_label_is_learned_from_a_few_corrections(tmp_path: Path) -> None:
    """A city that people call a town from now on is one, while other cities and people stay what they are."""
    shop = Workshop(tmp_path)
    rates = dict.fromkeys(("learn_rate__rate", "learn_rate__schedule__rate"), 0.01)
    steps = {f"training__optimizer__{name}": rate for name, rate in rates.items()}
    steps["learner__consolidation__every"] = 0
    shop.send([record_of(correction(i)) for i in range(80)])
    shop.learn(**steps, training__batcher__capacity=100)
    shop.send([record_of(various(8 * i + 6)) for i in range(80, 120)])
    session = shop.learn(**steps, training__batcher__capacity=100)
    with session.parts.learner.candidate() as candidate:
        found = {
            place: [(e.text, e.label) for e in candidate(f"Ada lives in {place} .").ents] for place in PLACES
        }
    assert found["Oslo"] == [("Ada", "PER"), ("Oslo", "TOWN")]
    assert found["Kigali"] == [("Ada", "PER"), ("Kigali", "LOC")]


def test_a_restored_learner_has_its_labels(tmp_path: Path) -> None:
    """They are in the state; what comes later goes on from there, and needs no new ones."""
    shop = Workshop(tmp_path)
    shop.send(various_records(24))
    first = shop.learn()
    shop.send([record_of(correction(i)) for i in range(100, 112)])
    second = shop.learn()
    assert second.parts.learner.grown == first.parts.learner.grown != {}
    assert second.parts.learner.pipeline.labels == first.parts.learner.pipeline.labels


def test_without_the_setting_labels_are_counted_and_passed_over(tmp_path: Path) -> None:
    """No slip of the pen becomes a class."""
    shop = Workshop(tmp_path)
    shop.send(various_records(24))
    session = shop.learn(learner__grow_labels=[])
    assert session.parts.learner.grown == {}
    assert session.parts.filter.counts["unknown_labels"] >= 2
    _, champion = champion_of(shop)
    assert champion.labels["ner"] == ["LOC", "PER"]


def test_only_the_named_heads_grow(tmp_path: Path) -> None:
    """The others' labels are passed over."""
    shop = Workshop(tmp_path)
    shop.send(various_records(24))
    session = shop.learn(learner__grow_labels=["ner"])
    assert session.parts.learner.grown == {"ner": ["TOWN"]}
    assert session.parts.filter.counts["unknown_labels"] >= 1


def test_nobody_can_make_a_head_grow_without_end(tmp_path: Path) -> None:
    """So many labels a head, and none that is longer than a label is."""
    shop = Workshop(tmp_path)
    places = [correction(i).layers["ents"].spans[1] for i in range(6)]
    labels = ["x" * 101, "A", "B", "C", "D", "E"]
    said = [Layer(spans=[replace(place, label=label)]) for place, label in zip(places, labels, strict=True)]
    shop.send([record_of(correction(i, id=f"same{i}", layers={"ents": one})) for i, one in enumerate(said)])
    session = shop.learn(learner__grow_limit=3, learner__held_out_percent=0.0)
    assert session.parts.learner.grown == {"ner": ["A", "B", "C"]}
    assert session.parts.filter.counts["unknown_labels"] == 3


def test_frozen_heads_do_not_grow(tmp_path: Path) -> None:
    """They would never learn what it is."""
    shop = Workshop(tmp_path)
    shop.send(various_records(12))
    session = shop.learn(training__frozen_components=["ner"])
    assert "ner" not in session.parts.learner.grown


def test_heads_that_cannot_grow_are_refused(tmp_path: Path) -> None:
    """With the place of the setting and the names that there are."""
    shop = Workshop(tmp_path)
    shop.send(various_records(2))
    with pytest.raises(ConfigError, match=r"grow_labels.*got 'parser'; there are: tagger, ner, textcat"):
        shop.learn(learner__grow_labels=["parser"])
