# SPDX-License-Identifier: Apache-2.0
"""Packages of a stranger's pipeline: what its meta data say stays data."""

from __future__ import annotations

import email
import re
import time
import tomllib
import zipfile
from pathlib import Path

import pytest

import engine
from engine import EngineError
from engine.cli.package import package

HOSTILE = 'x"\n[build-system]\nrequires = ["evil"]\n"""\nRequires-Dist: evil\n\n| a | [b](javascript:c) <b>'


def packaged(folder: Path, **meta: object) -> Path:
    """The package's folder of a pipeline with these meta data."""
    nlp = engine.blank("en")
    nlp.meta.update(name="m", **meta)
    nlp.to_disk(folder / "model")
    return package(
        folder / "model", folder / "out", version=None if "version" in meta else "1.0", build=["wheel"]
    )[0]


def test_texts_of_the_meta_data_begin_nothing_of_their_own(tmp_path: Path) -> None:
    """Not in pyproject.toml, not in the wheel's headers, not in the table of the README."""
    root = packaged(
        tmp_path, description=HOSTILE, author=HOSTILE, license=HOSTILE, url=HOSTILE, email=HOSTILE
    )
    project = tomllib.loads((root / "pyproject.toml").read_text())
    assert project["build-system"]["requires"] == ["setuptools>=64"]
    assert project["project"]["description"] == " ".join(HOSTILE.split())
    (wheel,) = (root / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith("METADATA")]
        headers = email.message_from_bytes(archive.read(name))
        assert not [inner for inner in archive.namelist() if inner.startswith("/") or ".." in inner]
    assert all(value.startswith("freshet") for value in headers.get_all("Requires-Dist", []))
    rows = [line for line in (root / "README.md").read_text().splitlines() if line.startswith("| Author")]
    (row,) = rows
    assert len(re.split(r"(?<!\\)\|", row)) == 4
    assert not re.search(r"(?<!\\)[<\[]", row)


@pytest.mark.parametrize("value", [5, "x", {"a": 1}, [1], ["a\nRequires-Dist: evil"], ["a\x1b[2J"]], ids=repr)
def test_requirements_are_a_list_of_lines(value: object, tmp_path: Path) -> None:
    """What else stands there is named."""
    with pytest.raises(EngineError, match="meta -> requirements"):
        packaged(tmp_path, requirements=value)


@pytest.mark.parametrize("version", ["1" + "a" * 60 + "!", "1" + ".1" * 60 + "/", "../1", "1\n", "", "x"])
def test_a_version_that_is_none_is_refused_at_once(version: str, tmp_path: Path) -> None:
    """In milliseconds, whatever it repeats."""
    started = time.process_time()
    with pytest.raises(EngineError, match="expected a version"):
        packaged(tmp_path, version=version)
    assert time.process_time() - started < 5
