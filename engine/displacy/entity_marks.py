# SPDX-License-Identifier: Apache-2.0
"""Entities, marked in the running text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from urllib.parse import quote

from ..doc.biluo import MISSING
from ..doc.doc import Doc
from ..doc.span import Span
from ..errors import EngineError
from .colours import colour
from .html_text import escape_text


def entities(
    doc: Doc,
    labels: Sequence[str] | None = None,
    colors: Mapping[str, str] | None = None,
    addresses: str | None = None,
) -> str:
    """The text with its entities on their label's colour, and the document's categories below. `addresses`:
    where entities with an id are linked to, with `{}` in place of the id."""
    parts, at = [], 0
    for ent in doc.ents:
        if ent.label == MISSING or (labels is not None and ent.label not in labels):
            continue
        parts += [escape_text(doc.text[at : ent.start_char]), _mark(ent, colors, addresses)]
        at = ent.end_char
    text = "".join(parts) + escape_text(doc.text[at:])
    return f'<div class="fr-doc"><div class="fr-text" dir="auto">{text}</div>{_categories(doc)}</div>'


def _mark(ent: Span, colors: Mapping[str, str] | None, addresses: str | None) -> str:
    style, label = f"background:{colour(ent.label, colors)}", escape_text(ent.label)
    if ent.kb_id_ and addresses is not None:
        label += f" {link(addresses, ent.kb_id_)}"
    return f'<mark class="fr-ent" style="{style}">{escape_text(ent.text)}<b>{label}</b></mark>'


def link(addresses: str, kb_id: str) -> str:
    """An id as a link, by a template with `{}` in place of it. Raises: EngineError where the template leads
    to no page."""
    if not addresses.startswith(("http://", "https://", "#", "/")) or "{}" not in addresses:
        raise EngineError(
            f"expected kb_url_template as an address with {{}} for the id, got {addresses!r}; write "
            "https://www.wikidata.org/wiki/{}"
        )
    address = addresses.replace("{}", quote(kb_id, safe=""))
    return f'<a href="{escape(address)}">{escape_text(kb_id)}</a>'


def _categories(doc: Doc) -> str:
    scores = sorted(doc.cats.items(), key=lambda item: -item[1])
    listed = " · ".join(f"{escape_text(label)} {score:.2f}" for label, score in scores)
    return f'<p class="fr-cats">{listed}</p>' if listed else ""
