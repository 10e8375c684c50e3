# SPDX-License-Identifier: Apache-2.0
"""One call for all styles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from ..doc.doc import Doc
from ..errors import EngineError
from .entity_marks import entities
from .page import CSS, whole_page
from .span_bars import spans
from .tree_svg import dependencies

Style = Literal["ent", "span", "dep"]


class Markup(str):
    """HTML as text, which a notebook shows as what it means."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        return str(self)


def render(
    docs: Doc | Iterable[Doc],
    style: Style = "dep",
    *,
    page: bool = False,
    title: str = "Freshet",
    labels: Sequence[str] | None = None,
    colors: Mapping[str, str] | None = None,
    spans_key: str | None = None,
) -> Markup:
    """Documents as HTML: `ent` entities within the text, `span` groups of spans under it, `dep` a tree (SVG)
    for each sentence.

    `page`: a whole page of its own, else a piece for a page that is there. `labels`: only these. `colors`: by
    label, as #rrggbb. `spans_key`: only this group. Everything is inline: no script, no file, no font from
    elsewhere.
    Raises: EngineError where the style is unknown, or a document lacks what is asked for.
    """
    if style not in STYLES:
        raise EngineError(f"expected one of the styles {', '.join(STYLES)}, got {style!r}")
    listed = [docs] if isinstance(docs, Doc) else list(docs)
    draw = {
        "ent": lambda doc: entities(doc, labels, colors),
        "span": lambda doc: spans(doc, spans_key, labels, colors),
        "dep": dependencies,
    }
    parts = [draw[style](doc) for doc in listed]
    return Markup(whole_page(parts, title) if page else f"<style>{CSS}</style>\n" + "\n".join(parts))


STYLES: Mapping[Style, str] = {"ent": "entities", "span": "spans", "dep": "dependencies"}
"""Each style and what it shows."""
