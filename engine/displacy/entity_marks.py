# SPDX-License-Identifier: Apache-2.0
"""Entities, marked in the running text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from urllib.parse import quote

from ..doc.biluo import MISSING
from ..doc.doc import Doc
from ..doc.span import Span
from ..errors import DrawingError, EngineError
from .colours import colour
from .html_text import escape_text


def entities(
    doc: Doc,
    labels: Sequence[str] | None = None,
    colors: Mapping[str, str] | None = None,
    addresses: str | None = None,
    template: str | None = None,
) -> str:
    """The text with its entities on their label's colour, and the document's categories below. `addresses`:
    where entities with an id are linked to, with `{}` in place of the id. `template`: the caller's own markup
    of an entity, with `{text}`, `{label}`, `{bg}` and `{kb_link}`.

    Raises: DrawingError where the template asks for something else."""
    parts, at = [], 0
    for ent in doc.ents:
        if ent.label == MISSING or (labels is not None and ent.label not in labels):
            continue
        parts += [escape_text(doc.text[at : ent.start_char]), _mark(ent, colors, addresses, template)]
        at = ent.end_char
    text = "".join(parts) + escape_text(doc.text[at:])
    return f'<div class="fr-doc"><div class="fr-text" dir="auto">{text}</div>{_categories(doc)}</div>'


def _mark(ent: Span, colors: Mapping[str, str] | None, addresses: str | None, template: str | None) -> str:
    text, label, bg = escape_text(ent.text), escape_text(ent.label), colour(ent.label, colors)
    kb_link = link(addresses, ent.kb_id_) if ent.kb_id_ and addresses is not None else ""
    if template is None:
        label = f"{label} {kb_link}".strip()
        return f'<mark class="fr-ent" style="background:{bg}">{text}<b>{label}</b></mark>'
    try:
        return template.format(text=text, label=label, bg=bg, kb_link=kb_link)
    except (KeyError, IndexError, ValueError) as error:
        raise DrawingError(
            "expected a template of an entity with {text}, {label}, {bg} and {kb_link}, "
            f"got one that asks for {error}"
        ) from error


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
