# SPDX-License-Identifier: Apache-2.0
"""One call for all styles."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape
from typing import Any, Literal

from ..doc.doc import Doc
from ..doc.span import Span
from ..errors import DrawingError
from .entity_marks import entities
from .manual import doc_of
from .page import CSS, titled, whole_page
from .parsed import parse_deps
from .span_bars import spans
from .tree_svg import dependencies

Style = Literal["ent", "span", "dep"]


class Markup(str):
    """HTML as text, which a notebook shows as what it means."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        return str(self)


def render(
    docs: Doc | Span | Mapping[str, Any] | Iterable[Any],
    style: Style = "dep",
    page: bool = False,
    minify: bool = False,
    jupyter: bool | None = None,
    options: Mapping[str, Any] | None = None,
    manual: bool = False,
    *,
    title: str = "Freshet",
    labels: Sequence[str] | None = None,
    colors: Mapping[str, str] | None = None,
    spans_key: str | None = None,
) -> Markup:
    """Documents as HTML: `ent` entities within the text, `span` groups of spans under it, `dep` a tree (SVG)
    for each sentence.

    `page`: a whole page of its own, else a piece for a page that is there. `labels`: only these. `colors`: by
    label, as #rrggbb. `spans_key`: only this group. `options` says the same in spaCy's words: `ents`,
    `colors`, `spans_key`, `kb_url_template`, `template`, `bg`, `color`, `font`; measures are ours. `manual`:
    what to draw comes as maps. What `doc.user_data["title"]` says stands above entities and spans.
    Notebooks show what comes back, `jupyter` or not. Everything is inline: no script, no file, no font from
    elsewhere.
    Raises: EngineError where the style or an option is unknown, or a document lacks what is asked for.
    """
    if style not in STYLES:
        raise DrawingError(f"expected one of the styles {', '.join(STYLES)}, got {style!r}")
    said = options or {}
    unknown = [name for name in said if name not in OPTIONS]
    if unknown:
        raise DrawingError(
            f"expected options of drawings, got {unknown[0]!r}; there are: {', '.join(OPTIONS)}"
        )
    labels, colors = labels or said.get("ents"), colors or said.get("colors")
    spans_key = spans_key or said.get("spans_key")
    single = isinstance(docs, Doc | Span | Mapping)
    listed = [_doc_of(each, style, manual) for each in ([docs] if single else docs)]
    if style == "dep" and not manual and any(name in said for name in WORDS):
        listed = [doc_of(parse_deps(doc, said), style) for doc in listed]
    draw = {
        "ent": lambda doc: entities(doc, labels, colors, said.get("kb_url_template"), said.get("template")),
        "span": lambda doc: spans(doc, spans_key, labels, colors),
        "dep": dependencies,
    }
    parts = [draw[style](doc) for doc in listed]
    if style != "dep":
        parts = [titled(doc.user_data.get("title"), part) for doc, part in zip(listed, parts, strict=True)]
    look = "".join(f"{LOOKS[name]}:{said[name]};" for name in LOOKS if name in said)
    if look:
        parts = [f'<div style="{escape(look)}">{part}</div>' for part in parts]
    html = whole_page(parts, title) if page else f"<style>{CSS}</style>\n" + "\n".join(parts)
    return Markup(_wrap(" ".join(html.split("\n")) if minify else html))


def set_render_wrapper(func: Callable[[str], str]) -> None:
    """Let a function have all markup that `render` makes from now on, before it is handed out.

    Raises: DrawingError where it is no function.
    """
    if not callable(func):
        raise DrawingError(f"expected a function of markup, got {type(func).__name__}")
    global _wrap
    _wrap = func


def _as_it_is(html: str) -> str:
    return html


_wrap: Callable[[str], str] = _as_it_is


def _doc_of(given: Any, style: Style, manual: bool) -> Doc:
    if manual:
        return doc_of(given, style)
    if isinstance(given, Span):
        return given.as_doc()
    if not isinstance(given, Doc):
        raise DrawingError(f"expected documents to draw, got {type(given).__name__}; maps need manual=True")
    return given


LOOKS = {"bg": "background", "color": "color", "font": "font-family"}
"""Option -> the style that it is."""

MEASURES = (
    "arrow_spacing",
    "arrow_stroke",
    "arrow_width",
    "compact",
    "distance",
    "offset_x",
    "top_offset",
    "top_offset_step",
    "span_label_offset",
    "word_spacing",
)
WORDS = ("add_lemma", "collapse_phrases", "collapse_punct", "fine_grained")
"""Options that say what a word of a tree is, and what stands below it."""

OPTIONS = ("ents", "colors", "spans_key", "kb_url_template", "template", *LOOKS, *WORDS, *MEASURES)
"""Options that may be said; `MEASURES` are taken and change nothing."""


STYLES: Mapping[Style, str] = {"ent": "entities", "span": "spans", "dep": "dependencies"}
"""Each style and what it shows."""
