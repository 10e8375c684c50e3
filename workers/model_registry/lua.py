# SPDX-License-Identifier: Apache-2.0
"""The registry's scripts: one file each, with `common.lua` before it; run by their hash, and sent whole where
the server has lost them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import redis

FOLDER = Path(__file__).parent / "scripts"
NAMES = (
    "reserve",
    "put",
    "verdict",
    "promote",
    "rollback",
    "place",
    "retire",
    "gc",
    "fence",
    "checkpoint",
    "metrics",
)


def run_script(client: redis.Redis, name: str, root: str, arguments: Mapping[str, object]) -> list[str]:
    """Run a script over the keys below `root`. Arguments that are None are left out. Returns: its reply, as
    strings."""
    sent = json.dumps({key: value for key, value in arguments.items() if value is not None})
    try:
        reply = client.evalsha(script_hash(name), 1, root, sent, name)
    except redis.exceptions.NoScriptError:
        reply = client.eval(source(name), 1, root, sent, name)
    return [item.decode() if isinstance(item, bytes) else str(item) for item in reply]


@cache
def source(name: str) -> str:
    """The text of a script."""
    return "\n".join((FOLDER / f"{part}.lua").read_text(encoding="utf-8") for part in ("common", name))


@cache
def script_hash(name: str) -> str:
    """What EVALSHA calls it."""
    return hashlib.sha1(source(name).encode(), usedforsecurity=False).hexdigest()
