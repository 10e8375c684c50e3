# SPDX-License-Identifier: Apache-2.0
"""A command line to try, a log and a pipeline to try it on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

import engine
from workers.cli.app import app

Run = Callable[..., Result]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Runs a command in an empty folder, without any setting of this machine's; its broker is an embedded log
    there."""
    monkeypatch.chdir(tmp_path)
    for name in ("FRESHET_BROKER", "FRESHET_REGISTRY", "FRESHET_GROUP"):
        monkeypatch.delenv(name, raising=False)
    runner = CliRunner()

    def invoke(*words: object, **options: Any) -> Result:
        return runner.invoke(app, [str(word) for word in words], catch_exceptions=False, **options)

    return invoke


@pytest.fixture(scope="session")
def tokens_only(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a pipeline that only tokenizes."""
    folder = tmp_path_factory.mktemp("models") / "tokens_only"
    pipeline = engine.blank("en")
    pipeline.meta.update(name="tokens_only", version="0.1.0")
    pipeline.to_disk(folder)
    return folder
