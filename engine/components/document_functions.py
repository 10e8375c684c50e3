# SPDX-License-Identifier: Apache-2.0
"""Components that need no settings as functions from a document to the document."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ..doc.doc import Doc
from ..doc.token_merge import Merge, merge_tokens
from . import mergers


def merge_entities(doc: Doc) -> Doc:
    """One token of every entity."""
    return _merged(doc, lambda: mergers.entities(doc.batch))


def merge_noun_chunks(doc: Doc) -> Doc:
    """One token of every noun chunk."""
    return _merged(doc, lambda: mergers.noun_chunks(doc.batch))


def merge_subtokens(doc: Doc, label: str = mergers.SUBTOK) -> Doc:
    """One token of pieces that a parser joined by arcs with this label."""
    return _merged(doc, lambda: mergers.subtokens(doc.batch, label))


def _merged(doc: Doc, find: Callable[[], Iterable[Merge]]) -> Doc:
    doc.detach()
    merge_tokens(doc.batch, list(find()))
    doc.move_to(doc.batch, 0)
    return doc
