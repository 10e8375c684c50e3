# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

import pytest

from engine.config.config import ConfigError
from engine.training.batchers import batch_by_sequence
from workers.errors import SettingsError
from workers.trainer.config import reservoir_of
from workers.trainer.schedules import Counters, resolve_counted
from workers.trainer.settings import TrainerSettings, read_trainer_settings

from .support import Workshop


def test_the_bundled_config_makes_a_session(tmp_path: Path) -> None:
    """All of its sections are understood; broker and registry may be given from outside."""
    plan = Workshop(tmp_path).plan()
    assert plan.reader.broker == f"embedded:{tmp_path / 'log'}"
    assert plan.settings.registry == f"embedded:{tmp_path / 'registry'}"
    assert plan.settings.gate.max_latency_ratio == 1000.0
    assert plan.settings.learner.average == 0.5


def test_the_hash_of_a_config_knows_what_decides_what_is_learned(tmp_path: Path) -> None:
    """Another rate makes another hash; another registry, gate or logger does not."""
    shop = Workshop(tmp_path)
    same = shop.plan(
        learner__registry="embedded:elsewhere", learner__gate__resamples=7, learner__promote=False
    ).config_hash
    assert same == shop.plan().config_hash
    assert shop.plan(learner__distillation=0.1).config_hash != same
    assert shop.plan(training__batcher__ratio=2.0).config_hash != same


def test_wrong_settings_are_told_with_their_place(tmp_path: Path) -> None:
    """Name, type and range of `[learner]`, and a reader that cannot keep positions."""
    with pytest.raises(
        SettingsError, match="learner -> candidate_evry: no such setting; those that exist: average"
    ):
        read_trainer_settings({"candidate_evry": 3})
    with pytest.raises(SettingsError, match="learner -> promote: expected bool, got 'yes'"):
        read_trainer_settings({"promote": "yes"})
    with pytest.raises(SettingsError, match="learner -> held_out_percent: expected less than 100"):
        read_trainer_settings({"held_out_percent": 100.0})
    with pytest.raises(SettingsError, match="learner -> rates: expected factors"):
        read_trainer_settings({"rates": {"tok2vec/*": "slow"}})
    assert read_trainer_settings({}) == TrainerSettings()
    with pytest.raises(ConfigError, match=r"expected freshet.KafkaCorrections.v1"):
        Workshop(tmp_path).plan(training__train_corpus="corpora.base")


def test_a_reservoir_is_found_wherever_it_is(tmp_path: Path) -> None:
    """In the batcher itself, or in one that it is wrapped in."""

    class Wrapped:
        def __init__(self, batcher: object) -> None:
            self.batcher = batcher

    plan = Workshop(tmp_path).plan()
    mix = resolve_counted(plan.values["training"]["batcher"], Counters(), ())
    assert reservoir_of(mix) is mix.reservoir
    assert reservoir_of(Wrapped(Wrapped(mix))) is mix.reservoir
    assert reservoir_of(batch_by_sequence) is None


def test_sizes_of_batches_go_on_where_they_were() -> None:
    """A schedule that was half used goes on with its next value."""
    block = {
        "@batchers": "freshet.batch_by_sequence.v1",
        "size": {"@schedules": "compounding.v1", "start": 1.0, "stop": 50.0, "compound": 2.0},
        "get_length": None,
    }
    whole = [len(batch) for batch in resolve_counted(block, Counters(), ("b",))(range(63))]
    assert whole == [1, 2, 4, 8, 16, 32]
    counters = Counters()
    batches = resolve_counted(block, counters, ("b",))(range(63))
    assert [len(next(batches)) for _ in range(3)] == whole[:3]
    assert counters.taken == {"b.size": 3}
    assert [
        len(batch) for batch in resolve_counted(block, Counters(counters.taken), ("b",))(range(56))
    ] == whole[3:]
