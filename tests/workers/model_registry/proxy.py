# SPDX-License-Identifier: Apache-2.0
"""A unix socket before a server that loses some answers: what was asked is done, and who asked is cut off."""

from __future__ import annotations

import contextlib
import socket
import threading
from pathlib import Path


class LossyProxy:
    """Passes everything on, but cuts the connection instead of answering, each `every`-th time that a script
    was called."""

    def __init__(self, path: Path, target: Path, every: int) -> None:
        """Listen at once."""
        self.path, self._target, self._every = path, target, every
        self.calls = self.lost = 0
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Take no more connections."""
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with (
            contextlib.closing(client),
            contextlib.closing(socket.socket(socket.AF_UNIX)) as server,
            contextlib.suppress(OSError),
        ):
            server.connect(str(self._target))
            while asked := client.recv(2**20):
                server.sendall(asked)
                answer = server.recv(2**20)
                if b"EVALSHA" in asked and not answer.startswith(b"-"):
                    self.calls += 1
                    if self.calls % self._every == 0:
                        self.lost += 1
                        return
                client.sendall(answer)
