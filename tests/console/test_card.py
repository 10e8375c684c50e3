# SPDX-License-Identifier: Apache-2.0
"""The card in a real browser: keys, places, mouse and touch, and what is published of it."""

from __future__ import annotations

import random
from contextlib import closing
from typing import Any

import orjson
import pytest

from tests.console.conftest import open_page
from tests.console.sheet_model import KEYS, SheetModel
from tests.console.strings import HOSTILE
from tests.console.support import WORD, Served, wait_for
from workers.transports import open_transport

LABELS = ["PER", "LOC", "ORG"]
ALPHABET = (
    "ab cd.  Ünï\n漢字\U0001f600\U0001f469\u200d\U0001f4bb e\u0301\u202e\u2066\x00\x07<b>&{{}}'\"\U0010ffff"
)


def make_item(text: str, dice: random.Random, spans: int = 3) -> dict[str, Any]:
    """A card of any text: tokens as the toy model makes them, some entities that do not overlap."""
    words = [(w.start(), w.end()) for w in WORD.finditer(text) if w.group() != " "]
    ents, at = [], 0
    while at < len(words) and len(ents) < spans:
        a = dice.randrange(at, len(words))
        b = min(len(words) - 1, a + dice.randrange(3))
        if text[words[a][0] : words[a][1]].strip() and text[words[b][0] : words[b][1]].strip():
            ents.append({"start": words[a][0], "end": words[b][1], "label": dice.choice(LABELS)})
        at = b + 1
    begins = sorted({0, *(dice.randrange(len(words)) for _ in range(2))}) if words else []
    bounds = [*begins[1:], len(words)] if words else []
    sents = [{"start": words[a][0], "end": words[b - 1][1]} for a, b in zip(begins, bounds, strict=True)]
    tokens = {"start": [start for start, _ in words], "end": [end for _, end in words]}
    return {
        "source": "texts:0:0",
        "id": "m",
        "text": text,
        "version": "1",
        "tokens": tokens,
        "ents": ents,
        "sents": sents,
        "columns": [],
    }


def open_card(page: Any, served: Served, text: str = "", path: str = "/correct") -> Any:
    """The page Correct with a card on it; with a text, that of the newest such text."""
    if text:
        newest = served.get("/api/stream?n=200")["items"]
        source = next(item["source"] for item in newest if item["text"] == text)
        path = f"/correct?text={source}"
    page.goto(served.address + path)
    page.wait_for_selector("main[aria-busy=false] .reader .block")
    return page.locator(".listbox")


def marks(page: Any) -> list[list[str]]:
    """What is marked in the card: words and label."""
    found: list[list[str]] = page.eval_on_selector_all(
        ".words mark", "all => all.map(m => [m.textContent, m.dataset.label])"
    )
    return found


def test_keys_do_what_the_model_of_them_says(page: Any, served: Served) -> None:
    """The same random keys, pressed in the browser, give the same entities."""
    text = "Ada Lovelace went to Kigali. She saw Freshet there."
    open_card(page, served, text)
    item = served.post("/api/items/open", {"source": "texts:0:0"})["item"]
    model, dice = SheetModel.of(item, ["LOC", "ORG", "PER"]), random.Random(5)
    for _ in range(120):
        for key in dice.choice([[k] for k in KEYS] + [["f", c] for c in "akst"] + [[c] for c in "12311"]):
            if key in ("u", "Backspace", "Control+z") and not model.past:
                continue
            page.keyboard.press(key)
            model.press(key)
    said = page.evaluate(SAID, {"item": item, "keys": [], "labels": {"ents": ["LOC", "ORG", "PER"]}})
    assert said["ents"] == [[s["start"], s["end"], s["label"]] for s in item["ents"]]
    assert [word for word, _ in marks(page)] == [text[start:end] for start, end, _ in model.places()]
    assert [label for _, label in marks(page)] == [label for *_, label in model.places()]


