# SPDX-License-Identifier: Apache-2.0
"""Workers that are there, and those that say nothing more."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from workers.model_registry import ModelRegistry, WorkerEntry

pytestmark = pytest.mark.redis
ENTRY = WorkerEntry("annotate:b-0", "b", 7, "http://127.0.0.1:1", "m", "3", 5, {"texts:0": 2}, "", 1.5)


def test_workers_are_listed_by_instance(registry: ModelRegistry) -> None:
    """Each as it said last, with the server's time of that; who goes is listed no more."""
    registry.note_worker(ENTRY, 60)
    registry.note_worker(replace(ENTRY, instance="annotate:a-0"), 60)
    registry.note_worker(replace(ENTRY, version="4"), 60)
    first, second = registry.workers()
    assert (first.instance, second) == ("annotate:a-0", replace(ENTRY, version="4", seen=second.seen))
    assert abs(second.seen - time.time()) < 60
    registry.forget_worker("annotate:a-0")
    assert [entry.instance for entry in registry.workers()] == ["annotate:b-0"]


def test_a_worker_that_says_nothing_expires(registry: ModelRegistry) -> None:
    """A killed worker disappears by itself, after as many seconds as it gave."""
    registry.note_worker(ENTRY, 1)
    deadline = time.monotonic() + 10
    while registry.workers():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_an_entry_of_a_newer_worker_is_read(registry: ModelRegistry) -> None:
    """What is not known of it is passed over."""
    registry.note_worker(ENTRY, 60)
    key = registry.server.key(f"worker:{ENTRY.instance}")
    registry.server.client.set(key, '{"host": "b", "gpu": "none"}')
    assert [entry.host for entry in registry.workers()] == ["b"]
