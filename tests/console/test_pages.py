# SPDX-License-Identifier: Apache-2.0
"""All pages in a real browser: they are there, everybody can use them, they are small, they heal."""

from __future__ import annotations

import hashlib
import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.console.conftest import TEXTS, open_page
from tests.console.support import Served, fill, start, wait_for
from tests.console.test_card import open_card
from workers.console import assets
from workers.console.assets import STATIC
from workers.transports import open_transport

PAGES = ("/", "/correct", "/review", "/texts/texts:0:0", "/models", "/learning", "/letters", "/health")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
UPLOT = "19c8d4c6ad88929a79f4ae49d6f7161566dfd0ba3d15cc495e974f787eb78f1f"


def open_ready(page: Any, served: Served, path: str) -> None:
    """A page, when it says that it is ready."""
    page.goto(served.address + path)
    page.wait_for_selector("main[aria-busy=false]")


def violations(page: Any) -> list[str]:
    """What axe has to say against a page."""
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": TAGS}})
    return [f"{one['id']}: {one['nodes'][0]['html'][:120]}" for one in found.response["violations"]]


def test_each_page_is_ready_and_everybody_can_use_it(page: Any, served: Served) -> None:
    """No error, no report of the policy, nothing that axe finds (A, AA, 2.2, best practice; here on two
    pages, on all of them every night), no page wider than the window."""
    for path in PAGES:
        open_ready(page, served, path)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        if path in ("/correct", "/learning"):
            assert violations(page) == []


@pytest.mark.nightly
@pytest.mark.timeout(600)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [(390, 844), (1280, 800), (3840, 2160), (320, 256)])
def test_each_page_at_each_size(browser: Any, served: Served, scheme: str, size: tuple[int, int]) -> None:
    """The same in light and dark, from 320 x 256 to 3840 x 2160, and with forced colours."""
    for forced in ("none", "active") if size == (1280, 800) else ("none",):
        viewport = {"width": size[0], "height": size[1]}
        context = browser.new_context(viewport=viewport, color_scheme=scheme, forced_colors=forced)
        page = open_page(context, served)
        for path in PAGES:
            open_ready(page, served, path)
            assert violations(page) == [], (path, size, scheme)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (path, size)
        assert not page.complaints
        context.close()


def test_a_small_window_shows_mostly_text(browser: Any, served: Served) -> None:
    """At 320 x 256, which is 400 percent, the bar does not stick; every button is at least 24 pixels high;
    the cursor stands out from every tint by 3 to 1, in light and dark."""
    context = browser.new_context(viewport={"width": 320, "height": 256})
    page = open_page(context, served, "zoe")
    open_card(page, served, TEXTS[0])
    assert page.evaluate("getComputedStyle(document.querySelector('.actions')).position") == "static"
    share = page.evaluate(
        """() => { document.querySelector('.reader').scrollIntoView({block: 'start'});
        const box = document.querySelector('.reader').getBoundingClientRect();
        return (Math.min(innerHeight, box.bottom) - Math.max(0, box.top)) / innerHeight; }"""
    )
    assert share >= 0.4
    heights = page.eval_on_selector_all("button", "all => all.map(b => b.getBoundingClientRect().height)")
    assert min(height for height in heights if height) >= 24
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        colors = page.evaluate(
            """() => { const style = getComputedStyle(document.documentElement);
            return ['cursor', 'paper', ...[...Array(8).keys()].map(k => `c${k}`)].map(
              name => style.getPropertyValue(`--${name}`).trim()); }"""
        )
        assert min(contrast(colors[0], tint) for tint in colors[1:]) >= 3
    context.close()