SAID = """async ({item, keys, labels}) => {
  const {Sheet, press} = await import('/static/sheet.js');
  const names = {ArrowLeft: 'left', ArrowRight: 'right', Home: 'home', End: 'end', ';': 'findAgain',
    'Shift+ArrowLeft': 'extendLeft', 'Shift+ArrowRight': 'extendRight', n: 'capital', j: 'nextEntity',
    'Control+ArrowLeft': 'sentenceLeft', 'Control+ArrowRight': 'sentenceRight', k: 'previousEntity',
    d: 'remove', Delete: 'remove', u: 'undo', Backspace: 'undo', 'Control+z': 'undo', 'Control+y': 'redo'};
  const sheet = new Sheet(item, labels);
  for (const key of keys) {
    if (key.startsWith('f:')) press(sheet, 'find', key.slice(2));
    else if (/^[0-9]$/.test(key)) press(sheet, 'label', String((Number(key) + 9) % 10));
    else press(sheet, names[key]);
  }
  const spans = sheet.said().layers.ents.spans.map(s => [s.start, s.end, s.label]);
  return {ents: spans, at: sheet.at, anchor: sheet.anchor};
}"""


@pytest.mark.parametrize("n", [40, pytest.param(300, marks=pytest.mark.nightly)])
def test_sequences_of_two_hundred_keys(page: Any, served: Served, n: int) -> None:
    """The page's entities and cursor are the model's, whatever the text and the keys."""
    page.goto(served.address + "/login")
    dice, cases = random.Random(11), []
    for _ in range(n):
        text = "".join(dice.choice(ALPHABET) for _ in range(dice.randrange(1, 60)))
        item = make_item(text, dice)
        if not item["tokens"]["start"] or not text.strip():
            continue
        model = SheetModel.of(item, LABELS)
        keys = [dice.choice([*KEYS, "1", "2", "3", "1", "f:a", "f:\u6f22", "f:."]) for _ in range(200)]
        for key in keys:
            for one in ["f", key[2:]] if key.startswith("f:") else [key]:
                model.press(one)
        cases.append(
            (
                item,
                keys,
                {"ents": [list(place) for place in model.places()], "at": model.at, "anchor": model.anchor},
            )
        )
    told = page.evaluate(
        f"async cases => {{ const one = {SAID}; return Promise.all(cases.map(c => one(c))); }}",
        [{"item": item, "keys": keys, "labels": {"ents": LABELS}} for item, keys, _ in cases],
    )
    assert told == [expected for *_, expected in cases]


DRAWN = """async items => {
  const {Sheet} = await import('/static/sheet.js'), {Blocks} = await import('/static/blocks.js');
  const {marked} = await import('/static/words.js'), ours = ['MARK', 'DIV', 'BDI'];
  const host = document.createElement('div');
  document.body.append(host);
  const blocks = new Blocks(host), found = [];
  for (const item of items) {
    const sheet = new Sheet(item, {ents: ['PER', 'LOC', 'ORG']});
    blocks.show(sheet);
    const list = marked(item.text, item.ents);
    const words = [...host.querySelectorAll('mark')].map(m => m.textContent);
    const elements = [...host.querySelectorAll('*'), ...list.querySelectorAll('*')];
    const foreign = elements.filter(e => !ours.includes(e.tagName)).length;
    const said = sheet.said().layers.ents.spans;
    found.push({text: host.textContent, list: list.textContent, words, foreign, said});
  }
  host.remove();
  return found;
}"""


@pytest.mark.parametrize("n", [120, pytest.param(1_000, marks=pytest.mark.nightly)])
def test_any_text_is_drawn_and_published_as_it_is(page: Any, served: Served, n: int) -> None:
    """Any Unicode: the page's text equals the text, each drawn span equals its code points, and what would be
    published equals what was drawn."""
    page.goto(served.address + "/login")
    dice = random.Random(n)
    items = []
    for i in range(n):
        letters = (
            ALPHABET
            if i % 2
            else [chr(c) for c in (dice.randrange(0x110000) for _ in range(40)) if not 0xD800 <= c < 0xE000]
        )
        items.append(make_item("".join(dice.choice(letters) for _ in range(dice.randrange(80))), dice))
    for item, told in zip(items, page.evaluate(DRAWN, items), strict=True):
        text = item["text"]
        assert told["text"] == told["list"] == text
        assert told["words"] == [text[s["start"] : s["end"]] for s in item["ents"]]
        assert told["said"] == item["ents"]


