# SPDX-License-Identifier: Apache-2.0
"""The console in a real Chromium: what a key, a card, a page and a start cost.

`python -m benchmarks console`, or `python -m benchmarks.console WHAT...` with one of

- `start`: seconds to the first answer, resident memory.
- `bytes`: what the page Correct loads, and all files together.
- `keys`: 416 keys of eight kinds in 10,000 tokens with 400 entities: from the key's own stamp to after the
  next frame (wall), and processor time of the page's thread, which other programs do not move; the same with
  the processor throttled four times. `next`: the next card of that size. `long`: a text of 1,000,000
  characters.
- `typing`: keys for ten-sentence documents, gold (UNER EWT dev) against the starter, pressed in the page.
- `stream`: an annotated log that grows by `--rate` annotations a second for `--seconds`: the console's share
  of a core, and the page's heap.
- `person`: `freshet up`; somebody corrects 90 bundled tickers, one every two seconds, with the keyboard: when
  the first is live, and in which state all are.
"""

from __future__ import annotations

import argparse
import gzip
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from statistics import mean, quantiles
from typing import Any

import engine
from tests.console.conftest import TEXTS, open_page
from tests.console.sheet_model import SheetModel, plan
from tests.console.support import Served, annotate, fill, start
from tests.console.test_card import CARD, long_item, processor_time
from tests.servers.browser import open_browser
from workers.bundled import STARTER, find_model
from workers.cli.demo.samples import read_tickers
from workers.console import assets
from workers.transports import OutgoingRecord, open_transport

CORRECT = (
    "correct.html",
    "style.css",
    "correct.js",
    "card.js",
    "blocks.js",
    "sheet.js",
    "places.js",
    "nav.js",
    "live.js",
    "outbox.js",
)
KEYS = ("ArrowRight", "Shift+ArrowRight", "j", "2", "ArrowDown", "n", "1", "u", "k", "d", "u", "End", "Home")
PAINT = """() => { window.paints = [];
  const painted = event => { const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => window.paints.push(performance.now() - event.timeStamp); port2.postMessage(0); };
  addEventListener('keydown', event => requestAnimationFrame(() => painted(event)), true); }"""
WHAT = ("start", "bytes", "keys", "next", "long", "typing", "stream")


