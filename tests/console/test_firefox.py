# SPDX-License-Identifier: Apache-2.0
"""The card in Firefox ESR: the same pages and the same code, by Firefox's own protocol."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.console.support import Served, wait_for
from tests.console.test_card import PLACES
from tests.servers.firefox import Firefox, find_firefox, open_firefox
from tests.servers.requirements import MissingServerError, give_up
from workers.transports import open_transport

pytestmark = [pytest.mark.nightly, pytest.mark.timeout(300)]

STATUS = "document.querySelector('.status').textContent"
TEXT_ID = "document.querySelector('.card .top a').textContent"
MARKS = "[...document.querySelectorAll('.words mark')].map(m => [m.textContent, m.dataset.label])"


@pytest.fixture(scope="module")
def window(served: Served, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firefox]:
    """A Firefox that is logged in; one for all, since a start takes seconds."""
    try:
        find_firefox()
    except MissingServerError as error:
        give_up(error)
    with open_firefox(tmp_path_factory.mktemp("firefox")) as found:
        name, _, value = served.cookie("fay").partition("=")
        cookie = {"name": name, "value": {"type": "string", "value": value}, "domain": "127.0.0.1"}
        found.ask("storage.setCookie", cookie=cookie)
        yield found


@pytest.fixture
def firefox(window: Firefox) -> Iterator[Firefox]:
    """The same one; a complaint of its pages fails the test."""
    window.complaints.clear()
    yield window
    assert not window.complaints


def open_text(firefox: Firefox, served: Served, text: str) -> None:
    """The newest such text, as a card."""
    source = next(one["source"] for one in served.get("/api/stream?n=200")["items"] if one["text"] == text)
    firefox.go(f"{served.address}/correct?text={source}")
    firefox.wait_for("document.querySelector('main[aria-busy=false] .reader .block') !== null")


def test_keys_label_and_publish(firefox: Firefox, served: Served) -> None:
    """Move, extend, label, undo, remove and accept by keys; the correction in the log is what was drawn."""
    open_text(firefox, served, "First line\n\nsecond line of Kigali")
    for key in ("Home", "Shift+ArrowRight", "2", "u", "1"):
        firefox.press(key)
    assert firefox.evaluate(MARKS) == [["First line", "LOC"], ["Kigali", "LOC"]]
    for key in ("f", "s", "j", "d"):
        firefox.press(key)
    assert firefox.evaluate(STATUS) == "removed LOC: Kigali"
    text_id = firefox.evaluate(TEXT_ID)
    firefox.press("a")
    firefox.wait_for(f"{TEXT_ID} !== {json.dumps(text_id)}")

    def mine() -> list[dict[str, object]]:
        with closing(open_transport(served.broker)) as log:
            found = [json.loads(record.value or b"") for record in log.read("corrections")]
        return [one["layers"] for one in found if (one["id"], one["author"]) == (text_id, "fay")]

    spans = [{"start": 0, "end": 10, "label": "LOC"}]
    assert wait_for(mine) == [{"ents": {"status": "complete", "spans": spans}}]


def test_highlights_and_the_mouse(firefox: Firefox, served: Served) -> None:
    """The cursor is a highlight, lines above and below are found by places, a drag takes whole words."""
    text = "Ada Lovelace went to Kigali. She saw Freshet there."
    open_text(firefox, served, text)
    firefox.press("ArrowRight")
    assert firefox.evaluate("[...CSS.highlights.get('cursor')].map(String)") == ["Lovelace"]
    box = firefox.evaluate(f"({PLACES})(['went', 'Kigali'])")
    firefox.drag(box["went"], box["Kigali"])
    assert firefox.evaluate(STATUS).startswith("went to Kigali")
    assert firefox.evaluate("[...CSS.highlights.get('chosen')].map(String)") == ["went to Kigali"]


@pytest.mark.parametrize("path", ["/", "/review", "/models", "/learning", "/letters", "/health"])
def test_pages_work(firefox: Firefox, served: Served, path: str) -> None:
    """Each page comes to be ready, without an error."""
    firefox.go(served.address + path)
    firefox.wait_for("document.querySelector('main[aria-busy=false] h1') !== null")
