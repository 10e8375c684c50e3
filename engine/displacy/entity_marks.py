# SPDX-License-Identifier: Apache-2.0
"""Entities, marked in the running text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..doc.biluo import MISSING
from ..doc.doc import Doc
from ..doc.span import Span
from .colours import colour
from .html_text import escape_text


def entities(doc: Doc, labels: Sequence[str] | None = None, colors: Mapping[str, str] | None = None) -> str:
    """The text with its entities on their label's colour, and the document's categories below."""
    parts, at = [], 0
    for ent in doc.ents:
        if ent.label == MISSING or (labels is not None and ent.label not in labels):
            continue
        parts += [escape_text(doc.text[at : ent.start_char]), _mark(ent, colors)]
        at = ent.end_char
    text = "".join(parts) + escape_text(doc.text[at:])
    return f'<div class="fr-doc"><div class="fr-text" dir="auto">{text}</div>{_categories(doc)}</div>'


def _mark(ent: Span, colors: Mapping[str, str] | None) -> str:
    style, label = f"background:{colour(ent.label, colors)}", escape_text(ent.label)
    return f'<mark class="fr-ent" style="{style}">{escape_text(ent.text)}<b>{label}</b></mark>'


def _categories(doc: Doc) -> str:
    scores = sorted(doc.cats.items(), key=lambda item: -item[1])
    listed = " · ".join(f"{escape_text(label)} {score:.2f}" for label, score in scores)
    return f'<p class="fr-cats">{listed}</p>' if listed else ""
