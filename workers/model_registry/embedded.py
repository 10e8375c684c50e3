# SPDX-License-Identifier: Apache-2.0
"""A Valkey (or Redis) server of this host's own: on a private unix socket in a folder, shared by all
processes that use the folder.

The first process starts it, the last one that closes stops it; who uses it is told by file locks, which the
system frees when a process dies. A server whose users were all killed is used by the next one, or stopped
after some seconds by its guardian. If the server itself is killed, the next connection starts it again, and
its append-only file brings everything back.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import logging
import os
import socket
import subprocess
import sys
import tempfile
import time
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path

from redis.connection import UnixDomainSocketConnection

from .errors import RegistryError, UnreachableError
from .server_program import ChosenProgram, choose_program
from .stored_data import note_writer, prepare_files, read_writer

log = logging.getLogger(__name__)

FOLDER = "registry"
MAX_SOCKET_PATH = 100
"""Units: bytes. A unix socket's path ends at 108, on macOS at 104."""
START_TIMEOUT = 20.0
LOADING = b"-LOADING"


class EmbeddedServer:
    """The server of a folder, in use by this process until `close` or its end."""

    def __init__(self, folder: Path) -> None:
        """Make the folder, and start its server unless it runs. Raises: UnreachableError, RegistryError."""
        self.folder = folder_in(folder)
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        self.socket = socket_of(self.folder)
        self._users = os.open(self.folder / "users.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            with self._alone():
                fcntl.flock(self._users, fcntl.LOCK_SH)
                self._start_unless_up()
        except BaseException:
            os.close(self._users)
            raise
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
        writer = read_writer(self.folder)
        program = choose_program(writer).program
        copy = prepare_files(self.folder, writer, program.release)
        kept = f"; a copy of the data as they were is in {copy}" if copy else ""
        self._start(program.path, kept)
        note_writer(self.folder, program.release)
        if copy:
            who, whose = program.release, f"the registry in {self.folder}, written by {writer}"
            log.warning("%s takes over %s%s", who, whose, kept)

    def _start(self, program: str, kept: str) -> None:
        written = self.folder / "redis.log"
        settings = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.folder),
            "pidfile": str(self.folder / "redis.pid"),
            "logfile": str(written),
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
        up = done.returncode == 0 and _wait_for(self.socket, up=True)
        if up:
            _guard(self.folder, self.socket)  # before it has loaded: this process may be killed meanwhile
        if not up or not _wait_until_loaded(self.socket):
            tail = (
                written.read_text(errors="replace")
                if written.exists()
                else done.stderr.decode(errors="replace")
            )
            raise UnreachableError(
                f"the embedded server of {self.folder} ({program}) did not start; its log ends: "
                f"{tail[-500:]}{kept}"
            )


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


def folder_in(data: Path) -> Path:
    """The registry's folder in a data folder."""
    return data.expanduser().resolve() / FOLDER


def program_for(data: Path) -> ChosenProgram:
    """What the next start in a data folder takes, and why. Raises: RegistryError."""
    return choose_program(read_writer(folder_in(data)))


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
    """Whether a server listens on this socket; it may still load its data."""
    return bool(_ping(path))


def is_ready(path: Path) -> bool:
    """Whether a server listens on this socket and has loaded its data."""
    answer = _ping(path)
    return bool(answer) and not answer.startswith(LOADING)


def _ping(path: Path) -> bytes:
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as probe:
        probe.settimeout(2)
        try:
            probe.connect(str(path))
            probe.sendall(b"PING\r\n")
            return probe.recv(64)
        except OSError:
            return b""


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


def _wait_until_loaded(path: Path) -> bool:
    # How long it loads is a matter of the data; how long it is silent is not.
    deadline = time.monotonic() + START_TIMEOUT
    while not (answer := _ping(path)) or answer.startswith(LOADING):
        if answer:
            deadline = time.monotonic() + START_TIMEOUT
        elif time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


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
