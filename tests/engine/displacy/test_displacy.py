"""Documents as pages: everything is shown, nothing in a text is markup."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import engine
from engine import Doc, EngineError
from engine.displacy import STYLES, Style, render
from engine.displacy.arcs import arcs_of, levels_of
from engine.errors import DrawingError

NLP = engine.blank("en")
HOSTILE = "</mark><script>alert('1')</script> & \"x\" \x00\x1b[2J\ud800"


def annotated(words: list[str], label: str = "LOC") -> Doc:
    """A document with every layer, its last word an entity and the others its dependents."""
    doc = NLP.tokenizer.from_words(words)
    n = len(words)
    doc.set_ents([(n - 1, n, label)])
    doc.set_spans("sc", [(0, n, label), (n - 1, n, label)])
    doc.set_heads([n - 1] * n, [label] * n)
    doc.set_sent_starts([1] + [-1] * (n - 1))
    doc.set_cats({label: 0.5})
    return doc


class Tags(HTMLParser):
    """The tags of a page and its text; a tag left open or closed twice is an error."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()
        self.text = ""
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A tag begins; none of its attributes runs anything."""
        assert not any(name.startswith("on") or name in ("src", "href") for name, _ in attrs)
        self.seen.add(tag)
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A tag without content."""
        self.seen.add(tag)

    def handle_endtag(self, tag: str) -> None:
        """A tag ends, and it is the one that began last."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Text."""
        self.text += data


def test_entities_stand_in_the_text_with_their_labels() -> None:
    """The text is whole, and the label follows its entity on the label's colour."""
    page = render(annotated(["Ada", "sees", "Kigali"]), style="ent")
    assert re.search(
        r'Ada sees <mark class="fr-ent" style="background:#bdf0c6">Kigali<b>LOC</b></mark>', page
    )


def test_labels_and_colours_can_be_chosen() -> None:
    """Other labels are left as plain text; a colour is a number, never a piece of a style sheet."""
    doc = annotated(["Ada"])
    assert "<mark" not in render(doc, style="ent", labels=["PER"])
    assert "background:#123456" in render(doc, style="ent", colors={"LOC": "#123456"})
    with pytest.raises(EngineError, match="expected a colour"):
        render(doc, style="ent", colors={"LOC": "red;position:fixed"})


def test_overlapping_spans_have_bars_of_their_own() -> None:
    """The label stands where a span begins, once, and a word under two spans has two bars."""
    page = render(annotated(["Ada", "sees", "Kigali"]), style="span")
    assert page.count(">LOC</span>") == 2
    last = page[page.index("Kigali") :]
    assert last.count('class="fr-bar') == 2


def test_a_tree_is_drawn_for_each_sentence() -> None:
    """One SVG a sentence, well-formed, with an arc and a label for every word but the root."""
    doc = NLP.tokenizer.from_words(["Ada", "sleeps", ".", "Rain", "falls"])
    doc.set_heads([1, 1, 1, 4, 4], ["nsubj", "ROOT", "punct", "nsubj", "ROOT"])
    doc.set_sent_starts([1, -1, -1, 1, -1])
    drawings = [ET.fromstring(svg) for svg in re.findall(r"<svg.*?</svg>", render(doc, style="dep"))]
    labels = [
        [element.text for element in drawing.iter() if element.tag.endswith("text") and element.text]
        for drawing in drawings
    ]
    assert [set(texts) & {"nsubj", "punct"} for texts in labels] == [{"nsubj", "punct"}, {"nsubj"}]


@pytest.mark.parametrize("style", STYLES)
def test_no_text_and_no_label_becomes_markup(style: Style) -> None:
    """Tags, quotes, control characters and halves of surrogate pairs are shown or replaced, in words and in
    labels alike."""
    page = render([annotated(["a", HOSTILE, "b"], HOSTILE)], style=style, page=True, title=HOSTILE)
    tags = Tags(page)
    assert "script" not in tags.seen
    assert "alert('1')" in tags.text
    assert not set("\x00\x1b\ud800") & set(page)
    assert page.encode("utf-8")


@settings(max_examples=60, deadline=None)
@given(words=st.lists(st.text(min_size=1, max_size=8), min_size=1, max_size=6), label=st.text(max_size=6))
def test_any_document_is_a_well_formed_page(words: list[str], label: str) -> None:
    """All tags are closed in order whatever words and labels are, and every drawing is XML."""
    doc = annotated(words, label)
    for style in STYLES:
        page = render(doc, style=style, page=True)
        Tags(page)
        for svg in re.findall(r"<svg.*?</svg>", page, re.DOTALL):
            ET.fromstring(svg)


def test_a_title_stands_above_entities_and_spans() -> None:
    """What `doc.user_data["title"]`, or a map drawn by hand, calls a document; a tree has none."""
    doc = annotated(["Ada", "sleeps", "."])
    doc.user_data["title"] = "Chapter <1>"
    above = [Tags(render(doc, style=style)).text.count("Chapter <1>") for style in STYLES]
    assert dict(zip(STYLES, above, strict=True)) == {"ent": 1, "span": 1, "dep": 0}
    given = {"text": "Ada", "ents": [{"start": 0, "end": 3, "label": "PER"}], "title": "By hand"}
    assert "By hand</h2>" in render(given, style="ent", manual=True)
    assert "</h2>" not in render(given | {"title": None}, style="ent", manual=True)


def test_a_template_draws_entities() -> None:
    """The caller's own markup, filled with escaped words; what it may ask for is said."""
    given = {"text": "A<b>", "ents": [{"start": 1, "end": 4, "label": "PER"}]}
    drawn = render(given, style="ent", manual=True, options={"template": "<i title='{label}'>{text}</i>"})
    assert "<i title='PER'>&lt;b&gt;</i>" in drawn
    with pytest.raises(DrawingError, match="kb_link"):
        render(given, style="ent", manual=True, options={"template": "{nothing}"})


def test_a_page_may_load_and_run_nothing() -> None:
    """The page says so to the browser, and holds no script."""
    page = render([], style="ent", page=True)
    assert "default-src 'none'" in page
    assert "<script" not in page


def test_what_is_lacking_is_named() -> None:
    """An unknown style, a document without heads, a group that is not there."""
    doc = NLP("Ada sleeps")
    with pytest.raises(EngineError, match="ent, span, dep"):
        render(doc, style="tree")  # type: ignore[arg-type]  # that is the test
    with pytest.raises(EngineError, match="add a parser"):
        render(doc, style="dep")
    with pytest.raises(EngineError, match="there are: none"):
        render(doc, style="span", spans_key="sc")


def test_empty_documents_are_drawn_too() -> None:
    """Nothing to show is no error."""
    for style in STYLES:
        render(NLP(""), style=style, page=True)


def test_a_notebook_shows_the_page() -> None:
    """What comes back is text that notebooks take for HTML."""
    drawn = render(annotated(["Ada"]), style="ent")
    assert drawn._repr_html_() == str(drawn)


@given(st.integers(1, 12).flatmap(lambda n: st.lists(st.integers(0, n - 1), min_size=n, max_size=n)))
def test_no_two_arcs_run_along_each_other(heads: list[int]) -> None:
    """Arcs on one level share no gap between words, and a longer arc is above those that it spans."""
    arcs = arcs_of(heads, [""] * len(heads))
    levels = levels_of(arcs)
    for i, one in enumerate(arcs):
        for j, other in enumerate(arcs[:i]):
            if one.left < other.right and other.left < one.right:
                assert levels[i] != levels[j]
