# SPDX-License-Identifier: Apache-2.0
"""Messages as the engine's values and back: a document's annotation, a correction's example."""

from __future__ import annotations

from collections.abc import Sequence

from schemas import (
    TOKEN_COLUMNS,
    AdapterRef,
    Annotation,
    CharSpan,
    Confidence,
    Correction,
    LabelledSpan,
    ModelRef,
    Route,
    Source,
    TextMessage,
)

from ..confidence import Confidences
from ..confidence.sums import Parts
from ..doc.batch import Batch
from ..doc.doc import Doc
from ..doc.example import Example
from ..doc.json import category_scores, sentence_chars, span_chars
from ..doc.partial_gold import CharSpans, PartialGold
from ..tokenizers import Tokenizer
from .columns import COLUMNS
from .confidence_json import DECIMALS, category_rows
from .links import kb_ids_of

COLUMNS_OF_LAYERS = {"tags": "tag", "pos": "pos", "morphs": "morph", "lemmas": "lemma"}
"""The token column that a correction's layer fills."""


def annotation_of(
    batch: Batch,
    index: int,
    message: TextMessage,
    source: Source,
    model: ModelRef,
    *,
    lang: str | None = None,
    confidences: Confidences | None = None,
    route: Route | None = None,
    adapter: AdapterRef | None = None,
) -> Annotation:
    """The annotation of one document as a value: the plain path, for reading and as the measure of the fast
    one."""
    rows = batch.rows(index)
    first, end = rows.start, rows.stop
    starts = batch.starts[first:end]
    columns = {name: column.strings(first, end) for name, column in batch.columns.items()}
    if batch.heads is not None:
        columns["head"] = batch.heads[first:end].tolist()
    start_key, end_key, *keys = TOKEN_COLUMNS
    tokens = {start_key: starts.tolist(), end_key: (starts + batch.lengths[first:end]).tolist()}
    tokens |= {key: columns[name] for name, key in zip(COLUMNS, keys, strict=True) if name in columns}
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
        confidence=None if confidences is None else _confidence(confidences, index),
        route=route,
        kb_ids=kb_ids_of(batch, index),
        pieces_cut=batch.pieces_cut(index) or None,
        adapter=adapter,
    )


def example_of(correction: Correction, tokenizer: Tokenizer, *, categories: Sequence[str] = ()) -> Example:
    """The example that a correction makes: the pipeline's tokens, and beside them the document of `gold_of`.

    Ask `misaligned` for what cannot be said with the pipeline's tokens. Raises: EngineError where the
    correction was not checked and contradicts itself.
    """
    return Example(tokenizer(correction.text), gold_of(correction, tokenizer, categories=categories))


def gold_of(correction: Correction, tokenizer: Tokenizer, *, categories: Sequence[str] = ()) -> Doc:
    """A document with exactly what the person said, whose tokens fit all of it.

    A layer that the correction lacks is missing, and so is what a partial layer does not say: no head has a
    gradient there. Of a partial layer `ents` the spans are known (without a label: known to be none) and all
    other tokens unknown; `wrong` spans become the group `incorrect_spans`, and their tokens stay unknown. Of
    a partial group of `spans` what is said stands in groups beside it, as `wrong` spans of any group do: see
    `PartialGold.set_spans`. `categories`: those that stand there with the score 0 where a complete layer
    `cats` does not name them.
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
        elif name == "spans":
            gold.set_spans(layer.key, _triples(layer.spans), complete=complete, wrong=_triples(layer.wrong))
        elif name == "cats":
            gold.set_cats(layer.scores, complete=complete, categories=categories)
        elif name == "deps":
            gold.set_tree(layer.heads, layer.labels)
        elif name in COLUMNS_OF_LAYERS:
            gold.set_values(COLUMNS_OF_LAYERS[name], layer.values)
    return gold.doc


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


def _sents(batch: Batch, first: int, end: int) -> list[CharSpan]:
    return [CharSpan(start, stop) for start, stop in sentence_chars(batch, first, end)]


def _confidence(confidences: Confidences, index: int) -> Confidence:
    def part(parts: Parts | None) -> list[float] | None:
        return None if parts is None else [round(value, DECIMALS) for value in parts.of(index)]

    return Confidence(
        calibrated=confidences.calibrated,
        layers=confidences.layers,
        text=round(float(confidences.text[index]), DECIMALS),
        ents=part(confidences.ents),
        sents=part(confidences.sents),
        cats=None if confidences.cats is None else category_rows(confidences)[index],
    )


def _spans(batch: Batch, key: str, index: int) -> list[LabelledSpan]:
    return [LabelledSpan(start, end, label) for start, end, label in span_chars(batch, key, index)]