def main() -> None:
    """Run what is named, or all but `person`."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", nargs="*", default=WHAT, metavar="WHAT")
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("FRESHET_DATA", "data")))
    parser.add_argument("--rate", type=int, default=20_000)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--people", type=int, default=90)
    chosen = parser.parse_args()
    for what in chosen.what:
        globals()[f"run_{what}"](chosen)


@contextmanager
def console(texts: Sequence[str] = TEXTS * 10) -> Iterator[Served]:
    """A console over a log with some annotations."""
    with tempfile.TemporaryDirectory() as folder:
        fill(f"embedded:{folder}", texts)
        served = start(Path(folder))
        try:
            yield served
        finally:
            served.stop()


@contextmanager
def opened(served: Served) -> Iterator[Any]:
    """A page of somebody who is logged in."""
    with open_browser() as browser:
        page = open_page(browser.new_context(viewport={"width": 1280, "height": 800}), served)
        page.goto(served.address + "/login")
        yield page


def run_start(chosen: argparse.Namespace) -> None:
    seconds = []
    for _ in range(3):
        with console() as served:
            seconds.append(served.started)
            status = Path(f"/proc/{served.process.pid}/status").read_text()
    resident = int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024  # type: ignore[index]
    print(f"start: answers after {min(seconds):.2f} s (best of three), {resident:.0f} MB resident")


def run_bytes(chosen: argparse.Namespace) -> None:
    every = [name for name in assets.names() if name != "vendor/LICENSE"] + ["login.html", *assets.TITLES]
    for title, names in ("Correct", CORRECT), ("everything", every):
        parts = [assets.read(name)[0] for name in names]
        packed = sum(len(gzip.compress(part, 6)) for part in parts)
        raw = sum(map(len, parts))
        print(f"bytes: {title} {raw / 1000:.1f} kB raw, {packed / 1000:.1f} kB gzip, {len(names)} files")


def run_keys(chosen: argparse.Namespace) -> None:
    with console() as served, opened(served) as page:
        page.evaluate(CARD, long_item(10_000, 400))
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable", {"timeDomain": "threadTicks"})
        page.evaluate(PAINT)
        for throttle in (1, 4):
            session.send("Emulation.setCPUThrottlingRate", {"rate": throttle})
            paints, cost = press(page, session, 416)
            print(f"keys, {throttle}x: {tell(paints)}, {1000 * cost:.2f} ms of a processor a key")
        session.send("Emulation.setCPUThrottlingRate", {"rate": 1})
        nodes = len(session.send("Accessibility.getFullAXTree")["nodes"])
        print(
            f"elements {page.evaluate('document.querySelectorAll(`*`).length')}, accessibility nodes {nodes}"
        )


def press(page: Any, session: Any, n: int) -> tuple[list[float], float]:
    """Milliseconds to paint of each key, and seconds of a processor a key."""
    page.evaluate("window.paints.length = 0")
    before = processor_time(session)
    for i in range(n):
        page.keyboard.press(KEYS[i % len(KEYS)])
    page.wait_for_function("n => window.paints.length >= n", arg=n, timeout=60_000)
    return page.evaluate("window.paints"), (processor_time(session) - before) / n


def run_next(chosen: argparse.Namespace) -> None:
    with console() as served, opened(served) as page:
        items = [long_item(10_000, 400 + i) for i in range(2)]
        page.evaluate(CARD, items[0])
        shown = """async item => { const began = performance.now(); window.card.show(item);
          await new Promise(done => requestAnimationFrame(() => setTimeout(done)));
          return performance.now() - began; }"""
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable", {"timeDomain": "threadTicks"})
        before = processor_time(session)
        waits = [page.evaluate(shown, items[i % 2]) for i in range(20)]
        cost = 1000 * (processor_time(session) - before) / 20
        print(f"next card of 10,000 tokens: {tell(waits)}, {cost:.0f} ms of a processor")


def run_long(chosen: argparse.Namespace) -> None:
    item = long_item(200_000, 8_000)
    with console() as served, opened(served) as page:
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable", {"timeDomain": "threadTicks"})
        page.evaluate("item => { window.item = item; }", item)
        script = f"async () => {{ const began = performance.now(); await ({CARD})(window.item); "
        opening = page.evaluate(script + "return performance.now() - began; }")
        page.evaluate(PAINT)
        paints, cost = press(page, session, 104)
        print(f"{len(item['text']):,} characters: opens in {opening / 1000:.2f} s")
        print(f"  keys {tell(paints)}, {1000 * cost:.1f} ms of a processor a key")


def run_typing(chosen: argparse.Namespace) -> None:
    """Documents of ten sentences, as the page asks people to correct them."""
    pipeline = engine.load(find_model(STARTER))
    documents = ten_sentences(chosen.data / "uner_english_ewt" / "dev.iob2")
    labels, counts = ["PER", "LOC", "ORG"], []
    with console() as served, opened(served) as page:
        for i, (text, gold) in enumerate(documents[:60]):
            doc = pipeline(text).to_json()
            tokens = {"start": [t["start"] for t in doc["tokens"]], "end": [t["end"] for t in doc["tokens"]]}
            ents = [{"start": e["start"], "end": e["end"], "label": e["label"]} for e in doc["ents"]]
            sents = [{"start": s["start"], "end": s["end"]} for s in doc["sents"]]
            item = {
                "source": "texts:0:0",
                "id": str(i),
                "text": text,
                "version": "1",
                "tokens": tokens,
                "ents": ents,
                "sents": sents,
                "columns": [],
            }
            starts, ends = set(tokens["start"]), set(tokens["end"])
            wanted = [place for place in gold if place[0] in starts and place[1] in ends]
            keys = plan(SheetModel.of(item, labels), wanted)
            page.evaluate(CARD, item)
            for key in keys:
                page.keyboard.press(key)
            said = page.evaluate("card.sheet.said().layers.ents.spans.map(s => [s.start, s.end, s.label])")
            assert sorted(map(tuple, said)) == sorted(wanted), (i, keys)
            counts.append(len(keys) + 1)
    hour = 3600 / (0.28 * mean(counts) + 8)
    print(f"typing: {mean(counts):.1f} keys for ten sentences, accept included ({len(counts)} documents)")
    print(f"  {hour:.0f} an hour at 0.28 s a key and 8 s of reading")


def ten_sentences(path: Path) -> list[tuple[str, list[tuple[int, int, str]]]]:
    """Documents of ten sentences each of an IOB2 file, with entities in characters."""
    sentences: list[list[tuple[str, str]]] = [[]]
    for line in path.read_text(encoding="utf-8").splitlines():
        fields = line.split("\t")
        if not line.strip():
            sentences.append([])
        elif not line.startswith("#") and len(fields) >= 3:
            sentences[-1].append((fields[1], fields[2]))
    kept = [sentence for sentence in sentences if sentence]
    return [_document(kept[i : i + 10]) for i in range(0, len(kept) - 9, 10)]


def _document(sentences: list[list[tuple[str, str]]]) -> tuple[str, list[tuple[int, int, str]]]:
    text, ents = "", list[tuple[int, int, str]]()
    for sentence in sentences:
        for word, tag in sentence:
            text += " " if text else ""
            if tag.startswith("B-"):
                ents.append((len(text), len(text) + len(word), tag[2:]))
            elif tag.startswith("I-") and ents:
                ents[-1] = (ents[-1][0], len(text) + len(word), ents[-1][2])
            text += word
    return text, ents


def run_stream(chosen: argparse.Namespace) -> None:
    with console() as served, opened(served) as page:
        page.goto(served.address + "/")
        page.wait_for_selector("main[aria-busy=false]")
        stop = threading.Event()
        writer = threading.Thread(target=_write, args=(served, chosen.rate, stop), daemon=True)
        writer.start()
        time.sleep(5)
        heap, cpu, began, end = (
            _heap(page),
            _seconds(served),
            time.monotonic(),
            served.get("/api/health")["tails"],
        )
        time.sleep(chosen.seconds)
        spent, wall = _seconds(served) - cpu, time.monotonic() - began
        stop.set()
        writer.join()
        after = served.get("/api/health")["tails"]
        came = sum(sum(t["ends"]) for t in after if t["topic"] == "annotations") - sum(
            sum(t["ends"]) for t in end if t["topic"] == "annotations"
        )
        share, heap = 100 * spent / wall, _heap(page) - heap
        print(f"stream: {came / wall:,.0f} annotations/s for {wall:.0f} s")
        print(f"  console {share:.1f} % of a core, the page's heap {heap:+.1f} MB")


def _write(served: Served, rate: int, stop: threading.Event) -> None:
    value = [annotate(f"Ada went to Kigali {i}. " * 5, i) for i in range(200)]
    with closing(open_transport(served.broker)) as log, closing(log.producer()) as producer:
        due = time.monotonic()
        while not stop.is_set():
            producer.send(
                [OutgoingRecord("annotations", value[i % 200], b"%d" % i) for i in range(rate // 10)]
            )
            due += 0.1
            time.sleep(max(0.0, due - time.monotonic()))


def _heap(page: Any) -> float:
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    return float(session.send("Runtime.getHeapUsage")["usedSize"]) / 2**20


def _seconds(served: Served) -> float:
    fields = Path(f"/proc/{served.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def run_person(chosen: argparse.Namespace) -> None:
    """One person at `freshet up`, with the keyboard alone."""
    gold = {one.id: one for one in read_tickers()[0]}
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "workers.cli", "up", "--data-dir", folder, "--console-port", "0"]
        up = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            assert up.stdout is not None
            link = (
                next(line for line in up.stdout if line.startswith("console: "))
                .removeprefix("console: ")
                .strip()
            )
            with closing(open_transport(f"embedded:{folder}")) as log, closing(log.producer()) as producer:
                producer.send([OutgoingRecord("texts", one.value, one.id.encode()) for one in gold.values()])
            with open_browser() as browser:
                _correct(browser, link, gold, chosen.people)
        finally:
            up.send_signal(signal.SIGTERM)
            up.wait(60)


def _correct(browser: Any, link: str, gold: dict[str, Any], n: int) -> None:
    page, items = browser.new_context().new_page(), dict[str, Any]()

    def remember(response: Any) -> None:
        if "/items/claim" in response.url and response.ok:
            items.update({item["text"]: item for item in response.json()["items"]})

    page.on("response", remember)
    page.goto(link)
    page.goto(link.partition("/login")[0] + "/correct")
    page.wait_for_selector(".reader", timeout=120_000)
    labels = page.evaluate("fetch('/api/me').then(r => r.json())")["labels"]["ents"]
    began, live, counts = time.monotonic(), 0.0, []
    for i in range(n):
        page.wait_for_selector(".reader .block")
        item = items[page.evaluate("document.querySelector('.words').textContent")]
        keys = plan(SheetModel.of(item, labels), [(e.start, e.end, e.label) for e in gold[item["id"]].ents])
        for key in [*keys, "a"]:
            page.keyboard.press(key)
        counts.append(len(keys) + 1)
        live = live or _live(page, began)
        time.sleep(max(0.0, began + 2 * (i + 1) - time.monotonic()))
    end = time.monotonic() + 90
    while time.monotonic() < end and not live:
        live = _live(page, began)
        time.sleep(0.2)
    time.sleep(10)
    told = page.evaluate("fetch('/api/answers?n=200').then(r => r.json())")["answers"]
    states = Counter(str(one["progress"]["stage"]) for one in told)
    first = f"first live after {live:.0f} s" if live else "none went live"
    print(f"person: {n} corrections, {mean(counts):.1f} keys each; {first}; {dict(states)}")


def _live(page: Any, began: float) -> float:
    words = page.eval_on_selector_all(".states li", "all => all.map(li => li.lastChild.textContent)")
    return time.monotonic() - began if any("live in version" in word for word in words) else 0.0


def tell(values: Sequence[float]) -> str:
    """Median and 95th percentile, in milliseconds."""
    cuts = quantiles(values, n=20)
    return f"p50 {cuts[9]:.0f} ms, p95 {cuts[18]:.0f} ms (wall)"


if __name__ == "__main__":
    main()
