# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.servers.redis import RedisServer
from workers.model_registry import ModelRegistry

from .conftest import MakeModel

pytestmark = pytest.mark.redis
PROMOTER = Path(__file__).with_name("promoter.py")
WRITERS, EACH = 16, 5


def test_sixteen_promoters_lose_no_update(
    redis_server: RedisServer, registry: ModelRegistry, make_model: MakeModel
) -> None:
    """Sixteen processes promote at once: each promotion follows exactly one other, and the audit chain shows
    them all."""
    words = [sys.executable, str(PROMOTER), redis_server.url, registry.name, str(make_model("a")), str(EACH)]
    processes = [
        subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(WRITERS)
    ]
    ended = [(*process.communicate(timeout=100), process.returncode) for process in processes]
    assert {code for *_, code in ended} == {0}, ended
    promotions = [entry for entry in registry.audit() if entry.action == "promote"]
    assert [entry.epoch for entry in promotions] == list(range(1, WRITERS * EACH + 1))
    followed = ["none", *(str(entry.version) for entry in promotions)]
    assert [entry.detail for entry in promotions] == [f"instead of {number}" for number in followed[:-1]]
    head = registry.head()
    assert (head.champion, head.epoch) == (promotions[-1].version, WRITERS * EACH)
    assert len(registry.versions()) == WRITERS * EACH


def test_one_registry_serves_many_threads(registry: ModelRegistry, make_model: MakeModel) -> None:
    """Puts from several threads get numbers of their own, and shared blobs stay whole."""
    folders = [make_model(letter) for letter in "abcdefgh"]
    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(lambda folder: registry.put(folder, actor="t").number, folders))
    assert sorted(numbers) == list(range(1, 9))
    for number in numbers:
        registry.verify(number)
