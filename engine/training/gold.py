# SPDX-License-Identifier: Apache-2.0
"""Gold documents: annotated sentences or JSON records as a `Doc` with its labels set."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..doc.batch import LabelColumn, Spans
from ..doc.biluo import MISSING, spans_of_iob
from ..doc.doc import Doc
from ..doc.example import entities_of
from ..doc.json import batch_from_json
from ..doc.tree import ROOT
from ..errors import EngineError
from ..tokenizers import Tokenizer
from .conllu import Sentence
from .head_checks import wrong_head


def doc_of_sentences(tokenizer: Tokenizer, sentences: Sequence[Sentence]) -> Doc:
    """One document of these sentences, a blank between them, with the layers that they have.

    A layer is set where any word of the document has a value in it; a sentence without entity tags is unknown
    territory.
    """
    words = [word for sentence in sentences for word in sentence.words]
    doc = tokenizer.from_words(words, _spaces(sentences))
    for column, setter in (
        ("tags", doc.set_tags),
        ("pos", doc.set_pos),
        ("morphs", doc.set_morphs),
        ("lemmas", doc.set_lemmas),
    ):
        values = [value for sentence in sentences for value in getattr(sentence, column)]
        if any(values):
            setter(values)
    if any(dep for sentence in sentences for dep in sentence.deps):
        _set_trees(doc, sentences)
    doc.set_sent_starts([start for sentence in sentences for start in (1, *[-1] * (len(sentence.words) - 1))])
    if any(any(sentence.entities) for sentence in sentences):
        doc.set_ents(_entity_spans(sentences))
    return doc


def _set_trees(doc: Doc, sentences: Sequence[Sentence]) -> None:
    firsts = itertools.accumulate((len(sentence.words) for sentence in sentences), initial=0)
    heads = [
        first + head for first, sentence in zip(firsts, sentences, strict=False) for head in sentence.heads
    ]
    deps = [dep for sentence in sentences for dep in sentence.deps]
    roots = {dep for dep in set(deps) if dep.upper() == ROOT}
    doc.set_heads(heads, [ROOT if dep in roots else dep for dep in deps])


def _entity_spans(sentences: Sequence[Sentence]) -> Spans:
    spans: Spans = []
    start = 0
    for sentence in sentences:
        entities = (
            spans_of_iob(sentence.entities) if any(sentence.entities) else [(0, len(sentence.words), MISSING)]
        )
        spans += [(start + first, start + last, label) for first, last, label in entities]
        start += len(sentence.words)
    return spans


def _spaces(sentences: Sequence[Sentence]) -> list[bool]:
    spaces = [space for sentence in sentences for space in (*sentence.spaces[:-1], True)]
    spaces[-1] = False
    return spaces


def doc_of_record(tokenizer: Tokenizer, record: Mapping[str, Any]) -> Doc:
    """One document of a JSON record: `text`, and any of `tokens`, `ents`, `sents`, `cats`, all with character
    offsets.

    Where the record has no tokens, ours are used, cut further at the borders of entities so that each can be
    said.
    Raises: EngineError where the text is missing or an offset lies outside of it or inside a given token.
    """
    text = record.get("text")
    if not isinstance(text, str):
        raise EngineError(
            f"expected a record with a 'text', got the keys {', '.join(sorted(record)) or 'none'}"
        )
    _refuse_null(record)
    ents = [offsets_of(span, text) for span in record.get("ents", record.get("entities", ()))]
    groups = {
        key: [offsets_of(span, text) for span in _list_of_spans(key, spans)]
        for key, spans in (record.get("spans") or {}).items()
    }
    if record.get("tokens"):
        doc = _read_tokens(tokenizer, record)
    else:
        doc = _tokenize(tokenizer, text, [*ents, *(span for spans in groups.values() for span in spans)])
        if "ents" in record or "entities" in record:
            doc.set_ents(_token_spans(doc, ents))
        for key, spans in groups.items():
            doc.set_spans(key, _token_spans(doc, spans))
        if record.get("sents"):
            _set_sentences(doc, [offsets_of(span, text, labelled=False) for span in record["sents"]])
    if record.get("cats"):
        doc.set_cats({label: _score(label, value) for label, value in record["cats"].items()})
    return doc


LAYER_FORMS: tuple[tuple[str, type], ...] = (
    *(("ents", list), ("entities", list), ("sents", list), ("cats", Mapping), ("spans", Mapping)),
    ("tokens", list),
)
SHAPES = {
    "cats": "a map of labels and values",
    "spans": "a map of keys and lists of spans",
    "tokens": "a list of tokens",
}
NULL_IS_NONE = ("spans", "tokens")


def _refuse_null(record: Mapping[str, Any]) -> None:
    """Raises: EngineError where a layer is null, or something else than its form."""
    for name, form in LAYER_FORMS:
        null_is_none = name in NULL_IS_NONE and record.get(name) is None
        if name in record and not null_is_none and not isinstance(record[name], form):
            shape = SHAPES.get(name, "a list of spans")
            raise EngineError(
                f"expected {name!r} to be {shape}, got {record[name]!r}; leave the field out where "
                "nothing is known"
            )


def _list_of_spans(key: str, spans: object) -> list[object]:
    """Raises: EngineError where a group of spans is no list."""
    if not isinstance(spans, list):
        raise EngineError(f"expected the spans of {key!r} as a list, got {spans!r}")
    return spans


def _read_tokens(tokenizer: Tokenizer, record: Mapping[str, Any]) -> Doc:
    doc = Doc(batch_from_json(record, tokenizer.lexemes), 0)
    if doc.batch.heads is not None:
        wrong = wrong_head(doc.batch.heads.tolist(), doc.words)
        if wrong:
            raise EngineError(wrong)
    return doc


def _score(label: object, value: object) -> float:
    """Raises: EngineError where it is no score of a category."""
    if isinstance(value, bool):
        return float(value)
    if not isinstance(value, int | float) or not 0.0 <= value <= 1.0:
        raise EngineError(f"expected a value from 0 to 1 for the category {label!r}, got {value!r}")
    return float(value)


def offsets_of(span: object, text: str, *, labelled: bool = True) -> tuple[int, int, str]:
    """Character offsets and label of a span given as a map or a list, without whitespace at its ends. Raises:
    EngineError where it is none, lies outside of the text, or is nothing but whitespace."""
    match span:
        case {"start": int(start), "end": int(end)}:
            label = span.get("label", "")  # type: ignore[attr-defined]  # a mapping by the pattern above
        case [int(start), int(end), *rest]:
            label = rest[0] if rest else ""
        case _:
            raise EngineError(f"expected a span with start, end and label, got {span!r}")
    if not isinstance(label, str):
        raise EngineError(f"expected the label of the span {start}:{end} to be text, got {label!r}")
    if not 0 <= start < end <= len(text):
        raise EngineError(
            f"expected a span within the text of {len(text)} characters, got {start}:{end} ({label})"
        )
    piece = text[start:end]
    if labelled and not piece.strip():
        raise EngineError(
            f"expected a span with more than whitespace, got {start}:{end} ({label}), which is {piece!r}"
        )
    start += len(piece) - len(piece.lstrip())
    return start, start + max(len(piece.strip()), 1), label


def _tokenize(tokenizer: Tokenizer, text: str, ents: Sequence[tuple[int, int, str]]) -> Doc:
    """Our tokens of the text, cut at the borders of the entities."""
    doc = tokenizer(text)
    batch = doc.batch
    borders = {offset for start, end, _ in ents for offset in (start, end)}
    token_starts = set(batch.starts.tolist())
    token_ends = {
        start + length for start, length in zip(batch.starts.tolist(), batch.lengths.tolist(), strict=True)
    }
    if borders <= token_starts | token_ends:
        return doc
    words, spaces = [], []
    for start, length, space in zip(
        batch.starts.tolist(), batch.lengths.tolist(), batch.spaces.tolist(), strict=True
    ):
        inner = sorted(b for b in borders if start < b < start + length)
        cuts = [start, *inner, start + length]
        words += [text[a:b] for a, b in itertools.pairwise(cuts)]
        spaces += [False] * len(inner) + [bool(space)]
    return tokenizer.from_words(words, spaces)


def _token_spans(doc: Doc, spans: Sequence[tuple[int, int, str]]) -> Spans:
    starts = {int(start): i for i, start in enumerate(doc.batch.starts)}
    ends = {
        int(start + length): i + 1
        for i, (start, length) in enumerate(zip(doc.batch.starts, doc.batch.lengths, strict=True))
    }
    try:
        return [(starts[start], ends[end], label) for start, end, label in sorted(spans)]
    except KeyError as error:
        raise EngineError(
            f"expected spans that begin and end with words, got one with a border at {error} of {doc.text!r}"
        ) from None


def _set_sentences(doc: Doc, sents: Sequence[tuple[int, int, str]]) -> None:
    first = {start for start, _, _ in sents}
    doc.set_sent_starts([1 if int(start) in first else -1 for start in doc.batch.starts])


def part_of(tokenizer: Tokenizer, doc: Doc, start: int, end: int) -> Doc:
    """The tokens `start:end` of a gold document as a document of their own, with its labels, sentences and
    entities."""
    part = tokenizer.from_words(doc.words[start:end], [*doc.spaces[start : end - 1], False])
    return with_layers_of(part, doc, start)


def with_layers_of(target: Doc, doc: Doc, start: int = 0) -> Doc:
    """`target`, whose words stand for the words of `doc` from `start` on, with the labels, sentences, spans
    and cats of `doc`."""
    end = start + len(target)
    rows = slice(doc.start_row + start, doc.start_row + end)
    for name, column in doc.batch.columns.items():
        target.batch.columns[name] = LabelColumn(column.ids[rows], column.labels)
    if doc.batch.sent_starts is not None:
        target.batch.sent_starts = doc.batch.sent_starts[rows]
    if doc.batch.heads is not None:
        heads = doc.batch.heads[rows] - start
        target.batch.heads = np.where(
            (heads >= 0) & (heads < len(target)), heads, np.arange(len(target))
        ).astype(np.int32)
    if "ents" in doc.batch.spans:
        target.set_ents(
            [(a - start, b - start, label) for a, b, label in entities_of(doc) if start <= a and b <= end]
        )
    for key, group in doc.spans.items():
        target.set_spans(
            key,
            [(s.start - start, s.end - start, s.label) for s in group if start <= s.start and s.end <= end],
        )
    target.set_cats(doc.cats)
    return target