@pytest.mark.timeout(900)
@pytest.mark.parametrize("n", [150, pytest.param(10_000, marks=pytest.mark.nightly)])
def test_hostile_strings_stay_strings(page: Any, served: Served, n: int) -> None:
    """As text, label, id, queue and author: no script runs, no report comes, no element that is not ours."""
    dice = random.Random(n)
    items = []
    for _ in range(n):
        text = " ".join(dice.choice(HOSTILE) for _ in range(dice.randrange(1, 5)))
        items.append(make_item(text, dice) | {"id": dice.choice(HOSTILE), "queue": dice.choice(HOSTILE)})
        for span in items[-1]["ents"]:
            span["label"] = dice.choice(HOSTILE)
    page.goto(served.address + "/login")
    page.evaluate("document.addEventListener('securitypolicyviolation', () => { window.reports = 1; })")
    for first in range(0, n, 500):
        some = items[first : first + 500]
        for item, told in zip(some, page.evaluate(DRAWN, some), strict=True):
            assert told["text"] == told["list"] == item["text"]
            assert told["foreign"] == 0
    assert page.evaluate("window.hit === undefined && window.reports === undefined")


def test_what_one_corrects_is_what_is_published(page: Any, served: Served) -> None:
    """With the keyboard alone: a label on two words, another one removed, accepted; the correction in the log
    says it, and the page says what became of it."""
    open_card(page, served, "First line\n\nsecond line of Kigali")
    page.keyboard.press("Home")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("1")
    assert page.inner_text(".status") == "LOC: First line"
    page.keyboard.press("j")
    page.keyboard.press("d")
    assert page.inner_text(".status") == "removed LOC: Kigali"
    text_id = page.inner_text(".card .top a")
    page.keyboard.press("a")
    row = page.locator(".states li").first
    row.get_by_text("in the log").or_(row.get_by_text("held out")).wait_for()
    with closing(open_transport(served.broker)) as log:
        found = [orjson.loads(record.value or b"") for record in log.read("corrections")]
    mine = [one for one in found if one["id"] == text_id][-1]
    assert mine["layers"] == {
        "ents": {"status": "complete", "spans": [{"start": 0, "end": 10, "label": "LOC"}]}
    }
    assert page.inner_text(".card .top a") != text_id


def test_all_layers_are_corrected_by_keys(page: Any, served: Served) -> None:
    """Categories by digits, tags by type-ahead, a sentence by Enter, an arc from a dependent to its head,
    never a circle; the correction says complete what was complete, and of tokens only what was touched."""
    open_card(page, served, "Ada Lovelace went to Kigali. She saw Freshet there.")
    text_id, said = page.inner_text(".card .top a"), lambda: page.inner_text(".status")

    def layer(name: str) -> None:
        page.keyboard.press("]")
        page.get_by_text(f"layer: {name}").wait_for()

    def choose(label: str) -> None:
        page.keyboard.press("Enter")
        page.locator("#choose").wait_for()
        page.keyboard.type(label)
        page.keyboard.press("Enter")

    layer("categories")
    page.keyboard.press("2")
    assert said() == "sport: yes"
    layer("tags")
    choose("NN")
    assert said() == "Ada: NN"
    layer("sentences")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    assert said() == "a sentence begins with Lovelace"
    layer("tree")
    page.keyboard.press("h")
    page.keyboard.press("ArrowRight")
    choose("dep")
    assert said() == "that would be a circle through Lovelace"
    for key in ("Escape", "h", "Home"):
        page.keyboard.press(key)
    choose("dep")
    assert said() == "went is dep of Ada"
    page.keyboard.press("a")
    layers = wait_for(lambda: _corrected(served, text_id))
    assert set(layers) == {"ents", "cats", "tags", "sents", "deps"}
    assert layers["cats"] == {"status": "complete", "scores": {"news": 1.0, "sport": 1.0}}
    assert layers["tags"]["values"][:2] == ["NN", None]
    assert [span["start"] for span in layers["sents"]["spans"]] == [0, 4]
    assert layers["deps"]["heads"][:4] == [None, None, 0, None]
    assert layers["deps"]["labels"][:4] == [None, None, "dep", None]


