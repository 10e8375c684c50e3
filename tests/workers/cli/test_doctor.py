# SPDX-License-Identifier: Apache-2.0
"""doctor and bench: what is here, and how fast it is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.servers.redis import RedisServer
from workers.cli.doctor_checks import State, run_checks
from workers.model_registry.server_program import ask_program, bundled_path
from workers.settings import WorkerSettings

from .conftest import Run


def test_a_good_machine_ends_with_0(run: Run, tokens_only: Path) -> None:
    """With topics and a model nothing is bad."""
    run("topics", "create", "texts", "annotations", "texts.dlq")
    result = run("doctor", "--model", tokens_only, "--json")
    assert {check["state"] for check in json.loads(result.stdout)} <= {"good", "note"}
    assert result.exit_code == 0


def test_what_is_missing_is_named_with_what_to_do(run: Run) -> None:
    """A missing topic and a missing model end with 1, each with advice."""
    result = run("doctor", "--model", "no_such_model", "--json")
    bad = {check["name"]: check["advice"] for check in json.loads(result.stdout) if check["state"] == "bad"}
    assert bad["topic"].startswith("freshet topics create")
    assert "--model" in bad["model"]
    assert result.exit_code == 1


def test_people_see_one_line_a_check(run: Run, tokens_only: Path) -> None:
    """Without --json each check is a line that begins with how it ended."""
    lines = run("doctor", "--model", tokens_only).stdout.splitlines()
    assert {line.split()[0] for line in lines} <= {"ok", "note", "bad", "->"}


def test_a_free_threaded_python_is_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody tried one: what to take instead is said."""
    monkeypatch.setattr(
        "workers.cli.doctor_checks.get_config_var", lambda name: int(name == "Py_GIL_DISABLED")
    )
    check = next(run_checks(WorkerSettings(broker="memory:doctor"), "no_such_model", None))
    assert (check.state, check.found.endswith("free-threaded")) == (State.note, True)
    assert "take the ordinary one" in check.advice


@pytest.mark.redis
def test_a_registry_that_may_forget_is_bad(run: Run, redis_server: RedisServer, tokens_only: Path) -> None:
    """A Redis that keeps everything is good; one that cannot be reached is bad."""
    settings = WorkerSettings(broker="memory:doctor")
    states = [
        next(check for check in run_checks(settings, str(tokens_only), url) if check.name == "redis").state
        for url in (redis_server.url, "unix:///no/such/socket")
    ]
    assert states[0] in (State.good, State.note)  # a note where this Redis lacks fixes of its Lua
    assert states[1] is State.bad


def test_the_embedded_registrys_server_is_named_with_why(
    run: Run, tokens_only: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which program an embedded registry takes, its version and why it is taken stand there, with and
    without a folder."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("REDIS_SERVER", raising=False)
    program = tmp_path / "redis-server"
    program.write_text("#!/bin/sh\necho 'Redis server v=7.0.15 sha=0'\n")
    program.chmod(0o755)
    settings = WorkerSettings(broker="memory:doctor")
    for address, less in ((None, "is older"), (f"embedded:{tmp_path / 'data'}", "does not read what Valkey")):
        (check,) = [one for one in run_checks(settings, str(tokens_only), address) if one.name == "redis"]
        assert check.state is State.good
        assert (
            f"takes {ask_program(str(bundled_path()), '').release}, {bundled_path()} (bundled" in check.found
        )
        assert f"Redis 7.0.15, redis-server on the PATH, {less}" in check.found


def test_bench_measures_with_medians(run: Run, tokens_only: Path) -> None:
    """bench gives a median between the lowest and the highest for each figure, and names the machine."""
    found = json.loads(
        run("bench", "--model", tokens_only, "--copies", 1, "--repeats", 2, "--no-log", "--json").stdout
    )
    assert found["machine"]
    assert all(m["low"] <= m["value"] <= m["high"] for m in found["measurements"])
    assert {m["unit"] for m in found["measurements"]} == {"words/s", "ms"}


def test_extras_and_what_a_pipeline_needs_are_listed(run: Run, tokens_only: Path) -> None:
    """Each extra has a line, and so has what the pipeline needs with this precision and device."""
    checks = json.loads(run("doctor", "--model", tokens_only, "--json").stdout)
    found = {
        name: [check["found"] for check in checks if check["name"] == name] for name in ("extra", "needs")
    }
    trackers, segmenters = ["clearml", "mlflow", "wandb"], ["ja", "zh", "th", "vi"]
    names = ["torch", "transformers", "faust", "signing", "oms", "otel", "ray", "parquet"]
    names += [*trackers, *segmenters, "cuda12", "cuda13"]
    assert [line.split()[0] for line in found["extra"]] == names
    assert len(found["needs"]) == 1
    assert "precision auto on cpu" in found["needs"][0]


def test_a_topic_is_good_when_a_record_of_it_can_be_read(run: Run, tokens_only: Path) -> None:
    """That it exists is not enough: a batch in it may be unreadable."""
    run("topics", "create", "texts", "annotations", "texts.dlq")
    run("send", "texts", "-", input='{"text":"a"}\n')
    said = run("doctor", "--model", str(tokens_only)).stdout
    assert "texts, 4 partitions, a record was read" in said
    assert "annotations, 4 partitions, empty" in said
