# SPDX-License-Identifier: Apache-2.0
"""Documents to look at: entities, spans and dependency trees as standalone HTML and SVG.

- `render`: one call for all styles
- `parsed`: what a drawing shows, as maps; `manual`: what somebody gives to draw by hand
- `entity_marks`: entities in the running text
- `span_bars`: groups of spans under the words
- `tree_svg`: dependency trees; `arcs`: their arcs, and how high each is drawn
- `page`: style sheet, and the page around what was drawn
- `colours`: a colour for every label
- `html_text`: texts of documents as texts of a page

>>> import engine
>>> doc = engine.blank("en")("Ada sees Kigali.")
>>> doc.set_ents([(2, 3, "LOC")])
>>> "Kigali<b>LOC</b>" in engine.displacy.render(doc, style="ent")
True
"""

from __future__ import annotations

from .parsed import parse_deps, parse_ents, parse_spans
from .render import STYLES, Markup, Style, render, set_render_wrapper

__all__ = [
    "STYLES",
    "Markup",
    "Style",
    "parse_deps",
    "parse_ents",
    "parse_spans",
    "render",
    "set_render_wrapper",
]
