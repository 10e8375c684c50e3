# SPDX-License-Identifier: Apache-2.0
"""`make test-arm`: what is installed and run, and what is said where that cannot be."""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path

import pytest

from tests.arm.__main__ import environment, main
from tests.arm.environment import TOOLS, requirements
from tests.arm.root import MEANS
from tests.arm.selection import TESTS

ROOT = Path(__file__).parents[1]


def test_all_of_a_base_install_is_installed() -> None:
    """And the tools, each as the project asks for it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    found = requirements(project)
    assert {*project["dependencies"]} - {*found} == set()
    assert len(found) == len(project["dependencies"]) + len(TOOLS)


@pytest.mark.parametrize("path", TESTS)
def test_what_is_run_is_there(path: str) -> None:
    """No name in the selection was left behind."""
    file, _, test = path.partition("::")
    assert (ROOT / file).exists()
    assert f"def {test}" in (ROOT / file).read_text(encoding="utf-8") if test else True


@pytest.mark.parametrize("missing", MEANS)
def test_a_command_that_is_missing_is_named_with_its_package(
    missing: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before anything is made, in one line, and the program ends with 2."""
    monkeypatch.setattr(
        shutil, "which", lambda command: None if command == missing else f"/usr/bin/{command}"
    )
    assert main([]) == 2
    expected = f"expected the command {missing}, found none: apt-get install {MEANS[missing]}\n"
    assert capsys.readouterr().err == expected


def test_nothing_of_this_machines_python_reaches_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not its packages, its bytecode or its machine code."""
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    monkeypatch.setenv("FRESHET_CPU_LEVEL", "x86-64-v3")
    monkeypatch.setenv("NUMBA_CACHE_DIR", "/kept")
    monkeypatch.setenv("FRESHET_DATA", "/data")
    found = environment(tmp_path)
    assert {"PYTHONPATH", "FRESHET_CPU_LEVEL"} & found.keys() == set()
    assert found["NUMBA_CACHE_DIR"] == str(tmp_path / "numba")
    assert found["FRESHET_DATA"] == "/data"
