# SPDX-License-Identifier: Apache-2.0
"""Batches as messages: the one file of this room that knows the schemas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import orjson

from schemas import Annotation, CharSpan, Correction, EncodeError, LabelledSpan, ModelRef, Source, TextMessage
from schemas.annotation import TOKEN_COLUMNS

from ..doc.batch import Batch
from ..doc.example import Example
from ..doc.json import category_scores, sentence_chars, span_chars
from ..doc.partial_gold import CharSpans, PartialGold
from ..errors import EngineError
from ..tokenizers import Tokenizer
from .columns import write_documents
from .doc_json import batch_to_bytes

COLUMNS_OF_LAYERS = {"tags": "tag", "pos": "pos", "morphs": "morph", "lemmas": "lemma"}
"""The token column that a correction's layer fills."""

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
    """The annotation of every document as the bytes of a message, those of
    `encode_annotation(annotation_of(...))`.

    `lang` stands where a message names no language. `format="spacy"` gives the form of `Doc.to_json` instead,
    which knows neither id nor model. Raises: EngineError where the sequences differ in length; EncodeError
    where a text holds half of a surrogate pair, which `decode_text` never lets in.
    """
    if not batch.n_docs == len(messages) == len(sources):
        raise EngineError(
            f"expected as many messages and sources as documents, got {len(messages)}, {len(sources)}, "
            f"{batch.n_docs}"
        )
    if format == "spacy":
        return [_document(batch, index, message.id) for index, message in enumerate(messages)]
    return write_documents(batch, _heads(messages, lang), _tails(batch, sources, model), TOKEN_COLUMNS[2:])


def annotation_of(
    batch: Batch,
    index: int,
    message: TextMessage,
    source: Source,
    model: ModelRef,
    *,
    lang: str | None = None,
) -> Annotation:
    """The annotation of one document as a value: the plain path, for reading and as the measure of the fast
    one."""
    rows = batch.rows(index)
    first, end = rows.start, rows.stop
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


def example_of(correction: Correction, tokenizer: Tokenizer, *, categories: Sequence[str] = ()) -> Example:
    """The example that a correction makes: the pipeline's tokens, and beside them exactly what the person
    said.

    A layer that the correction lacks is missing, and so is what a partial layer does not say: no head has a
    gradient there. Of a partial layer `ents` the spans are known (without a label: known to be none) and all
    other tokens unknown; `wrong` spans become the group `incorrect_spans`, and their tokens stay unknown. A
    partial group of `spans` is left out, for what spans are not there cannot be unknown. `categories`: those
    that a complete layer `cats` denies where it does not name them. Ask `misaligned` for what cannot be said
    with the pipeline's tokens.
    Raises: EngineError where the correction was not checked and contradicts itself.
    """
    layers, tokens = correction.layers, [(token.start, token.end) for token in correction.tokens or ()]
    spans = [(span.start, span.end) for layer in layers.values() for span in (*layer.spans, *layer.wrong)]
    gold = PartialGold(tokenizer, correction.text, tokens, spans)
    for name, layer in layers.items():
        complete = layer.status == "complete"
        if name == "ents":
            gold.set_ents(_triples(layer.spans), complete=complete, wrong=_triples(layer.wrong))
        elif name == "sents":
            gold.set_sents(_triples(layer.spans), complete=complete)
        elif name == "spans" and complete:
            gold.doc.set_spans(layer.key, gold.token_spans(_triples(layer.spans)))
        elif name == "cats":
            gold.set_cats(layer.scores, complete=complete, categories=categories)
        elif name == "deps":
            gold.set_tree(layer.heads, layer.labels)
        elif name in COLUMNS_OF_LAYERS:
            gold.set_values(COLUMNS_OF_LAYERS[name], layer.values)
    return Example(tokenizer(correction.text), gold.doc)


def misaligned(example: Example) -> list[str]:
    """What people said about entities that cannot be said with the pipeline's tokens, one reason each;
    training takes it as unknown."""
    found = []
    for start, end, label in example.misaligned_ents():
        first, last = example.reference.starts[start], example.reference.ends[end - 1]
        found.append(
            f"the entity {first}:{last} ({label}) does not begin and end with a token of the pipeline"
        )
    return found


def _triples(spans: Sequence[LabelledSpan]) -> CharSpans:
    return [(span.start, span.end, span.label) for span in spans]


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
    tails = [
        b'%b,"partition":%d,"offset":%d}}' % (topics[source.topic], source.partition, source.offset)
        for source in sources
    ]
    if not batch.cats:
        return tails
    return [
        b',"cats":' + orjson.dumps(cats) + tail
        for cats, tail in zip(category_scores(batch, 0, batch.n_docs), tails, strict=True)
    ]


def _sents(batch: Batch, first: int, end: int) -> list[CharSpan]:
    return [CharSpan(start, stop) for start, stop in sentence_chars(batch, first, end)]


def _spans(batch: Batch, key: str, index: int) -> list[LabelledSpan]:
    return [LabelledSpan(start, end, label) for start, end, label in span_chars(batch, key, index)]


def _document(batch: Batch, index: int, name: str) -> bytes:
    try:
        return batch_to_bytes(batch, index)
    except TypeError as error:
        raise _inexpressible(name, error) from error


def _dumps(fields: Mapping[str, object], name: str) -> bytes:
    try:
        return orjson.dumps(fields)
    except TypeError as error:
        raise _inexpressible(name, error) from error


def _inexpressible(name: str, error: TypeError) -> EncodeError:
    return EncodeError(f"expected values that JSON in UTF-8 can express in message {name!r}: {error}")
