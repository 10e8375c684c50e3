# SPDX-License-Identifier: Apache-2.0
"""Entities, marked in the running text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..doc.biluo import MISSING
from ..doc.doc import Doc
from .colours import colour
from .html_text import shown


def entities(doc: Doc, labels: Sequence[str] | None = None, colors: Mapping[str, str] | None = None) -> str:
    """The text with its entities on their label's colour, and the document's categories below."""
    parts, at = [], 0
    for ent in doc.ents:
        if ent.label == MISSING or (labels is not None and ent.label not in labels):
            continue
        mark = (
            '<mark class="fr-ent" '
            f'style="background:{colour(ent.label, colors)}">{shown(ent.text)}<b>{shown(ent.label)}</b></mark>'
        )
        parts += [shown(doc.text[at : ent.start_char]), mark]
        at = ent.end_char
    text = "".join(parts) + shown(doc.text[at:])
    return f'<div class="fr-doc"><div class="fr-text" dir="auto">{text}</div>{_categories(doc)}</div>'


def _categories(doc: Doc) -> str:
    scores = sorted(doc.cats.items(), key=lambda item: -item[1])
    listed = " · ".join(f"{shown(label)} {score:.2f}" for label, score in scores)
    return f'<p class="fr-cats">{listed}</p>' if listed else ""
