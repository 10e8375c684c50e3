# SPDX-License-Identifier: Apache-2.0
"""The shipped configs: every setting with its comment and its real default."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

import workers
from engine.config.config import read_config
from workers.bundled import find_config
from workers.settings import (
    AuthorSettings,
    BatchingSettings,
    GateSettings,
    RouteSettings,
    TrainerSettings,
    WorkerSettings,
    read_settings,
    read_trainer_settings,
)
from workers.settings.reference import CONFIGS, rewrite, with_reference
from workers.settings.section import ABOUT, Section, sections_within


@pytest.mark.parametrize("file", CONFIGS)
def test_a_config_names_every_setting_below_its_comment(file: str) -> None:
    """`python -m workers.settings.reference configs` would change nothing."""
    text = find_config(file).read_text(encoding="utf8")
    assert with_reference(text, *CONFIGS[file]) == text


SECTIONS = [WorkerSettings, BatchingSettings, RouteSettings, TrainerSettings, GateSettings]


def test_the_settings_in_the_configs_are_the_defaults() -> None:
    """What is written there is what is true without it; only the trainer's holdout may be empty."""
    assert read_settings(section("annotate.cfg", "worker")) == WorkerSettings()
    expected = TrainerSettings(gate=GateSettings(min_holdout=0))
    assert read_trainer_settings(section("learn.cfg", "learner")) == expected


def test_a_value_of_ones_own_is_kept_and_a_missing_setting_added(tmp_path: Path) -> None:
    """The comment then says the default; other sections stay as they are."""
    (tmp_path / "annotate.cfg").write_text("[paths]\n\n[worker]\nthreads = 3\n\n[end]\na = 1\n")
    (tmp_path / "console.cfg").write_text("[console]\n")
    (tmp_path / "learn.cfg").write_text('[learner]\n[learner.rates]\n"a/*" = 0.5\n')
    rewrite(tmp_path)
    annotate, learn = ((tmp_path / name).read_text() for name in ("annotate.cfg", "learn.cfg"))
    assert "0: one for each core. Default: 0.\nthreads = 3\n# Seconds between" in annotate
    assert annotate.startswith("[paths]\n\n[worker]\n")
    assert "max_poll_records = 2000\n\n[worker.route]\n# Mark each" in annotate
    assert annotate.endswith("audit_share = 0.05\n\n[end]\na = 1\n")
    assert "[learner.rates]\n# Factors" in learn
    assert '\n"a/*" = 0.5\n\n[learner.gate]\n' in learn


@pytest.mark.parametrize(
    "model", [WorkerSettings, BatchingSettings, RouteSettings, TrainerSettings, GateSettings, AuthorSettings]
)
def test_every_setting_says_what_it_means(model: type[Section]) -> None:
    """A field without a sentence could not be explained to anybody."""
    own = [one for one in fields(model) if one.name not in sections_within(model)]
    assert [one.name for one in own if not one.metadata[ABOUT].endswith((".", "0"))] == []


@pytest.mark.parametrize(
    "model", [WorkerSettings, BatchingSettings, RouteSettings, TrainerSettings, GateSettings, AuthorSettings]
)
def test_every_setting_is_read(model: type[Section]) -> None:
    """Some code outside of the settings asks for each of them."""
    root = Path(workers.__file__).parent
    files = [path for path in root.rglob("*.py") if "settings" not in path.parent.name]
    asked = set(re.findall(r"\.(\w+)", "\n".join(path.read_text(encoding="utf8") for path in files)))
    # Two are read through the settings' own properties and questions.
    assert {one.name for one in fields(model)} - asked <= {"dead_letter_topic", "guarded_layers"}


def section(file: str, name: str) -> dict[str, Any]:
    """A section of a shipped config."""
    found: dict[str, Any] = read_config(find_config(file), {}, interpolate=True)[name]
    return found
