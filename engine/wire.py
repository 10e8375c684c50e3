# SPDX-License-Identifier: Apache-2.0
"""Batches as messages: the one file of this room that knows the schemas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import orjson

from schemas import Annotation, CharSpan, EncodeError, LabelledSpan, ModelRef, Source, TextMessage
from schemas.annotation import TOKEN_COLUMNS

from .batch import Batch
from .doc_json import batch_to_json, category_scores, sentence_chars, span_chars
from .errors import EngineError
from .json_columns import write_documents

WireFormat = Literal["freshet", "spacy"]


def encode_batch(
    batch: Batch,
    messages: Sequence[TextMessage],
    sources: Sequence[Source],
    model: ModelRef,
    *,
    format: WireFormat = "freshet",
    lang: str | None = None,
) -> list[bytes]:
    """The annotation of every document as the bytes of a message, those of `encode_annotation(annotation_of(...))`.

    `lang` stands where a message names no language. `format="spacy"` gives the form of `Doc.to_json` instead, which
    knows neither id nor model. Raises: EngineError where the sequences differ in length; EncodeError where a text
    holds half of a surrogate pair, which `decode_text` never lets in.
    """
    if not batch.n_docs == len(messages) == len(sources):
        raise EngineError(f"expected as many messages and sources as documents, got {len(messages)}, {len(sources)}, {batch.n_docs}")
    if format == "spacy":
        return [_dumps(batch_to_json(batch, index), message.id) for index, message in enumerate(messages)]
    return write_documents(batch, _heads(messages, lang), _tails(batch, sources, model), TOKEN_COLUMNS[2:])


def annotation_of(
    batch: Batch, index: int, message: TextMessage, source: Source, model: ModelRef, *, lang: str | None = None
) -> Annotation:
    """The annotation of one document as a value: the plain path, for reading and as the measure of the fast one."""
    first, end = int(batch.doc_offsets[index]), int(batch.doc_offsets[index + 1])
    starts = batch.starts[first:end]
    tokens = {"start": starts.tolist(), "end": (starts + batch.lengths[first:end]).tolist()}
    tokens |= {name: column.strings(first, end) for name, column in batch.columns.items()}
    if batch.heads is not None:
        tokens["head"] = batch.heads[first:end].tolist()
    groups = {key: _spans(batch, key, index) for key in batch.spans}
    return Annotation(
        id=message.id,
        text=message.text,
        lang=message.lang or lang,
        tokens=tokens,
        model=model,
        source=source,
        sents=None if batch.sent_starts is None else _sents(batch, first, end),
        ents=groups.pop("ents", None),
        spans=groups or None,
        cats=category_scores(batch, index, index + 1)[0] if batch.cats else None,
    )


def _heads(messages: Sequence[TextMessage], lang: str | None) -> list[bytes]:
    """Each object's first fields, as an object."""
    try:
        return [orjson.dumps({"id": m.id, "text": m.text, "lang": m.lang or lang}) for m in messages]
    except TypeError:
        return [_dumps({"id": m.id, "text": m.text, "lang": m.lang or lang}, m.id) for m in messages]


def _tails(batch: Batch, sources: Sequence[Source], model: ModelRef) -> list[bytes]:
    """The object's last fields, from the scores to its end."""
    after_model = b',"model":' + orjson.dumps(model) + b',"source":{"topic":'
    topics = {topic: after_model + orjson.dumps(topic) for topic in {source.topic for source in sources}}
    tails = [b'%b,"partition":%d,"offset":%d}}' % (topics[source.topic], source.partition, source.offset) for source in sources]
    if not batch.cats:
        return tails
    return [b',"cats":' + orjson.dumps(cats) + tail for cats, tail in zip(category_scores(batch, 0, batch.n_docs), tails, strict=True)]


def _sents(batch: Batch, first: int, end: int) -> list[CharSpan]:
    return [CharSpan(start, stop) for start, stop in sentence_chars(batch, first, end)]


def _spans(batch: Batch, key: str, index: int) -> list[LabelledSpan]:
    return [LabelledSpan(start, end, label) for start, end, label in span_chars(batch, key, index)]


def _dumps(fields: Mapping[str, object], name: str) -> bytes:
    try:
        return orjson.dumps(fields)
    except TypeError as error:
        raise EncodeError(f"expected values that JSON in UTF-8 can express in message {name!r}: {error}") from error
