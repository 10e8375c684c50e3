# SPDX-License-Identifier: Apache-2.0
"""What `train --workers N` makes of a config's own section."""

from __future__ import annotations

import pytest
from confection import Config

from engine import ConfigError
from workers.cli.train_workers import WorkerChoice


@pytest.mark.parametrize("value", ["text", 1.5, [], None, True])
def test_min_workers_of_another_kind_is_named(value: object) -> None:
    """Also where the command line names the number of workers."""
    config = Config({"training": {"distributed": {"min_workers": value}}})
    with pytest.raises(ConfigError, match="min_workers: expected a whole number"):
        WorkerChoice(workers=2).settings(config, {})


def test_fewer_workers_than_the_config_wants_at_least_are_enough() -> None:
    """Who asks for two has two, whatever the section says."""
    config = Config({"training": {"distributed": {"min_workers": 3, "workers": 4}}})
    _, settings, _ = WorkerChoice(workers=2).settings(config, {})
    assert settings is not None
    assert (settings.workers, settings.min_workers) == (2, 2)
