# SPDX-License-Identifier: Apache-2.0
"""What people hear who do not see the card: every night by Orca's own log, always by Chromium's own tree of
what it tells screen readers."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.console.conftest import open_page
from tests.console.support import Served
from tests.console.test_card import open_card
from tests.servers.browser import find_browser
from tests.servers.desktop import Desktop, find_orca, open_desktop
from tests.servers.requirements import MissingServerError, give_up

TEXT = "Ada Lovelace went to Kigali. She saw Freshet there."
READ = "Ada PER Lovelace PER went to Kigali LOC . She saw Freshet ORG there ."
KEYS = (
    ("ArrowRight", "Right", "Lovelace, PER"),
    ("ArrowRight", "Right", "went"),
    ("Shift+ArrowRight", "shift+Right", "selected went to"),
    ("1", "1", "LOC: went to"),
    ("j", "j", "Kigali, LOC"),
    ("d", "d", "removed LOC: Kigali"),
    ("u", "u", "undone"),
    ("k", "k", "went to, LOC"),
    ("2", "2", "ORG: went to"),
    ("n", "n", "She"),
    ("Home", "Home", "Ada, PER"),
    ("End", "End", "."),
)
"""Keys by Playwright's name and by X's, and what is to be heard of each."""


def in_order(words: Sequence[str], said: str) -> bool:
    """Whether all words are said, in their order."""
    pieces = iter(re.findall(r"\w+|[^\w\s]", said))
    return all(any(word == piece for piece in pieces) for word in words)


def test_the_tree_tells_every_word_and_label_in_order(page: Any, served: Served) -> None:
    """Read from top to bottom, what Chromium tells screen readers has each word and label; entities hide
    none."""
    open_card(page, served, TEXT)
    session = page.context.new_cdp_session(page)
    nodes = {node["nodeId"]: node for node in session.send("Accessibility.getFullAXTree")["nodes"]}
    assert in_order(READ.split(), " ".join(texts_of(nodes, next(iter(nodes)))))


def texts_of(nodes: Mapping[str, Any], root: str) -> Iterator[str]:
    """The pieces of text below a node, from top to bottom."""
    node = nodes[root]
    if node.get("role", {}).get("value") == "StaticText":
        yield str(node["name"]["value"])
    for child in node.get("childIds", ()):
        if child in nodes:
            yield from texts_of(nodes, child)


def test_the_tree_answers_each_key_in_words(page: Any, served: Served) -> None:
    """The option that has the focus, or the line of status, names the words that a key concerned."""
    open_card(page, served, TEXT)
    for key, _, heard in KEYS:
        page.keyboard.press(key)
        active = page.evaluate(
            "document.getElementById(document.activeElement.getAttribute('aria-activedescendant')).textContent"
        )
        assert heard in (active, page.inner_text(".status")), key


@pytest.fixture
def desktop(tmp_path: Path) -> Iterator[Desktop]:
    """A screen that Orca reads."""
    try:
        find_orca()
    except MissingServerError as error:
        give_up(error)
    with open_desktop(tmp_path) as found:
        yield found


@pytest.mark.nightly
@pytest.mark.timeout(900)
def test_orca_answers_each_key_in_words(desktop: Desktop, served: Served) -> None:
    """With real keys and the real screen reader: each key is answered by a sentence that names the words
    concerned. (What it reads aloud of a page at once is held by Chromium's tree above.)"""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_browser(),
            headless=False,
            args=["--force-renderer-accessibility"],
            env=dict(desktop.environment),
        )
        page = open_page(browser.new_context(no_viewport=True), served, "ora")
        page.goto(served.address + "/login")
        desktop.focus("Log in")
        open_card(page, served, TEXT)
        hear(desktop, 0, "Ada, PER")
        waits = []
        for _, key, heard in KEYS:
            before, began = len(desktop.spoken()), time.monotonic()
            desktop.press(key)
            hear(desktop, before, heard)
            waits.append(round(time.monotonic() - began, 1))
        print("seconds until each key was answered:", waits)
        browser.close()


def hear(desktop: Desktop, before: int, words: str) -> None:
    """Wait until something is said that has these words, punctuation aside."""
    wanted, deadline = plain(words), time.monotonic() + 60
    while wanted not in " ".join(plain(piece) for piece in desktop.spoken()[before:]):
        assert time.monotonic() < deadline, (words, desktop.spoken()[before:])
        time.sleep(0.05)


def plain(said: str) -> str:
    """Words alone, and a full stop where there is nothing else."""
    return " ".join(re.findall(r"\w+", said)) or said.strip()
