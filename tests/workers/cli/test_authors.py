# SPDX-License-Identifier: Apache-2.0
"""`freshet corrections`: who corrects, and what is decided about them."""

from __future__ import annotations

import json

import pytest

from workers.model_registry import open_registry

from .conftest import Run

ROW = {
    "standing": "held",
    "counts": {"read": 30, "learned": 17, "author": 13},
    "model": {"ents": [0.02, 17.0]},
    "others": {"ents": [0.1, 20]},
    "evidence": 140.0,
    "held": 10,
    "forgotten": 3,
}


def test_authors_are_listed_as_the_trainer_told_of_them_last(run: Run) -> None:
    """With what was decided since; in JSON, too."""
    with open_registry("embedded:registry") as registry:
        for told in ({"flip": ROW | {"standing": "open"}}, {"flip": ROW}):
            registry.log_metrics({"kind": "authors", "step": 1, "authors": told})
        registry.log_metrics({"kind": "step", "step": 2})
    words = ("corrections", "authors", "--registry", "embedded:registry")
    shown = run(*words).stdout
    assert all(word in shown for word in ("flip", "held", "(+3)", "(17)", "(20)", "140"))
    assert json.loads(run(*words, "--json").stdout)["authors"] == {"flip": ROW}


def test_a_decision_stands_in_the_audit_chain_once(run: Run) -> None:
    """Accepted, held, revoked: who, why and about whom; the same operation again decides nothing."""
    words = ("flip", "--reason", "seen", "--actor", "cy", "--registry", "embedded:registry")
    assert run("corrections", "review", "--hold", *words).exit_code == 0
    for _ in range(2):
        assert run("corrections", "review", "--accept", "--operation", "op-1", *words).exit_code == 0
    revoked = run("corrections", "revoke", *words)
    assert "nothing was learned yet" in revoked.stderr
    with open_registry("embedded:registry") as registry:
        entries = [(one.action, one.detail, one.actor, one.reason) for one in registry.audit()]
    assert entries == [
        (f"author-{decided}", "flip", "cy", "seen") for decided in ("hold", "accept", "revoke")
    ]
    listed = json.loads(run("corrections", "authors", "--registry", "embedded:registry", "--json").stdout)
    assert [one["decided"] for one in listed["decisions"]] == ["hold", "accept", "revoke"]


def test_a_review_says_which_way(run: Run) -> None:
    """Neither way is the usual one."""
    assert run("corrections", "review", "flip", "--registry", "embedded:registry").exit_code == 2


def told(*names: str) -> None:
    """The trainer has told of these authors."""
    with open_registry("embedded:registry") as registry:
        registry.log_metrics({"kind": "authors", "step": 1, "authors": {name: ROW for name in names}})


def test_a_review_without_a_way_names_both(run: Run) -> None:
    """Who forgets one learns that there are two."""
    shown = run("corrections", "review", "flip", "--registry", "embedded:registry")
    assert shown.exit_code == 2
    assert "--accept or --hold" in " ".join(shown.output.split())


@pytest.mark.parametrize("name", ["", "  "])
@pytest.mark.parametrize("command", [("review", "--hold"), ("revoke",)])
def test_nobody_is_decided_about_without_a_name(run: Run, command: tuple[str, ...], name: str) -> None:
    """An empty name, as of an unset variable, is refused, and stands nowhere."""
    shown = run("corrections", *command, name, "--registry", "embedded:registry")
    assert shown.exit_code == 2
    with open_registry("embedded:registry") as registry:
        assert not list(registry.audit())


def test_a_slip_of_the_pen_revokes_nobody(run: Run) -> None:
    """All learning is done again for it: a name that no correction bears is refused, with those that are
    like it, or with all; who insists may."""
    told("ada", "flip")
    words = ("corrections", "revoke", "--reason", "seen", "--registry", "embedded:registry")
    slip, other = run(*words, "flipp"), run(*words, "zoe")
    assert (slip.exit_code, other.exit_code) == (1, 1)
    assert "similar ones are: flip;" in slip.output
    assert "there are: ada, flip;" in other.output
    with open_registry("embedded:registry") as registry:
        assert not list(registry.audit())
    assert run(*words, "zoe", "--unlisted").exit_code == 0
    assert run(*words, "flip").exit_code == 0


def test_who_is_yet_to_come_may_be_reviewed(run: Run) -> None:
    """It costs nothing; the message says that nobody knows the name yet."""
    told("ada")
    shown = run("corrections", "review", "--hold", "adda", "--registry", "embedded:registry")
    assert shown.exit_code == 0
    assert "note:" in shown.output
    assert "ada" in shown.output
