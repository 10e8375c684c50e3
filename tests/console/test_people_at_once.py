# SPDX-License-Identifier: Apache-2.0
"""Several people, and people without a mouse, in real browsers."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from schemas import CORRECTIONS
from tests.console.conftest import TEXTS, open_page
from tests.console.support import Served, fill, start, wait_for
from tests.console.test_card import open_card
from tests.console.test_pages import WAITING, open_ready
from workers.dead_letters import dead_letter
from workers.model_registry import open_registry
from workers.transports import Record, open_transport


@pytest.mark.nightly
@pytest.mark.redis
@pytest.mark.timeout(300)
def test_three_browsers_share_the_work(browser: Any, tmp_path: Path) -> None:
    """Nobody gets a text that another one has; one walks away with texts leased, and they come out again
    once the lease is over: all are answered, none twice."""
    fill(f"embedded:{tmp_path}", [f"{TEXTS[i % 3]} {i}" for i in range(40)])
    config = tmp_path / "console.cfg"
    config.write_text("[console]\nlease_seconds = 5\noverlap_share = 0.0\nahead = 4\n")
    served = start(tmp_path, "--config", str(config))
    pages = []
    for name in ("ada", "grace", "barbara"):
        pages.append(open_page(browser.new_context(), served, name, "annotate"))
        open_card(pages[-1], served)
    pages[2].context.set_offline(True)  # its leases are neither renewed nor given back
    for _ in range(60):
        for page in pages[:2]:
            if page.locator(".reader").count():
                page.keyboard.press("a")
                page.wait_for_timeout(60)
    wait_for(lambda: len(_answers(served)) == 40 or _press(pages[:2]), 60)
    counted = Counter(_answers(served))
    assert max(counted.values()) == 1
    assert len(counted) == 40
    served.stop()


def _press(pages: list[Any]) -> bool:
    for page in pages:
        if page.locator(".reader").count():
            page.keyboard.press("a")
            page.wait_for_timeout(100)
    return False


def _answers(served: Served) -> list[str]:
    with closing(open_transport(served.broker)) as log:
        return [json.loads(record.value or b"")["id"] for record in log.read("answers")]


@pytest.mark.nightly
@pytest.mark.redis
@pytest.mark.timeout(300)
def test_all_of_it_without_a_mouse(browser: Any, tmp_path: Path) -> None:
    """Ten documents corrected, one version promoted, one letter sent back, with the keyboard alone; every
    stop of Tab can be seen; Tab leaves the text; keys are off in fields."""
    fill(f"embedded:{tmp_path}", TEXTS * 4)
    with closing(open_transport(f"embedded:{tmp_path}")) as log, closing(log.producer()) as producer:
        producer.send(
            [
                dead_letter(
                    Record("texts", 0, 1, 0, b"k", b"{"),
                    ValueError("bad"),
                    topic="texts.dlq",
                    stage="decode",
                    model_version="1",
                )
            ]
        )
    with open_registry(f"embedded:{tmp_path}") as registry:
        for i in range(2):
            model = tmp_path / f"model-{i}"
            model.mkdir()
            (model / "meta.json").write_text(f'{{"version": "{i}"}}')
            registry.put(model, actor="test")
        registry.promote(1, expected_epoch=0, actor="test", reason="first", force=True)
        registry.set_verdict(2, {"passed": True, "reasons": []}, registry.head().champion_epoch)
        served = start(tmp_path)
        page = open_page(browser.new_context(), served)
        open_card(page, served)
        for _ in range(10):
            page.keyboard.press("a")
        wait_for(lambda: page.evaluate(WAITING) == 0)
        with closing(open_transport(served.broker)) as log:
            wait_for(lambda: len(list(log.read(CORRECTIONS))) == 10)
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") != "listbox"
        _reach(page, served, "/models", "Actions of version 2")
        page.keyboard.press("Enter")
        _tab_to(page, "Promote to champion …")
        page.keyboard.press("Enter")
        page.keyboard.type("it is better, and a is no key here")
        page.keyboard.press("Tab")
        page.keyboard.type("2")
        page.keyboard.press("Enter")
        wait_for(lambda: registry.head().champion == 2)
        assert registry.audit()[-1].reason == "it is better, and a is no key here"
        _reach(page, served, "/letters", "Send texts:0:1 back")
        page.keyboard.press("Enter")
        _tab_to(page, "Send back")
        page.keyboard.press("Enter")
        with closing(open_transport(served.broker)) as log:
            wait_for(lambda: [r.value for r in log.read("texts")][-1] == b"{")
        served.stop()


def _reach(page: Any, served: Served, path: str, name: str) -> None:
    open_ready(page, served, path)
    _tab_to(page, name)


def _tab_to(page: Any, name: str) -> None:
    """Tab until something of that name has the focus; it can be seen at each stop."""
    label = """() => { const e = document.activeElement;
      return e.getAttribute('aria-label') || e.innerText || ''; }"""
    outline = """() => { const e = document.activeElement, itself = e.matches('.listbox, body, dialog');
      return itself ? 1 : parseFloat(getComputedStyle(e).outlineWidth); }"""
    for _ in range(80):
        if str(page.evaluate(label)).strip() == name:
            return
        page.keyboard.press("Tab")
        assert page.evaluate(outline) > 0
    raise AssertionError(f"{name} was not reached")