def _corrected(served: Served, text_id: str) -> dict[str, Any]:
    with closing(open_transport(served.broker)) as log:
        found = [orjson.loads(record.value or b"") for record in log.read("corrections")]
    layers: dict[str, Any] = next((one["layers"] for one in found[::-1] if one["id"] == text_id), {})
    return layers if "deps" in layers else {}


def test_the_keys_are_shown_and_changed(page: Any, served: Served) -> None:
    """`?` shows them; one is changed and works from then on; a comment is kept; why this text is told."""
    open_card(page, served, "Freshet runs in Nairobi.")
    page.keyboard.press("?")
    page.get_by_role("button", name="Change the key for: remove the span").click()
    page.keyboard.press("q")
    page.get_by_role("button", name="Change the key for: first word").click()
    page.keyboard.press("Shift+Q")
    page.get_by_role("button", name="Close").click()
    page.keyboard.press("End")
    page.keyboard.press("Shift+Q")
    page.keyboard.press("q")
    assert page.inner_text(".status") == "removed ORG: Freshet"
    page.keyboard.press(".")
    page.get_by_label("Comment for the reviewer").fill("is it a name?")
    page.get_by_role("button", name="Keep").click()
    page.locator(".status").get_by_text("comment kept", exact=True).wait_for()
    page.keyboard.press("i")
    page.get_by_text("you opened it").wait_for()


def test_going_back_replaces_the_last_answer(page: Any, served: Served) -> None:
    """On an untouched card, undo goes back to the last one; the next answer supersedes it."""
    open_card(page, served)
    text_id = page.inner_text(".card .top a")
    page.keyboard.press("a")
    page.wait_for_function("id => document.querySelector('.card .top a').textContent !== id", arg=text_id)
    page.locator(".states li.good, .states li.warn").first.get_by_text("waits").wait_for(state="detached")
    page.keyboard.press("u")
    page.wait_for_function("id => document.querySelector('.card .top a').textContent === id", arg=text_id)
    page.keyboard.press("a")
    wait_for(lambda: sum(one["id"] == text_id for one in served.get("/api/answers?n=200")["answers"]) == 2)
    answers = [one for one in served.get("/api/answers?n=200")["answers"] if one["id"] == text_id]
    assert [one["superseded"] for one in answers] == [False, True]


def test_a_mouse_takes_whole_words(page: Any, served: Served) -> None:
    """A drag from the middle of a word to the middle of another takes both whole, either way; a click takes
    an entity, with Shift it extends."""
    text = "Ada Lovelace went to Kigali. She saw Freshet there."
    open_card(page, served, text)
    box = page.evaluate(PLACES, ["went", "Kigali", "saw", "Freshet"])

    def drag(one: str, other: str) -> str:
        page.mouse.move(*box[one])
        page.mouse.down()
        page.mouse.move(*box[other], steps=4)
        page.mouse.up()
        return str(page.inner_text(".status"))

    assert drag("went", "Kigali").startswith("went to Kigali")
    assert drag("saw", "went").startswith("went to Kigali. She saw")
    page.mouse.click(*box["Freshet"])
    assert page.inner_text(".status") == "Freshet, ORG"
    page.mouse.click(*box["went"])
    page.keyboard.down("Shift")
    page.mouse.click(*box["Kigali"])
    page.keyboard.up("Shift")
    assert page.inner_text(".status") == "selected went to Kigali"


