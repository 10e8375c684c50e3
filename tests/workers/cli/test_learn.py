# SPDX-License-Identifier: Apache-2.0
"""`freshet learn` on an embedded log and registry."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.config.config import read_config
from tests.workers.cli.conftest import Run
from tests.workers.trainer.support import SMALL, Workshop, records
from workers.bundled import find_config
from workers.model_registry import open_registry


def options(shop: Workshop) -> list[str]:
    """The small numbers of a toy, as words of a command line."""
    values = {**SMALL, "paths.model": str(shop.model), "paths.base": str(shop.base)}
    return [word for name, value in values.items() for word in (f"--{name}", json.dumps(value))]


def test_corrections_become_a_version(run: Run, tmp_path: Path) -> None:
    """All that there is is learned and a candidate promoted; the same command again has nothing to do."""
    shop = Workshop(tmp_path)
    shop.send(records(20))
    command = [
        "learn",
        "learn.cfg",
        "--until-end",
        "--broker",
        shop.broker,
        "--registry",
        shop.registry,
        *options(shop),
    ]
    result = run(*command)
    assert result.exit_code == 0, result.output
    assert "stopped at {0: 24}" in result.stderr
    with open_registry(shop.registry) as registry:
        assert registry.head().champion == 2
        assert registry.version(2).corrections == {"0": 24}
        kinds = [row.row["kind"] for row in registry.metrics()]
    assert {"step", "checkpoint", "candidate", "authors"} == set(kinds)
    assert run(*command).exit_code == 0


def test_a_wrong_setting_is_a_wrong_configuration(run: Run, tmp_path: Path) -> None:
    """Exit code 78, and the place is named."""
    result = run("learn", "learn.cfg", "--until-end", "--learner.candidate_every", "often")
    assert result.exit_code == 78
    assert "learner -> candidate_every: expected int, got 'often'" in result.stderr


@pytest.mark.parametrize("given", ["mine/learn.cfg", "/nowhere/learn.cfg", "../configs/learn.cfg", "mine"])
def test_a_config_of_ones_own_that_is_missing_is_not_ours(run: Run, given: str) -> None:
    """What nobody wrote is not learned by: the file is named, and how ours is meant."""
    result = run("learn", given, "--until-end")
    assert result.exit_code == 78
    assert given in result.stderr
    assert "learn.cfg" in result.stderr


def test_the_bundled_config_is_whole(run: Run, tmp_path: Path) -> None:
    """Every argument is written, as filling it in shows: nothing is added."""
    shipped = find_config("learn.cfg")
    filled = tmp_path / "filled.cfg"
    assert run("init", "fill-config", shipped, filled).exit_code == 0
    before, after = (read_config(path) for path in (shipped, filled))
    assert (after["training"], after["learner"]) == (before["training"], before["learner"])
    assert {name: after["corpora"][name] for name in before["corpora"]} == before["corpora"]
