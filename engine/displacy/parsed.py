# SPDX-License-Identifier: Apache-2.0
"""What a drawing shows, as maps: `render(..., manual=True)` takes them, and other programs draw from them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..doc.doc import Doc
from ..doc.span import Span

NO_ADDRESS = "#"


def parse_deps(orig_doc: Doc | Span, options: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Words and arcs. `options`: `collapse_punct` (true by default) and `collapse_phrases` take several
    tokens as one word, `fine_grained` shows tags instead of parts of speech, `add_lemma` lemmas too."""
    said = options or {}
    doc = orig_doc.as_doc() if isinstance(orig_doc, Span) else orig_doc.copy()
    if said.get("collapse_phrases", False):
        _join(doc, [chunk for chunk in doc.noun_chunks if len(chunk) > 1])
    if said.get("collapse_punct", True):
        _join(doc, list(_with_punctuation(doc)))
    words = [
        {
            "text": token.text,
            "tag": token.tag_ if said.get("fine_grained") else token.pos_,
            "lemma": token.lemma_ if said.get("add_lemma") else None,
        }
        for token in doc
    ]
    arcs = [
        {"start": min(t.i, t.head.i), "end": max(t.i, t.head.i), "label": t.dep_, "dir": _direction(t)}
        for t in doc
        if t.head.i != t.i
    ]
    return {"words": words, "arcs": arcs, "settings": _settings(orig_doc)}


def parse_ents(doc: Doc, options: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The text and its entities by characters. `options`: `kb_url_template`, where `{}` is an entity's id."""
    ents = [_marked(ent, options or {}) for ent in doc.ents]
    return {"text": doc.text, "ents": ents, "title": _title(doc), "settings": _settings(doc)}


def parse_spans(doc: Doc, options: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The text, its tokens and the spans of a group. `options`: `spans_key` ("sc"), `kb_url_template`.

    Raises: KeyError where there is no such group; it lists those that there are.
    """
    said = options or {}
    spans = [
        {**_marked(span, said), "start_token": span.start, "end_token": span.end}
        for span in doc.spans[said.get("spans_key", "sc")]
    ]
    tokens = [token.text for token in doc]
    settings = _settings(doc)
    return {"text": doc.text, "spans": spans, "title": _title(doc), "settings": settings, "tokens": tokens}


def _with_punctuation(doc: Doc) -> Iterator[Span]:
    """Each word that is followed by punctuation, with all of it."""
    start = 0
    while start < len(doc):
        end = start + 1
        if not doc[start].is_punct:
            while end < len(doc) and doc[end].is_punct:
                end += 1
            if end > start + 1:
                yield doc[start:end]
        start = end


def _join(doc: Doc, spans: list[Span]) -> None:
    with doc.retokenize() as retokenizer:
        for span in spans:
            root = span.root
            attributes = {"TAG": root.tag_, "POS": root.pos_, "LEMMA": root.lemma_}
            retokenizer.merge(span, attrs={name: value for name, value in attributes.items() if value})


def _direction(token: Any) -> str:
    return "left" if token.i < token.head.i else "right"


def _marked(span: Span, options: Mapping[str, Any]) -> dict[str, Any]:
    """A span by characters, with its label, and where more is said of it."""
    template, kb_id = options.get("kb_url_template"), span.kb_id_ or ""
    return {
        "start": span.start_char,
        "end": span.end_char,
        "label": span.label_,
        "kb_id": kb_id,
        "kb_url": template.format(kb_id) if template and kb_id else NO_ADDRESS,
    }


def _title(doc: Doc) -> Any:
    return doc.user_data.get("title")


def _settings(doc: Doc | Span) -> dict[str, Any]:
    return {"lang": doc.doc.lang_, "direction": doc.vocab.writing_system.get("direction", "ltr")}