PLACES = """words => Object.fromEntries(words.map(word => {
  const walk = document.createTreeWalker(document.querySelector('.words'), NodeFilter.SHOW_TEXT);
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    const at = node.data.indexOf(word);
    if (at < 0) continue;
    const range = new Range();
    range.setStart(node, at); range.setEnd(node, at + word.length);
    const box = range.getBoundingClientRect();
    return [word, [box.left + box.width / 2, box.top + box.height / 2]];
  }
}))"""


def test_a_finger_corrects_at_390_pixels(browser: Any, served: Served) -> None:
    """Tap, tap with Extend, a label by its button, accept; nothing is wider than the screen."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    page = open_page(context, served, "grace")
    open_card(page, served, "Ada Lovelace went to Kigali. She saw Freshet there.")
    box = page.evaluate(PLACES, ["went", "saw"])
    page.touchscreen.tap(*box["went"])
    page.get_by_role("button", name="Extend").tap()
    page.touchscreen.tap(*box["saw"])
    assert page.inner_text(".status").startswith("selected went to Kigali. She saw")
    page.locator(".labels button").first.tap()
    assert ["went to Kigali. She saw", "LOC"] in marks(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert not page.complaints
    context.close()


def long_item(n_tokens: int, n_ents: int) -> dict[str, Any]:
    """A document of so many tokens, with lines and sentences as documents have them."""
    dice, words = random.Random(2), []
    for i in range(n_tokens):
        words.append(
            "."
            if i % 15 == 14
            else dice.choice(["the", "Kigali", "river", "Ada", "and", "a", "committee", "went"])
        )
    text, starts, ends = "", [], []
    for i, word in enumerate(words):
        text += "" if word == "." or not i else "\n\n" if i % 150 == 0 else " "
        starts.append(len(text))
        text += word
        ends.append(len(text))
    step = n_tokens // n_ents
    ents = [{"start": starts[i], "end": ends[i], "label": LABELS[i % 3]} for i in range(3, n_tokens, step)][
        :n_ents
    ]
    sents = [{"start": starts[i], "end": ends[min(i + 14, n_tokens - 1)]} for i in range(0, n_tokens, 15)]
    return {
        "source": "texts:0:0",
        "id": "long",
        "text": text,
        "version": "1",
        "tokens": {"start": starts, "end": ends},
        "ents": ents,
        "sents": sents,
        "columns": [],
        "queue": "chosen",
    }


CARD = """async item => {
  const {Card} = await import('/static/card.js');
  document.getElementById('main').replaceChildren();
  window.card = new Card(document.getElementById('main'), {labels: {ents: ['PER', 'LOC', 'ORG']}});
  window.card.show(item);
}"""


def processor_time(session: Any) -> float:
    """Seconds of the page's main thread so far, on its own clock: a loaded machine does not move it."""
    metrics = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
    return float(metrics["TaskDuration"])


def test_a_key_in_ten_thousand_tokens_costs_five_milliseconds(page: Any, served: Served) -> None:
    """Processor time, by Chromium's own clock of the thread; and few elements, since text stays text."""
    page.goto(served.address + "/login")
    page.evaluate(CARD, long_item(10_000, 400))
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    keys = [
        "ArrowRight",
        "Shift+ArrowRight",
        "j",
        "2",
        "ArrowRight",
        "n",
        "1",
        "u",
        "j",
        "d",
        "u",
        "End",
        "Home",
    ]
    page.keyboard.press("ArrowRight")
    before = processor_time(session)
    for i in range(104):
        page.keyboard.press(keys[i % len(keys)])
    assert (processor_time(session) - before) / 104 <= 0.005
    assert page.evaluate("document.querySelectorAll('*').length") <= 1_500
    assert not page.evaluate("document.querySelector('.words').textContent.length - card.item.text.length")
