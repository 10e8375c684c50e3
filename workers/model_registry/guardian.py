# SPDX-License-Identifier: Apache-2.0
"""Stops an embedded server once all of its users are gone, also when they were killed: `guardian.py FOLDER
SOCKET`, one for each server.

It runs by itself, without the rest of Freshet, and holds what it needs open, so that it finds its server even
when the folder is removed.
"""

from __future__ import annotations

import fcntl
import os
import select
import socket
import sys

PAUSE = 2.0
"""Units: seconds. Two looks in a row must find no user."""


def main(folder: str, path: str) -> None:
    """Leave for the background, then watch until the server ends."""
    server = socket.socket(socket.AF_UNIX)
    server.connect(path)
    start, users = (os.open(os.path.join(folder, name), os.O_RDWR) for name in ("start.lock", "users.lock"))
    if os.fork():
        os._exit(0)
    os.setsid()
    idle = 0
    while not select.select([server], [], [], PAUSE)[0]:  # readable: it has ended
        idle = idle + 1 if nobody(start, users, server, stop=idle > 0) else 0


def nobody(start: int, users: int, server: socket.socket, *, stop: bool) -> bool:
    """Whether nobody uses the server now; then, with `stop`, it is stopped. Nobody can join meanwhile."""
    try:
        fcntl.flock(start, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if stop:
            server.sendall(b"SHUTDOWN\r\n")
            select.select([server], [], [], 20)
        fcntl.flock(users, fcntl.LOCK_UN)
    except BlockingIOError:
        return False
    finally:
        fcntl.flock(start, fcntl.LOCK_UN)
    return True


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
