# SPDX-License-Identifier: Apache-2.0
"""What people see and lose when the registry or the log is away: a banner, and nothing."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.console.conftest import TEXTS, open_page
from tests.console.support import fill, start, wait_for
from tests.console.test_card import open_card
from tests.console.test_pages import WAITING, corrections
from tests.servers.kafka import KafkaBroker, free_port
from tests.servers.redis import RedisServer
from tests.servers.requirements import MissingServerError, give_up
from workers.transports import open_transport


@pytest.mark.nightly
@pytest.mark.redis
@pytest.mark.timeout(300)
@pytest.mark.parametrize("seconds", [60])
def test_the_registry_is_away_for_a_minute(browser: Any, tmp_path: Path, seconds: float) -> None:
    """A banner within two seconds of its being known; cards go on; it heals by itself."""
    server = _started(RedisServer(tmp_path / "redis"))
    fill(f"embedded:{tmp_path}", TEXTS * 8)
    served = start(tmp_path, registry=server.url)
    context = browser.new_context()
    page = open_page(context, served)
    open_card(page, served)
    server.stop()
    page.locator(".banner", has_text="registry").wait_for(timeout=20_000)
    for _ in range(4):
        page.keyboard.press("a")
    wait_for(lambda: len(corrections(served)) == 4)
    page.wait_for_timeout(seconds * 1000)
    server.start()
    page.locator(".banner").wait_for(state="hidden", timeout=60_000)
    assert served.stop() == 0
    context.close()
    server.stop()


@pytest.mark.nightly
@pytest.mark.broker
@pytest.mark.timeout(400)
@pytest.mark.parametrize("seconds", [60])
def test_the_log_is_away_for_a_minute(browser: Any, tmp_path: Path, seconds: float) -> None:
    """Answers wait in the browser while Kafka is away, and are there once each when it is back."""
    broker = KafkaBroker(tmp_path / "kafka", port=free_port())
    try:
        broker.start()
    except MissingServerError as error:
        give_up(error)
    address = f"kafka://{broker.address}"
    fill(address, TEXTS * 4)
    served = start(tmp_path, broker=address)
    context = browser.new_context()
    page = open_page(context, served)
    open_card(page, served)
    page.keyboard.press("a")
    wait_for(lambda: page.evaluate(WAITING) == 0)
    broker.stop()
    page.locator(".banner", has_text="log").wait_for(timeout=60_000)
    for _ in range(3):
        page.keyboard.press("a")
    assert page.evaluate(WAITING) == 3
    page.wait_for_timeout(seconds * 1000)
    broker.start()
    wait_for(lambda: page.evaluate(WAITING) == 0, 120)
    page.locator(".banner").wait_for(state="hidden", timeout=60_000)
    with closing(open_transport(address)) as log:
        keys = [json.loads(record.value or b"")["correction_id"] for record in log.read("corrections")]
    assert len(keys) >= len(set(keys)) == 4
    assert served.stop() == 0
    context.close()
    broker.stop()


def _started(server: RedisServer) -> RedisServer:
    try:
        server.start()
    except MissingServerError as error:
        give_up(error)
    return server
