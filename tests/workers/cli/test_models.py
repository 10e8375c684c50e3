# SPDX-License-Identifier: Apache-2.0
"""`freshet models`: the registry from the command line."""

from __future__ import annotations

import json
import os
import uuid
from pathlib import Path

import pytest

import engine
from tests.servers.redis import RedisServer
from workers.model_registry import WorkerEntry, open_registry

from .conftest import Run

pytestmark = pytest.mark.redis
SAVED = Path(__file__).parents[2] / "engine" / "spacy_files" / "golden" / "heads"


@pytest.fixture
def models(run: Run, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `freshet models ...` on an empty registry."""
    monkeypatch.setenv("FRESHET_REGISTRY", redis_server.url)
    monkeypatch.setenv("FRESHET_REGISTRY_NAME", f"test-{uuid.uuid4().hex[:12]}")
    return lambda *words, **options: run("models", *words, **options)


def test_a_model_goes_its_way(models: Run, tokens_only: Path) -> None:
    """Put, promote, put, promote by force, roll back, retire: the list and the audit show it."""
    assert models("put", tokens_only, "--score", "ents_f=0.5", "--actor", "eva").exit_code == 0
    models("promote", 1)
    models("put", tokens_only, "--parent", 1, "--score", "ents_f=0.7")
    refused = models("promote", 2)
    assert (refused.exit_code, "no verdict" in refused.stderr) == (1, True)
    assert "champion 2, previous 1, epoch 2" in models("promote", 2, "--force", "--reason", "urgent").stdout
    assert "champion 1" in models("rollback", "--reason", "bad").stdout
    found = json.loads(models("list", "--json").stdout)
    assert [(version["state"], version["parent"], version["scores"]) for version in found["versions"]] == [
        ("champion", None, {"ents_f": 0.5}),
        ("retired", 1, {"ents_f": 0.7}),
    ]
    actions = [json.loads(line)["action"] for line in models("audit", "--json").stdout.splitlines()]
    assert actions == ["put", "promote", "put", "force", "rollback"]
    for words in (["list"], ["audit"], ["show", 1], ["verify"]):
        result = models(*words)
        assert (result.exit_code, bool(result.stdout)) == (0, True)


def test_shadow_and_canary_are_set_and_taken_back(models: Run, tokens_only: Path) -> None:
    """Roles are given to a version, and to nobody without one."""
    for _ in range(2):
        models("put", tokens_only, "--no-check")
    models("promote", 1)
    assert json.loads(models("shadow", 2, "--json").stdout)["shadow"] == 2
    head = json.loads(models("canary", 2, "--percent", 5, "--force", "--reason", "try", "--json").stdout)
    assert (head["shadow"], head["canary"], head["canary_percent"]) == (None, 2, 5)
    assert json.loads(models("canary", "--json").stdout)["canary"] is None
    assert "retired" in models("retire", 2).stdout
    assert "1 retired versions" in models("gc", "--older-than", 0).stdout


def test_export_and_put_go_in_a_circle(models: Run, tokens_only: Path, tmp_path: Path) -> None:
    """A version that is exported is a pipeline, which can be put again with the same files."""
    models("put", tokens_only)
    assert models("export", 1, "out").exit_code == 0
    assert [token.text for token in engine.load(tmp_path / "out")("Hello there")] == ["Hello", "there"]
    models("put", "out")
    one, two = json.loads(models("list", "--json").stdout)["versions"]
    assert one["files"] == two["files"]
    assert "other files" in models("export", 2, tokens_only.parent).stderr


def test_one_file_of_a_version_is_read(models: Run, tokens_only: Path, tmp_path: Path) -> None:
    """Its bytes go to stdout or into a file; a wrong path lists the right ones, a large file is refused."""
    models("put", tokens_only)
    written = (tokens_only / "config.cfg").read_bytes()
    assert models("file", 1, "config.cfg").stdout_bytes == written
    assert models("file", 1, "config.cfg", "--output", "one.cfg").exit_code == 0
    assert (tmp_path / "one.cfg").read_bytes() == written
    wrong = models("file", 1, "labels.json")
    assert (wrong.exit_code, "there are: config.cfg" in wrong.stderr) == (1, True)
    assert "at most 3 bytes" in models("file", 1, "config.cfg", "--max-bytes", 3).stderr


def test_workers_are_listed(models: Run, redis_server: RedisServer) -> None:
    """Who has spoken lately is shown with what it serves, and why it does not follow."""
    assert "no workers" in models("workers").stdout
    with open_registry(redis_server.url, os.environ["FRESHET_REGISTRY_NAME"]) as registry:
        registry.note_worker(WorkerEntry("g:h-0", "h", 7, version="3", epoch=5, lag={"texts:0": 4}), 60)
        registry.note_worker(WorkerEntry("g:h-1", "h", 8, version="2", note="the registry is empty"), 60)
    found = json.loads(models("workers", "--json").stdout)
    assert [(row["instance"], row["version"], row["epoch"], row["lag"]) for row in found] == [
        ("g:h-0", "3", 5, {"texts:0": 4}),
        ("g:h-1", "2", 0, {}),
    ]
    shown = models("workers").stdout
    assert "g:h-0" in shown
    assert "4 in 1 partitions" in shown
    assert "the registry is empty" in shown


def test_diff_shows_scores_files_and_answers(models: Run, tokens_only: Path) -> None:
    """Two versions are compared: scores, files that differ, and what they say differently of a text."""
    models("put", tokens_only, "--score", "tag_acc=0.9")
    models("put", SAVED, "--score", "tag_acc=0.8")
    found = json.loads(models("diff", 1, 2, "--text", "Ann saw Bob.", "--json").stdout)
    assert [(row["name"], round(row["change"], 6)) for row in found["scores"]] == [("tag_acc", -0.1)]
    assert "config.cfg" in found["changed"]
    assert {change["layer"] for change in found["texts"][0]["changes"]} & {"tag", "pos", "morph"}
    people = models("diff", 1, 2, "--text", "Ann saw Bob.").stdout
    assert "-0.1000" in people
    assert "Ann saw Bob." in people
    assert "the same answers" in models("diff", 1, 1, "--text", "Ann.").stdout


def test_put_is_repeated_without_harm_and_checked(models: Run, tokens_only: Path, tmp_path: Path) -> None:
    """The same operation puts one version; a folder that does not load is refused before anything is
    stored."""
    for _ in range(2):
        assert json.loads(models("put", tokens_only, "--operation", "x", "--json").stdout)["number"] == 1
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "config.cfg").write_text("[nlp]\nlang = en\n")
    assert models("put", "broken").exit_code in (1, 78)
    assert len(json.loads(models("list", "--json").stdout)["versions"]) == 1


def test_verify_names_what_was_changed(models: Run, redis_server: RedisServer, tokens_only: Path) -> None:
    """A changed file ends with 1 and is named, for people and for machines."""
    models("put", tokens_only)
    blob = json.loads(models("show", 1, "--json").stdout)["files"]["tokenizer.json"]["sha256"]
    with redis_server.client() as client:
        client.hset(f"fr:{{{os.environ['FRESHET_REGISTRY_NAME']}}}:blob:{blob}", "0", b"changed")
    result = models("verify", 1)
    assert result.exit_code == 1
    assert "tokenizer.json" in result.stdout
    assert [item["good"] for item in json.loads(models("verify", "--json").stdout)] == [True, False]


def test_no_redis_is_an_error_with_advice(run: Run) -> None:
    """An address where nothing answers ends with 1 and a message; one of no known form does, too."""
    result = run("models", "list", "--registry", "unix:///no/such/socket")
    assert result.exit_code == 1
    assert "does not answer" in result.stderr
    assert "embedded:DIR" in run("models", "list", "--registry", "what").stderr
