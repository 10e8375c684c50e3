# SPDX-License-Identifier: Apache-2.0
"""A registry with a name of its own on the shared server, and small directories to put into it."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.extras import SIGNING
from tests.servers.redis import RedisServer
from workers.model_registry import ModelRegistry, Signing, open_registry

MakeModel = Callable[..., Path]


collect_ignore = [] if SIGNING.is_installed else ["test_access.py", "test_tampering.py"]
"""What makes keys and certificates needs `cryptography`."""


@pytest.fixture
def registry(redis_server: RedisServer) -> Iterator[ModelRegistry]:
    """An empty registry."""
    with open_registry(redis_server.url, f"test-{uuid.uuid4().hex[:12]}", signing=Signing()) as opened:
        yield opened


@pytest.fixture
def make_model(tmp_path: Path) -> MakeModel:
    """Makes a directory that looks like a pipeline's; the encoder is the same in all of them."""

    def make(weights: str = "a", size: int = 3000) -> Path:
        folder = tmp_path / "models" / weights
        for name, data in {
            "config.cfg": b"[nlp]\n",
            "tok2vec/weights.safetensors": b"E" * 5000,
            "ner/weights.safetensors": (weights.encode() * size)[:size],
            "empty": b"",
        }.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(data)
        return folder

    return make
