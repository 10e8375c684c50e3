# SPDX-License-Identifier: Apache-2.0
"""A batch as the bytes of its annotations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import orjson

from schemas import LAYOUT, AdapterRef, AnnotationLayout, EncodeError, ModelRef, Route, Source, TextMessage

from ..confidence import Confidences
from ..doc.batch import Batch
from ..doc.json import category_scores
from ..errors import EngineError
from .columns import encode_layers
from .confidence_json import confidence_pieces, encode_confidences
from .links import kb_ids_of, links_entities
from .spacy_json import encode_doc

WireFormat = Literal["freshet", "spacy"]


def encode_batch(
    batch: Batch,
    messages: Sequence[TextMessage],
    sources: Sequence[Source],
    model: ModelRef,
    *,
    format: WireFormat = "freshet",
    lang: str | None = None,
    layout: AnnotationLayout = LAYOUT,
    confidences: Confidences | None = None,
    routes: Sequence[Route] | None = None,
    adapters: Sequence[AdapterRef | None] | None = None,
) -> list[bytes]:
    """The annotation of every document as the bytes of a message, those of
    `encode_annotation(annotation_of(...))`.

    `lang` stands where a message names no language. `format="spacy"` gives the form of `Doc.to_json` instead,
    which knows neither id nor model. `confidences` and `routes` are written, in either form, where they are
    given; `adapters` in the first form. Raises: EngineError where the sequences differ in length; EncodeError
    where a text holds half of a surrogate pair, which `decode_text` never lets in.
    """
    if not batch.n_docs == len(messages) == len(sources):
        raise EngineError(
            f"expected as many messages and sources as documents, got {len(messages)}, {len(sources)}, "
            f"{batch.n_docs}"
        )
    if format == "spacy":
        docs = [_spacy_doc(batch, index, message.id) for index, message in enumerate(messages)]
        extras = _extra_fields(confidences, routes, layout)
        return docs if extras is None else _inside(docs, extras)
    middle = None
    if confidences is not None and not batch.cats:  # categories alone are written by Python, before them
        middle, confidences = confidence_pieces(confidences, layout), None
    extras = _with_kb_ids(_extra_fields(confidences, routes, layout), batch, layout)
    extras = _with_adapters(_with_pieces_cut(extras, batch, layout), adapters, layout)
    firsts, lasts = _first_fields(messages, lang, layout), _last_fields(batch, sources, model, layout, extras)
    return encode_layers(batch, firsts, lasts, layout, middle)


def _extra_fields(
    confidences: Confidences | None, routes: Sequence[Route] | None, layout: AnnotationLayout
) -> list[bytes] | None:
    """Each annotation's confidence and route, a comma before each; None where there are neither."""
    if routes is None:
        return None if confidences is None else encode_confidences(confidences, layout)
    forms = {route: layout.route % orjson.dumps(route.value) for route in Route}
    ways = [forms[route] for route in routes]
    if confidences is None:
        return ways
    return [sure + way for sure, way in zip(encode_confidences(confidences, layout), ways, strict=True)]


def _with_kb_ids(extras: list[bytes] | None, batch: Batch, layout: AnnotationLayout) -> list[bytes] | None:
    """The same, and behind it what entities mean, where the pipeline links them."""
    if not links_entities(batch):
        return extras
    linked = [layout.kb_ids % orjson.dumps(kb_ids_of(batch, index)) for index in range(batch.n_docs)]
    return linked if extras is None else [more + ids for more, ids in zip(extras, linked, strict=True)]


def _with_pieces_cut(
    extras: list[bytes] | None, batch: Batch, layout: AnnotationLayout
) -> list[bytes] | None:
    """The same, and behind it how much an encoder left out, where it left out something."""
    cut = [batch.pieces_cut(index) for index in range(batch.n_docs)] if batch.pieces else []
    if not any(cut):
        return extras
    said = [layout.pieces_cut % number if number else b"" for number in cut]
    return said if extras is None else [more + own for more, own in zip(extras, said, strict=True)]


def _with_adapters(
    extras: list[bytes] | None, adapters: Sequence[AdapterRef | None] | None, layout: AnnotationLayout
) -> list[bytes] | None:
    """The same, and behind it the adapter that the text chose, where one did."""
    if adapters is None or not any(adapters):
        return extras
    forms = {ref: layout.adapter % orjson.dumps(ref) for ref in {*adapters} if ref is not None}
    said = [b"" if ref is None else forms[ref] for ref in adapters]
    return said if extras is None else [more + own for more, own in zip(extras, said, strict=True)]


def _inside(objects: Sequence[bytes], fields: Sequence[bytes]) -> list[bytes]:
    """These fields as the last ones of JSON objects that have others."""
    return [value[:-1] + more + b"}" for value, more in zip(objects, fields, strict=True)]


def _first_fields(messages: Sequence[TextMessage], lang: str | None, layout: AnnotationLayout) -> list[bytes]:
    """Each annotation's fields before the tokens, as an object."""
    id_key, text_key, lang_key = layout.first
    try:
        return [orjson.dumps({id_key: m.id, text_key: m.text, lang_key: m.lang or lang}) for m in messages]
    except TypeError:
        return [_dumps({id_key: m.id, text_key: m.text, lang_key: m.lang or lang}, m.id) for m in messages]


def _last_fields(
    batch: Batch,
    sources: Sequence[Source],
    model: ModelRef,
    layout: AnnotationLayout,
    extras: Sequence[bytes] | None,
) -> list[bytes]:
    """Each annotation's fields behind the spans, to its end."""
    form = (layout.model % orjson.dumps(model)).replace(b"%", b"%%") + layout.source
    topics = {topic: orjson.dumps(topic) for topic in {source.topic for source in sources}}
    lasts = [form % (topics[source.topic], source.partition, source.offset) for source in sources]
    if extras is not None:
        lasts = [more + last for more, last in zip(extras, lasts, strict=True)]
    if not batch.cats:
        return lasts
    return [
        layout.cats % orjson.dumps(cats) + last
        for cats, last in zip(category_scores(batch, 0, batch.n_docs), lasts, strict=True)
    ]


def _spacy_doc(batch: Batch, index: int, name: str) -> bytes:
    try:
        return encode_doc(batch, index)
    except TypeError as error:
        raise _inexpressible(name, error) from error


def _dumps(fields: Mapping[str, object], name: str) -> bytes:
    try:
        return orjson.dumps(fields)
    except TypeError as error:
        raise _inexpressible(name, error) from error


def _inexpressible(name: str, error: TypeError) -> EncodeError:
    return EncodeError(f"expected values that JSON in UTF-8 can express in message {name!r}: {error}")
