# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from workers.model_registry import RegistryError, Signing, open_registry
from workers.model_registry.embedded import answers, socket_of

from .conftest import MakeModel

pytestmark = pytest.mark.redis
CHILD = """
import sys
from workers.model_registry import open_registry
with open_registry(sys.argv[1]) as registry:
    print(registry.head().epoch, flush=True)
    sys.stdin.readline()
"""


@pytest.fixture(autouse=True)
def _on_both(server_program: str) -> None:
    """Each rule holds on the bundled Valkey and on the real Redis."""


def pid_of(folder: Path) -> int:
    """The server's process."""
    return int((folder / "registry" / "redis.pid").read_text())


def child(address: str) -> subprocess.Popen[str]:
    """Another process that uses the registry until a line comes."""
    process = subprocess.Popen(
        [sys.executable, "-c", CHILD, address], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "0\n"
    return process


def test_processes_share_one_server(tmp_path: Path, make_model: MakeModel) -> None:
    """The first process starts the server, others join it, and it ends with the last of them; the data
    stay."""
    address = f"embedded:{tmp_path}"
    first = open_registry(address, signing=Signing())
    server, other = pid_of(tmp_path), child(address)
    assert pid_of(tmp_path) == server
    first.put(make_model("a"), actor="t")
    first.close()
    assert answers(socket_of(tmp_path / "registry"))
    other.communicate("\n", timeout=30)
    assert not answers(socket_of(tmp_path / "registry"))
    with open_registry(address, signing=Signing()) as again:
        again.verify(1)


def test_server_of_killed_users_is_taken_over(tmp_path: Path, make_model: MakeModel) -> None:
    """After its users were killed a server serves the next one, who then stops it."""
    other = child(f"embedded:{tmp_path}")
    other.kill()
    other.communicate()
    with open_registry(f"embedded:{tmp_path}", signing=Signing()) as registry:
        assert registry.put(make_model("a"), actor="t").number == 1
    assert not answers(socket_of(tmp_path / "registry"))


def test_nothing_is_left_of_killed_users(tmp_path: Path) -> None:
    """A server whose users were all killed ends by itself, even when its folder was removed under it."""
    other = child(f"embedded:{tmp_path / 'data'}")
    server = pid_of(tmp_path / "data")
    other.kill()
    other.communicate()
    shutil.rmtree(tmp_path / "data")
    deadline = time.monotonic() + 60
    while alive(server):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def alive(process: int) -> bool:
    """Whether it runs; one that has ended and that nobody has waited for does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_killed_server_is_started_again(tmp_path: Path, make_model: MakeModel) -> None:
    """When the embedded server is killed, the next call starts it again and finds everything."""
    with open_registry(f"embedded:{tmp_path}", signing=Signing()) as registry:
        registry.put(make_model("a"), actor="t")
        os.kill(pid_of(tmp_path), signal.SIGKILL)
        assert registry.verify(1).number == 1
        assert registry.put(make_model("b"), actor="t").number == 2


def test_many_start_one(tmp_path: Path) -> None:
    """Registries that are opened and closed at the same time get along with one server at a time."""

    def use(_: int) -> int:
        with open_registry(f"embedded:{tmp_path}", signing=Signing()) as registry:
            return registry.acquire_fence()

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(use, range(24))) == list(range(1, 25))


def test_nobody_else_gets_in(tmp_path: Path) -> None:
    """Folder and socket are this user's alone, and there is no TCP port."""
    with open_registry(f"embedded:{tmp_path}", signing=Signing()) as registry:
        assert stat.S_IMODE((tmp_path / "registry").stat().st_mode) == 0o700
        assert stat.S_IMODE(socket_of(tmp_path / "registry").stat().st_mode) == 0o700
        assert registry.server.client.config_get("port") == {"port": "0"}


def test_data_of_a_newer_server_are_not_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An older server, which would not see what a newer one has written, is refused; so is a program that is
    none."""
    program = tmp_path / "old-redis"
    program.write_text("#!/bin/sh\necho 'Redis server v=6.2.14 sha=0'\n")
    program.chmod(0o755)
    (tmp_path / "registry" / "appendonlydir").mkdir(parents=True)
    for named, what in (
        (program, "reads what Redis 7.0 wrote, got Redis 6.2.14"),
        (tmp_path / "none", "expected a Redis or Valkey server at"),
    ):
        monkeypatch.setenv("REDIS_SERVER", str(named))
        with pytest.raises(RegistryError, match=what):
            open_registry(f"embedded:{tmp_path}", signing=Signing())


def test_much_data_is_waited_for(tmp_path: Path) -> None:
    """Where the server takes its time to load the registry is open only then, and can be used at once."""
    (tmp_path / "registry").mkdir()
    with (tmp_path / "registry" / "appendonly.aof").open("wb") as file:
        for number in range(400_000):
            file.write(b"*3\r\n$3\r\nSET\r\n$8\r\nk%07d\r\n$1\r\nx\r\n" % number)
    with open_registry(f"embedded:{tmp_path}", signing=Signing()) as registry:
        assert registry.acquire_fence() == 1
        assert registry.server.client.dbsize() > 400_000


def test_long_paths_work(tmp_path: Path) -> None:
    """A folder whose path is too long for a unix socket works as well."""
    deep = tmp_path / ("long" * 30)
    with open_registry(f"embedded:{deep}", signing=Signing()) as registry:
        assert registry.head().epoch == 0
        assert registry.states.put(b"x")
        assert (deep / "registry" / "states").is_dir()
    assert len(os.fsencode(socket_of(deep / "registry"))) <= 100
