# SPDX-License-Identifier: Apache-2.0
"""Where environments and folders of other Pythons are kept: ~/.cache/freshet/pythons. Removing it is always
safe."""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def cache_folder() -> Path:
    """The folder of all of them."""
    home = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    return home / "freshet" / "pythons"


def environment_folder(version: str, checkout: Path) -> Path:
    """The virtual environment of a checkout, which it is installed into as it stands (--editable)."""
    return cache_folder() / f"{version}-{hashlib.sha256(bytes(checkout)).hexdigest()[:8]}"


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Nobody else makes this folder meanwhile."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_name(folder.name + ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
