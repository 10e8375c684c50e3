# SPDX-License-Identifier: Apache-2.0
"""The JSON form of an annotation: its keys and their order, made of the message classes' own fields.

Whoever writes annotations fills this form: `encode_annotation` one message, `engine.annotation` a whole
batch. So a field that gets another name in `schemas.annotation` gets it in the bytes that are sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

from .annotation import TOKEN_COLUMNS, Annotation, Confidence, LabelledSpan, Source


@dataclass(frozen=True, slots=True, eq=False)
class AnnotationLayout:
    """What stands around the values of an annotation, in the order of writing.

    `names` are those of all fields, `optional` those that are left out where they are None, `tokens` that of
    the columns, `first` those of id, text and language, which stand before it. Of the keys, `start` also
    opens the tokens and `spans` the object of span groups; `columns` are those of the token columns behind
    `start` and `end`, in order. `span_start`, `span_end` and `span_close` stand around the numbers of a span
    in a list whose every item has a comma before it. Forms have `%b` where JSON stands, `%d` where a number
    does: `label` of a span up to its end, `cats`, `model`, and `source` up to the annotation's end; of the
    confidence, whose field is `confidence_name`, `confidence` up to its first number, then keys of lists,
    `confidence_cats`, and what closes it; `route`; `kb_ids`; `pieces_cut`; `adapter`. Layouts are compared by
    identity, which makes them cheap keys of caches.
    """

    names: tuple[str, ...]
    optional: frozenset[str]
    tokens: str
    first: tuple[str, str, str]
    start: bytes
    end: bytes
    columns: tuple[bytes, ...]
    tokens_close: bytes
    sents: bytes
    ents: bytes
    spans: bytes
    spans_close: bytes
    span_start: bytes
    span_end: bytes
    span_close: bytes
    label: bytes
    cats: bytes
    model: bytes
    source: bytes
    confidence_name: str
    confidence: bytes
    confidence_ents: bytes
    confidence_sents: bytes
    confidence_cats: bytes
    confidence_close: bytes
    route: bytes
    kb_ids: bytes
    pieces_cut: bytes
    adapter: bytes


def annotation_layout(
    message: type = Annotation,
    span: type = LabelledSpan,
    source: type = Source,
    columns: Sequence[str] = TOKEN_COLUMNS,
    confidence: type = Confidence,
) -> AnnotationLayout:
    """The layout of these message classes, whose fields have their meaning by their position.

    >>> annotation_layout().source
    b',"source":{"topic":%b,"partition":%d,"offset":%d}}'
    """
    id_, text, lang, tokens, model, place, sents, ents, spans, cats, sure, *more = _names(message)
    route, kb_ids, cut, adapter = more
    start, end, label = _names(span)
    topic, partition, offset = _names(source)
    first_column, second_column, *others = columns
    calibrated, layers, whole, sure_ents, sure_sents, sure_cats = _names(confidence)
    return AnnotationLayout(
        names=(id_, text, lang, tokens, sents, ents, spans, cats, sure, *more, model, place),
        optional=frozenset((sents, ents, spans, cats, sure, *more)),
        tokens=tokens,
        first=(id_, text, lang),
        start=_key(tokens) + b"{" + _key(first_column)[1:],
        end=_key(second_column),
        columns=tuple(map(_key, others)),
        tokens_close=b"}",
        sents=_key(sents),
        ents=_key(ents),
        spans=_key(spans) + b"{",
        spans_close=b"}",
        span_start=b",{" + _key(start)[1:],
        span_end=_key(end),
        span_close=b"}",
        label=_key(label) + b"%b}",
        cats=_key(cats) + b"%b",
        model=_key(model) + b"%b",
        source=_key(place) + b"{%b%%b%b%%d%b%%d}}" % (_key(topic)[1:], _key(partition), _key(offset)),
        confidence_name=sure,
        confidence=_key(sure) + b"{%b%%b%b%%b%b" % (_key(calibrated)[1:], _key(layers), _key(whole)),
        confidence_ents=_key(sure_ents),
        confidence_sents=_key(sure_sents),
        confidence_cats=_key(sure_cats) + b"%b",
        confidence_close=b"}",
        route=_key(route) + b"%b",
        kb_ids=_key(kb_ids) + b"%b",
        pieces_cut=_key(cut) + b"%d",
        adapter=_key(adapter) + b"%b",
    )


def _names(message: type) -> list[str]:
    return [field.name for field in fields(message)]


def _key(name: str) -> bytes:
    """The key of a field behind another one, which has no character that JSON or a form would read
    otherwise."""
    return b',"%b":' % name.encode("ascii")


LAYOUT = annotation_layout()
"""That of the annotations that are sent."""
