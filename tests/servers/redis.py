# SPDX-License-Identifier: Apache-2.0
"""A Redis server on a private unix socket in a folder of its own: append-only file on, nothing evicted."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import redis

from tests.servers.requirements import MissingServerError, need_command
from workers.model_registry.embedded import is_ready
from workers.model_registry.server_program import NAMED, bundled_path

START_TIMEOUT = 20.0  # seconds
HINT = f"install it (Debian: apt-get install redis-server) or set {NAMED}"


class RedisServer:
    """A server in a folder, which may be stopped, killed and started again with its data kept."""

    def __init__(
        self, folder: Path, settings: Mapping[str, str] | None = None, mode: str = "", program: str = ""
    ) -> None:
        """Prepare the folder. `settings` come on top of ours; `mode` may be "--sentinel"; `program` is the
        real Redis unless it is named."""
        self.folder = folder.resolve()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.settings = dict(settings or {})
        self.mode, self.program = mode, program
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def socket(self) -> Path:
        """The unix socket for clients."""
        return self.folder / "redis.sock"

    @property
    def url(self) -> str:
        """The address for redis-py."""
        return f"unix://{self.socket}"

    def client(self) -> redis.Redis:
        """A client that sees what a registry has stored."""
        return redis.Redis.from_url(self.url)

    def start(self) -> None:
        """Start the server and wait until it answers. Raises: MissingServerError, RuntimeError."""
        keeping = {} if self.mode else {"appendonly": "yes", "maxmemory-policy": "noeviction", "save": '""'}
        common = {"port": "0", "unixsocket": str(self.socket), "dir": str(self.folder), "daemonize": "no"}
        lines = [f"{key} {value}\n" for key, value in (common | keeping | self.settings).items()]
        (self.folder / "redis.conf").write_text("".join(lines), encoding="utf-8")
        command = [
            self.program or find_redis(),
            str(self.folder / "redis.conf"),
            *([self.mode] if self.mode else []),
        ]
        with (self.folder / "redis.log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        self._wait_until_up()

    def stop(self, *, kill: bool = False) -> None:
        """Stop the server, with `kill` the hard way, and wait for its end. Raises: RuntimeError where it had
        ended by itself."""
        process, self._process = self._process, None
        if process is None:
            return
        ended = process.poll()
        if ended is not None:
            raise RuntimeError(
                f"the Redis server in {self.folder} ended by itself with {ended}: {self._log()}"
            )
        (process.kill if kill else process.terminate)()
        process.wait(20)

    def _wait_until_up(self) -> None:
        deadline = time.monotonic() + START_TIMEOUT
        while time.monotonic() < deadline and self._process is not None and self._process.poll() is None:
            if is_ready(self.socket):
                return
            time.sleep(0.02)
        if self._process is not None and self._process.poll() is None:
            self.stop(kill=True)
        self._process = None
        raise RuntimeError(f"the Redis server in {self.folder} did not start: {self._log()}")

    def _log(self) -> str:
        return (self.folder / "redis.log").read_text(errors="replace")[-2000:]


def find_redis() -> str:
    """The real Redis: the program that REDIS_SERVER names, one on the PATH, or Debian's, which is installed
    for root; else the bundled Valkey, which serves most tests. Raises: MissingServerError."""
    if named := os.environ.get(NAMED):
        return named
    try:
        if shutil.which("redis-server") is None and (valkey := shutil.which("valkey-server")):
            return valkey
        return need_command("redis-server", "redis-server", HINT)
    except MissingServerError:
        if (carried := bundled_path()) is None or os.environ.get("CI"):
            raise
        return str(carried)


def find_tls_redis() -> str:
    """A server that was built with TLS, which the bundled one was not: the real Redis, or Debian's. Raises:
    MissingServerError."""
    if _knows_tls(program := find_redis()):
        return program
    if _knows_tls(program := need_command("redis-server", "redis-server", HINT)):
        return program
    raise MissingServerError(f"{program} was built without TLS: {HINT}")


def _knows_tls(program: str) -> bool:
    # Without a certificate it ends at once; one that has TLS asks for it.
    words = [program, "--port", "0", "--tls-port", "1", "--save", "", "--dir", tempfile.gettempdir()]
    done = subprocess.run(words, capture_output=True, check=False, timeout=START_TIMEOUT)
    return b"tls-cert-file" in done.stdout + done.stderr


__all__ = ["MissingServerError", "RedisServer", "find_redis", "find_tls_redis"]