def contrast(one: str, other: str) -> float:
    """How far two colours stand apart, as WCAG says it."""

    def light(color: str) -> float:
        digits = color.lstrip("#")
        digits = "".join(c * 2 for c in digits) if len(digits) == 3 else digits
        parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
        red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    bright, dark = sorted((light(one), light(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def test_pages_are_small_and_ask_nobody_else(page: Any, served: Served) -> None:
    """The page Correct in few requests and few bytes; all files together; no other host is asked."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    open_card(page, served)
    assert all(url.startswith(served.address) for url in asked)
    assert len(asked) <= 15, asked
    files = [url for url in asked if "/api/" not in url]
    plain = sum(len(_content(served, url, gzip=False)) for url in files)
    packed = sum(len(_content(served, url, gzip=True)) for url in files)
    assert plain <= 60_000, plain
    assert packed <= 22_000, packed
    everything = [f"/static/{name}" for name in assets.names() if name != "vendor/LICENSE"] + ["/login"]
    everything += [f"/{name}" for name in assets.TITLES if name not in ("stream", "text")] + ["/", "/texts"]
    whole = sum(len(_content(served, served.address + path, gzip=False)) for path in everything)
    packed = sum(len(_content(served, served.address + path, gzip=True)) for path in everything)
    assert whole <= 187_000, whole
    assert packed <= 75_000, packed


def test_nothing_is_lost_of_what_is_served() -> None:
    """Files are served line by line, less comments and indentation: no string of a script may go on over a
    line, and the styles are those of the file."""
    for path in STATIC.glob("*.js"):
        assert all(line.count("`") % 2 == 0 for line in path.read_text().splitlines()), path
        served = assets.slim(path.name).decode().splitlines()
        lines = [line.strip() for line in path.read_text().splitlines()]
        assert served == [line for line in lines if line and not line.startswith("//")]
    for path in STATIC.glob("*.css"):
        bare = re.sub(r"/\*.*?\*/|\s+", "", path.read_text(), flags=re.DOTALL)
        assert re.sub(r"\s+", "", assets.slim(path.name).decode()) == bare


def _content(served: Served, url: str, *, gzip: bool) -> bytes:
    path = url.removeprefix(served.address)
    _, told, _ = served.ask("GET", path, headers={"accept-encoding": "gzip"} if gzip else {})
    return told if isinstance(told, bytes) else json.dumps(told).encode()


def test_what_is_not_ours_is_what_it_was() -> None:
    """uPlot 1.6.32 as it is published, with its licence; own scripts build no markup of strings."""
    vendor = STATIC / "vendor"
    digest = hashlib.sha256((vendor / "uPlot.iife.min.js").read_bytes()).hexdigest()
    assert digest == UPLOT
    assert "MIT License" in (vendor / "LICENSE").read_text()
    for path in STATIC.glob("*.js"):
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", path.read_text()
        ), path


def test_all_tabs_share_one_stream(browser: Any, served: Served) -> None:
    """Only one tab of a browser listens to the console; when it closes another one does, and the others
    hear the same."""
    context = browser.new_context()
    pages = [open_page(context, served)]
    pages += [context.new_page() for _ in range(2)]
    for page in pages:
        open_ready(page, served, "/")
    leaders = "async () => (await import('/static/live.js')).isLeader()"
    wait_for(lambda: sum(page.evaluate(leaders) for page in pages) == 1)
    streams = served.get("/api/health")["listeners"]
    for page in pages:
        page.wait_for_function("document.querySelector('main [role=status]').textContent !== ''")
    next(page for page in pages if page.evaluate(leaders)).close()
    left = [page for page in pages if not page.is_closed()]
    wait_for(lambda: sum(page.evaluate(leaders) for page in left) == 1, 10)
    wait_for(lambda: served.get("/api/health")["listeners"] <= streams, 10)
    context.close()


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Served]:
    """A console of one test's own, which may be killed."""
    fill(f"embedded:{tmp_path}", TEXTS * 8)
    console = start(tmp_path)
    yield console
    console.stop(signal.SIGKILL)


def corrections(served: Served) -> list[dict[str, Any]]:
    """The corrections in the log."""
    with closing(open_transport(served.broker)) as log:
        return [json.loads(record.value or b"") for record in log.read("corrections")]


@pytest.mark.parametrize(
    "rounds", [1, pytest.param(50, marks=[pytest.mark.nightly, pytest.mark.timeout(900)])]
)
def test_answers_arrive_once_whatever_falls(browser: Any, own: Served, rounds: int) -> None:
    """Offline, and with the console killed, answers wait in the browser; all arrive, once each and in their
    order, when it is back. Every answer is sent twice, as by a proxy that loses answers."""
    context = browser.new_context()
    page = open_page(context, own)
    open_card(page, own)
    port, given = int(own.host.partition(":")[2]), 0
    current = own
    for _ in range(rounds):
        page.wait_for_selector(".reader .block")
        context.set_offline(True)
        for _ in range(2):
            given += give(page)
        context.set_offline(False)
        wait_for(lambda: page.evaluate(WAITING) == 0, 30)
        page.wait_for_selector(".reader .block")
        current.stop(signal.SIGKILL)
        for _ in range(2):
            given += give(page)
        current = start(own.folder, port=port)
        wait_for(lambda: page.evaluate(WAITING) == 0, 30)
        if rounds > 1:
            fill_more(own, 4)
    found = corrections(own)
    keys = [one["correction_id"] for one in found]
    assert len(set(keys)) == given
    with closing(open_transport(own.broker)) as log:
        answers = [json.loads(record.value or b"")["answer_id"] for record in log.read("answers")]
    assert list(dict.fromkeys(answers)) == sorted(set(answers))  # ids of version 7 grow with time
    assert len(set(answers)) == given
    assert current.stop() == 0
    context.close()


def give(page: Any) -> int:
    """Accept the card that is there; 0 where there is none to accept."""
    if not page.locator(".reader .block").count():
        return 0
    page.keyboard.press("a")
    page.wait_for_timeout(150)
    return 1


WAITING = "async () => (await (await import('/static/outbox.js')).waiting()).length"


def fill_more(served: Served, n: int) -> None:
    """More texts, so that there is always one to correct."""
    from tests.console.support import write

    with closing(open_transport(served.broker)) as log:
        first = sum(end for _, end in log.partitions("texts", "test").bounds())
        write(log, [f"More of Ada {first + i}." for i in range(n)], first)


LISTEN = """
import sys, urllib.request
request = urllib.request.Request(sys.argv[1], headers={"Cookie": sys.argv[2]})
with urllib.request.urlopen(request) as stream:
    while stream.readline():
        pass
"""


def test_a_console_that_is_stopped_ends_well(own: Served) -> None:
    """SIGTERM with open streams: exit code 0 within two seconds; no token and no text in its log."""
    cookie = own.cookie()
    command = [sys.executable, "-c", LISTEN, f"{own.address}/api/events", cookie]
    streams = [subprocess.Popen(command, stdout=subprocess.DEVNULL) for _ in range(6)]
    wait_for(lambda: own.get("/api/health")["listeners"] == 6)
    began = time.monotonic()
    assert own.stop() == 0
    assert time.monotonic() - began <= 12  # two on an idle machine
    for stream in streams:
        stream.wait(5)
    said = own.log.read_text()
    assert "token=" not in said
    assert cookie.partition("=")[2] not in said
    assert "Lovelace" not in said


def test_a_console_starts_quickly_and_without_an_engine(own: Served) -> None:
    """It answers soon, in little memory; nothing that computes is imported."""
    status = Path(f"/proc/{own.process.pid}/status").read_text()
    resident = int(re.search(r"VmRSS:\s+(\d+)", status)[1])  # type: ignore[index]
    assert resident <= 100 * 1024
    script = (
        "import sys, workers.cli.web_console; "
        "print([name for name in sys.modules if name.split('.')[0] in ('torch', 'thinc', 'numba', 'numpy') "
        "or name.startswith(('engine.pipeline', 'engine.doc', 'engine.components', 'engine.api'))])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "[]"


def test_the_stream_is_filtered_and_paused(page: Any, served: Served) -> None:
    """A word or a label filters; what matches nothing says so; a pause is kept; `c` opens the card."""
    open_ready(page, served, "/")
    rows = page.locator("ul.list > li[data-source]")
    rows.first.wait_for()
    page.fill("#filter", "Nairobi")
    page.wait_for_function("[...document.querySelectorAll('li[data-source]')].length")
    assert all("Nairobi" in text for text in rows.all_inner_texts())
    page.fill("#filter", "no such word")
    page.get_by_text("Nothing here matches").wait_for()
    page.fill("#filter", "")
    page.get_by_role("button", name="Pause").click()
    assert page.get_by_role("button", name="Pause").get_attribute("aria-pressed") == "true"
    rows.first.focus()
    page.keyboard.press("c")
    page.wait_for_selector("main[aria-busy=false] .reader .block")


def test_a_rejected_text_is_reviewed_by_keys(page: Any, served: Served) -> None:
    """Rejected, it waits in Review; `e` opens the card, and accepting there decides."""
    open_card(page, served)
    page.keyboard.press("x")
    wait_for(lambda: any(one["text"] for one in served.get("/api/reviews")["cases"]))
    open_ready(page, served, "/review")
    page.get_by_role("heading", name="Rejected by ada").wait_for()
    waiting = served.get("/api/reviews")["waiting"]
    page.keyboard.press("e")
    page.wait_for_selector(".reader .block")
    page.keyboard.press("a")
    wait_for(lambda: served.get("/api/reviews")["waiting"] == waiting - 1)
