# SPDX-License-Identifier: Apache-2.0
"""`make test-python`: which Python runs the suite, and what is said where that cannot be."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.pythons.__main__ import command_for, main
from tests.pythons.inside import environment_inside
from tests.pythons.interpreters import VERSIONS, NoPythonError, check_version, find_interpreter
from tests.pythons.root import check_means
from tests.pythons.wheels import main as make_wheels

HERE = ".".join(platform.python_version_tuple()[:2])


def test_the_versions_to_test_are_those_that_can_install_freshet() -> None:
    """The package says the same."""
    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))[
        "project"
    ]
    prefix = "Programming Language :: Python :: "
    named = [line.removeprefix(prefix) for line in project["classifiers"] if line.startswith(prefix)]
    assert tuple(named) == VERSIONS
    assert project["requires-python"] == ">=3.11,<3.15"


@pytest.mark.parametrize("version", ["", "3", "3.10", "3.15", "3.14; rm -rf /", "../3.14", "3.10t"])
def test_a_version_that_is_not_tested_is_refused(version: str) -> None:
    """With those that are, before anything is run."""
    with pytest.raises(NoPythonError, match=r"one of 3\.11, 3\.12, 3\.13, 3\.14, came"):
        check_version(version)


def test_a_free_threaded_build_is_refused_with_the_reason() -> None:
    """It is another Python with the same number."""
    with pytest.raises(NoPythonError, match=r"free-threaded 3\.14t.*docs/limits\.md"):
        check_version("3.14t")


def test_the_command_says_what_is_wrong_and_ends_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    """In one line, without a traceback."""
    assert main(["3.9"]) == 2
    assert capsys.readouterr().err.startswith("expected VERSION to be one of")


def test_an_interpreter_on_the_path_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it answers with its version; a shim that answers nothing is passed over."""
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    program = tmp_path / f"python{HERE}"
    program.write_text("#!/bin/sh\necho 'python: command not found' >&2\nexit 127\n")
    program.chmod(0o755)
    assert find_interpreter(HERE) is None
    program.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    assert find_interpreter(HERE) == str(program)
    command = command_for(HERE, ["-q"])
    assert (command[0], command[-1]) == (str(program), "-q")


@pytest.mark.parametrize(
    ("version", "user", "told"),
    [
        ("3.14", 1000, "expected root, .* came user 1000: sudo make test-python VERSION=3.14, or put"),
        ("3.14", 0, "expected the command debootstrap, found none: apt-get install debootstrap, or put"),
        ("3.12", 0, "expected a release of Debian with Python 3.12, there is none: put an interpreter"),
    ],
)
def test_what_a_root_needs_is_said_before_it_is_made(
    version: str, user: int, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Root, debootstrap, and a Debian that has that Python."""
    monkeypatch.setattr(os, "geteuid", lambda: user)
    monkeypatch.setattr(shutil, "which", lambda command: None)
    with pytest.raises(NoPythonError, match=told):
        check_means(version)


def test_inside_a_root_pip_is_told_what_this_machine_tells_it(tmp_path: Path) -> None:
    """Variables, proxies and certificates, but no folder that the root lacks, and nothing else of ours."""
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "ca.crt").touch()
    outside = {
        "PIP_INDEX_URL": "https://mirror.example/simple",
        "PIP_CERT": "/etc/ca.crt",
        "PIP_FIND_LINKS": "/no/such/folder",
        "https_proxy": "http://proxy:3128",
        "PYTHONPATH": "/elsewhere",
        "VIRTUAL_ENV": "/venv",
    }
    found = environment_inside(tmp_path, outside)
    assert {name: found.get(name) for name in outside} == {
        **outside,
        "PIP_FIND_LINKS": None,
        "PYTHONPATH": None,
        "VIRTUAL_ENV": None,
    }
    assert found["HOME"] == "/root"


def test_make_runs_no_word_of_the_version(tmp_path: Path) -> None:
    """What stands in VERSION reaches the program as it is."""
    marker = tmp_path / "marker"
    command = ["make", "test-python", f"VERSION=3.14; touch {marker}", f"PYTHON={sys.executable}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, marker.exists()) == (2, False)
    assert "came '3.14; touch" in done.stderr


def test_wheels_of_a_python_that_is_not_here_are_said_not_to_be_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """By name; where none could be made at all, the command fails."""
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert make_wheels(["3.12", "3.14"]) == 1
    told = capsys.readouterr().out.splitlines()
    assert [line.partition(": not made")[0] for line in told] == ["Python 3.12", "Python 3.14"]


def test_wheels_of_a_version_that_is_not_supported_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """As the suite under it is."""
    assert make_wheels(["3.10"]) == 2
    assert "came '3.10'" in capsys.readouterr().err
