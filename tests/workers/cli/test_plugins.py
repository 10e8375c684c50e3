# SPDX-License-Identifier: Apache-2.0
"""Commands that other packages bring."""

from __future__ import annotations

from importlib.metadata import EntryPoint

import pytest
import typer

from tests.documentation.rows import row
from workers.cli import plugins

from .conftest import Run


def hello(name: str = "you") -> None:
    """Say hello."""
    print(f"hello {name}")


broken = 7
own = typer.Typer()
own.command("inner")(hello)


@pytest.fixture
def packages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Installed packages that bring commands."""
    found = [
        EntryPoint(name, f"{__name__}:{value}", "spacy_cli")
        for name, value in (("ray", "own"), ("hello", "hello"), ("broken", "broken"), ("gone", "gone"))
    ]
    monkeypatch.setattr(
        plugins, "entry_points", lambda group: [entry for entry in found if entry.group == group]
    )


@row("L04")
def test_commands_of_entry_points_stand_beside_ours(run: Run, packages: None) -> None:
    """They are listed, and run with their arguments."""
    assert "ray" in run("--help").output
    assert "hello Ada" in run("hello", "--name", "Ada").stdout
    assert run("ray", "--help").exit_code == 0


def test_a_command_that_cannot_be_loaded_names_its_package(run: Run, packages: None) -> None:
    """What is no command, or is not there, is a usage error with the reason."""
    for name in ("broken", "gone"):
        told = run(name)
        assert told.exit_code == 2
        assert name in told.output
