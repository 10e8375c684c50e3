# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

import pytest

from engine.config.config import ConfigError
from workers.errors import SettingsError
from workers.settings import TrainerSettings, read_trainer_settings

from .support import Workshop


def test_the_bundled_config_makes_a_session(tmp_path: Path) -> None:
    """All of its sections are understood; broker and registry may be given from outside."""
    config = Workshop(tmp_path).config()
    assert config.reader.broker == f"embedded:{tmp_path / 'log'}"
    assert config.settings.registry == f"embedded:{tmp_path / 'registry'}"
    assert config.settings.gate.max_latency_ratio == 1000.0
    assert config.settings.average == 0.5


def test_the_hash_of_a_config_knows_what_decides_what_is_learned(tmp_path: Path) -> None:
    """Another rate makes another hash; another registry, gate or logger does not."""
    shop = Workshop(tmp_path)
    same = shop.config(
        learner__registry="embedded:elsewhere", learner__gate__min_regret=7, learner__promote=False
    ).config_hash
    assert same == shop.config().config_hash
    assert shop.config(learner__distillation=0.1).config_hash != same
    assert shop.config(training__batcher__ratio=2.0).config_hash != same


def test_a_setting_that_older_configs_have_is_ignored(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """`[learner] max_text_chars`, which nothing ever read, is passed over with a warning; a state that was
    kept with it is of the same config."""
    shop = Workshop(tmp_path)
    older = shop.config(learner__max_text_chars=1_000_000)
    assert "learner -> max_text_chars is ignored" in caplog.text
    assert older.settings == shop.config().settings
    assert older.config_hash == shop.config().config_hash


def test_wrong_settings_are_told_with_their_place(tmp_path: Path) -> None:
    """Name, type and range of `[learner]`, and a reader that cannot keep positions."""
    with pytest.raises(
        SettingsError, match=r"learner -> candidate_evry: no such setting; those that exist: adapter\."
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
        Workshop(tmp_path).config(training__train_corpus="corpora.base")
