# SPDX-License-Identifier: Apache-2.0
"""Names, help and exit codes of the command line."""

from __future__ import annotations

import subprocess
import sys

import pytest

from workers.cli.app import COMMANDS

from .conftest import Run

SUBCOMMANDS = {
    "topics": ("create", "list", "describe", "lag"),
    "dlq": ("list", "show", "redrive"),
    "init": ("config", "fill-config"),
    "debug": ("data", "config"),
    "corrections": ("authors", "review", "revoke"),
}


def test_every_promised_command_is_there() -> None:
    """The names are those that users were told; none may go."""
    promised = (
        "up annotate send read topics dlq train evaluate calibrate apply convert init debug doctor bench "
        "stream-app"
    )
    assert set(promised.split()) <= set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_explains_itself(run: Run, name: str) -> None:
    """`freshet COMMAND --help` prints usage and ends with 0."""
    result = run(name, "--help")
    assert result.exit_code == 0
    assert f"freshet {name}" in result.output


@pytest.mark.parametrize(
    ("name", "inner"), [(name, inner) for name, inners in SUBCOMMANDS.items() for inner in inners]
)
def test_a_command_inside_a_command_explains_itself(run: Run, name: str, inner: str) -> None:
    """`freshet topics create --help` and the like print usage and end with 0."""
    result = run(name, inner, "--help")
    assert result.exit_code == 0
    assert f"freshet {name} {inner}" in result.output


@pytest.mark.parametrize(
    "words",
    [("nope",), ("read",), ("read", "texts", "--from", "x"), ("train", "a.cfg", "stray"), ("dlq", "redrive")],
)
def test_wrong_usage_ends_with_2(run: Run, words: tuple[str, ...]) -> None:
    """A wrong command, a missing argument, a value of the wrong kind: exit code 2."""
    assert run(*words).exit_code == 2


@pytest.mark.parametrize(
    "words",
    [
        ("annotate", "no_such_model"),
        ("train", "no.cfg"),
        ("topics", "list", "--broker", "embedded:"),
        ("up", "--model", "nope"),
    ],
)
def test_the_world_or_the_configuration_refusing_is_one_line_and_no_traceback(
    run: Run, words: tuple[str, ...]
) -> None:
    """An expected failure says what was expected on one line of stderr."""
    result = run(*words)
    assert result.exit_code in (1, 78)
    assert result.stderr.startswith("error: ")


def test_a_wrong_setting_ends_with_78(run: Run, tokens_only: object) -> None:
    """A setting that does not exist, or of a wrong type, is a wrong configuration."""
    assert run("annotate", tokens_only, "--worker.thread", 2).exit_code == 78
    assert run("annotate", tokens_only, "--worker.threads", "many").exit_code == 78
    assert run("topics", "list", env={"FRESHET_GROUP": ""}).exit_code == 78


def test_a_missing_topic_is_named_with_those_that_exist(run: Run) -> None:
    """A look-up that fails lists what there is."""
    run("topics", "create", "texts")
    result = run("read", "text", "--wait", 0)
    assert result.exit_code == 1
    assert "texts" in result.stderr


def test_python_m_workers_cli_is_freshet() -> None:
    """The module runs as the command does."""
    done = subprocess.run(
        [sys.executable, "-m", "workers.cli", "--version"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.startswith("freshet ")
