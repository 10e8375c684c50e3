# SPDX-License-Identifier: Apache-2.0
"""Documents of what somebody gives to draw by hand."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from ..doc.batch_writer import SpanValue
from ..doc.doc import Doc
from ..errors import EngineError
from ..vocab.vocab import Vocab

KEY = "sc"


def doc_of(data: Mapping[str, Any], style: str) -> Doc:
    """A document of `{"text", "ents"}`, `{"words", "arcs"}` or `{"text", "spans", "tokens"}`, as the style
    needs.

    Raises: EngineError where a part is missing or means nothing.
    """
    try:
        doc = {"ent": _with_ents, "dep": _with_arcs, "span": _with_spans}[style](data)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise EngineError(
            f"expected what the style {style!r} draws by hand, got {type(error).__name__}: {error}"
        ) from error
    if data.get("title") is not None:
        doc.user_data["title"] = data["title"]
    return doc


def _with_ents(data: Mapping[str, Any]) -> Doc:
    text, ents = data["text"], data["ents"]
    borders = sorted({0, len(text), *(at for ent in ents for at in (ent["start"], ent["end"]))})
    pieces = [text[start:end] for start, end in pairwise(borders)]
    doc = Doc(Vocab(), words=pieces, spaces=[False] * len(pieces))
    doc.set_ents(
        [
            SpanValue(borders.index(e["start"]), borders.index(e["end"]), e["label"], str(e.get("kb_id", "")))
            for e in ents
        ]
    )
    return doc


def _with_arcs(data: Mapping[str, Any]) -> Doc:
    words, arcs = data["words"], data["arcs"]
    heads, deps = list(range(len(words))), ["ROOT"] * len(words)
    for arc in arcs:
        child, head = (arc["start"], arc["end"]) if arc["dir"] == "left" else (arc["end"], arc["start"])
        heads[child], deps[child] = head, arc["label"]
    doc = Doc(Vocab(), words=[word["text"] for word in words], heads=heads, deps=deps)
    doc.set_tags([" ".join(filter(None, (word.get("lemma"), word.get("tag")))) for word in words])
    return doc


def _with_spans(data: Mapping[str, Any]) -> Doc:
    doc = Doc(Vocab(), words=list(data["tokens"]))
    values = [
        SpanValue(span["start_token"], span["end_token"], span["label"], str(span.get("kb_id", "")))
        for span in data["spans"]
    ]
    doc.set_group(KEY, values)
    return doc
