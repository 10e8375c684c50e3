# SPDX-License-Identifier: Apache-2.0
"""A registry with a name of its own on the shared servers, and small directories to put into it."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.servers.redis import RedisServer, find_redis
from tests.servers.requirements import MissingServerError, give_up
from workers.model_registry import ModelRegistry, Signing, open_registry
from workers.model_registry.server_program import bundled_path

MakeModel = Callable[..., Path]


@pytest.fixture(scope="session", params=["bundled", "real"])
def redis_server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RedisServer]:
    """What all of these tests run on: the Valkey that comes with the installation, then a real Redis."""
    server = RedisServer(tmp_path_factory.mktemp("redis"), program=_program(request.param))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def registry(redis_server: RedisServer) -> Iterator[ModelRegistry]:
    """An empty registry."""
    with open_registry(redis_server.url, f"test-{uuid.uuid4().hex[:12]}", signing=Signing()) as opened:
        yield opened


@pytest.fixture(params=["bundled", "real"])
def server_program(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """What embedded servers take, one and then the other."""
    program = _program(request.param)
    monkeypatch.setenv("REDIS_SERVER", program)
    return program


def _program(kind: str) -> str:
    try:
        return find_redis() if kind == "real" else str(bundled_path())
    except MissingServerError as error:
        give_up(error)


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
