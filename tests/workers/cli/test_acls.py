# SPDX-License-Identifier: Apache-2.0
"""`freshet doctor --acls`: lines to paste, by the names that the settings say."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from workers.cli.acls import REDIS_COMMANDS, Role

from .conftest import Run

ROOT = Path(__file__).parents[3]


def test_rights_follow_the_settings(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Topics and group of the environment, servers of the address, and no secret of either."""
    monkeypatch.setenv("FRESHET_INPUT_TOPIC", "mine")
    monkeypatch.setenv("FRESHET_GROUP", "fleet")
    monkeypatch.setenv("FRESHET_KAFKA_SASL_PASSWORD", "hush-hush")
    done = run("doctor", "--acls", "--role", "annotator", "--broker", "kafka://a:9093,b:9093")
    assert done.exit_code == 0
    (line,) = [line for line in done.stdout.splitlines() if "--topic 'mine' " in line]
    assert line.startswith(
        "kafka-acls.sh --bootstrap-server a:9093,b:9093 --add --allow-principal 'User:freshet-annotator' "
        "--operation Read --topic 'mine'"
    )
    assert "--transactional-id 'fleet-' --resource-pattern-type prefixed" in done.stdout
    assert "ACL SETUSER freshet-annotator on >PASSWORD ~fr:{default}:* " in done.stdout
    assert "hush-hush" not in done.stdout


def test_all_roles_have_rights_and_each_says_what_for(run: Run) -> None:
    """As JSON for machines."""
    rows = json.loads(run("doctor", "--acls", "--json", "--principal", "app").stdout)
    assert {row["role"] for row in rows} == {role.value for role in Role}
    assert all(row["why"] and row["operations"] and row["principal"] == "app" for row in rows)
    assert not [row for row in rows if {"All", "Delete", "Alter"} & set(row["operations"])]


def test_redis_rights_are_the_documented_ones() -> None:
    """docs/registry.md and doctor name the same commands, which test_access tries."""
    text = " ".join((ROOT / "docs" / "registry.md").read_text(encoding="utf8").split())
    (documented,) = re.findall(r"~fr:\{m\}:\* ((?:\+[a-z|]+ ?)+)", text)
    assert documented.split() == REDIS_COMMANDS.split()
