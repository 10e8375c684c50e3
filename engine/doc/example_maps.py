# SPDX-License-Identifier: Apache-2.0
"""Gold documents of maps of annotations, and such maps of documents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..errors import DocValueError
from .batch_writer import SpanValue
from .biluo import MISSING, biluo
from .entity_offsets import biluo_tags_to_spans, token_span, warn_of_misaligned
from .stated_doc import sent_start, write_morphs, write_spans

if TYPE_CHECKING:
    from .doc import Doc

TOKEN_KEYS = {
    "words": "ORTH",
    "spaces": "SPACY",
    "tags": "TAG",
    "lemmas": "LEMMA",
    "pos": "POS",
    "morphs": "MORPH",
    "heads": "HEAD",
    "deps": "DEP",
    "sent_starts": "SENT_START",
}
"""Key of a value per word -> its other name."""

DOC_KEYS = ("entities", "cats", "links", "spans")
COLUMNS = {"TAG": "tag", "LEMMA": "lemma", "POS": "pos"}

Entity = tuple[int, int, str]


def reference_of(predicted: Doc, annotations: Mapping[str, Any]) -> Doc:
    """A gold document of a text's annotations.

    Raises: KeyError for an unknown key; DocValueError for values that do not fit the words or mean nothing.
    """
    tokens, doc_values = _sorted_keys(annotations)
    doc = _words(predicted, tokens)
    for name, values in tokens.items():
        if values is not None and name not in ("ORTH", "SPACY") and len(values) != len(doc):
            raise DocValueError(
                f"expected one value a word, {len(doc)} of {name}, got {len(values)}: {values!r:.80}"
            )
    for name, column in COLUMNS.items():
        if tokens.get(name) is not None:
            doc.set_layer(column, _texts(name, tokens[name]))
    if tokens.get("MORPH") is not None:
        write_morphs(doc, tokens["MORPH"])
    _set_tree(doc, tokens)
    _set_doc_values(doc, doc_values)
    return doc


def map_of(doc: Doc) -> dict[str, Any]:
    """A document's annotations as a map that `reference_of` reads."""
    ents = {"entities": _tags_of(doc), "links": _links_of(doc)}
    spans = {
        key: [(s.start_char, s.end_char, s.label_, s.kb_id_) for s in doc.spans[key]] for key in doc.spans
    }
    return {
        "doc_annotation": {
            "cats": dict(doc.cats),
            "entities": ents["entities"],
            "spans": spans,
            "links": ents["links"],
        },
        "token_annotation": {
            "ORTH": list(doc.words),
            "SPACY": list(doc.spaces),
            "TAG": list(doc.tags),
            "LEMMA": list(doc.lemmas),
            "POS": list(doc.pos_tags),
            "MORPH": list(doc.morphs),
            "HEAD": list(doc.heads),
            "DEP": list(doc.deps),
            "SENT_START": [value or int(i == 0) for i, value in enumerate(doc.sent_starts)],
        },
    }


def _sorted_keys(annotations: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Values per word by their other names, and values of the whole text."""
    flat = dict(annotations)
    flat.pop("text", None)
    nested = {key: flat.pop(key) for key in ("token_annotation", "doc_annotation") if key in flat}
    for part in nested.values():
        flat.update(part or {})
    flat.pop("text", None)
    tokens: dict[str, Any] = {}
    values: dict[str, Any] = {}
    for key, value in flat.items():
        if key in TOKEN_KEYS or key in TOKEN_KEYS.values():
            tokens[TOKEN_KEYS.get(key, key)] = value
        elif key in DOC_KEYS:
            values[key] = value
        else:
            known = (*DOC_KEYS, *TOKEN_KEYS, *TOKEN_KEYS.values(), "token_annotation", "doc_annotation")
            raise KeyError(f"expected a key of annotations, got {key!r}; there are: {', '.join(known)}")
    return tokens, values


def _words(predicted: Doc, tokens: Mapping[str, Any]) -> Doc:
    """The words: those that are given, else those of the predicted document."""
    words, spaces = tokens.get("ORTH"), tokens.get("SPACY")
    if words is None:
        words = list(predicted.words)
        spaces = list(predicted.spaces) if spaces is None else spaces
    elif spaces is None:
        spaces = spaces_of(words, predicted.text)
    return type(predicted)(predicted.vocab, words, spaces)


def spaces_of(words: Sequence[str], text: str) -> list[bool] | None:
    """After which words one blank follows, so that they spell the text; None where they cannot."""
    spaces, at = [], 0
    for word in words:
        if not text.startswith(word, at):
            return None
        at += len(word)
        spaces.append(text[at : at + 1] == " ")
        at += spaces[-1]
    return spaces if at == len(text) else None


def _texts(name: str, values: Sequence[Any]) -> list[str]:
    wrong = [value for value in values if value is not None and not isinstance(value, str)]
    if wrong:
        raise DocValueError(f"expected texts for {name}, got {wrong[0]!r}")
    return [value or "" for value in values]


def _set_tree(doc: Doc, tokens: Mapping[str, Any]) -> None:
    heads, deps = tokens.get("HEAD"), tokens.get("DEP")
    labels = _texts("DEP", deps) if deps is not None else [""] * len(doc)
    if heads is not None:
        doc.set_heads([i if head is None else int(head) for i, head in enumerate(heads)], labels)
        if any(labels):
            doc.sentences_from_tree()
    elif deps is not None:
        doc.set_column("dep", labels)
    starts = tokens.get("SENT_START")
    if starts is not None:
        values = [sent_start(value) for value in starts]
        if not (heads is not None and any(labels)):
            doc.set_sent_starts(values)


def _set_doc_values(doc: Doc, values: Mapping[str, Any]) -> None:
    if values.get("entities") is not None:
        write_spans(doc, _entities(doc, list(values["entities"])))
    if values.get("cats"):
        if not isinstance(values["cats"], Mapping):
            raise DocValueError(f"expected a map of categories to scores, got {values['cats']!r:.80}")
        doc.set_cats(values["cats"])
    if values.get("spans"):
        _set_spans(doc, values["spans"])
    if values.get("links"):
        _set_links(doc, values["links"])


def _entities(doc: Doc, entities: list[Any]) -> list[SpanValue]:
    """Entities given as BILUO or IOB tags, or as `(first character, end, label)` with or without the id of a
    knowledge base."""
    if not entities or not all(entity is None or isinstance(entity, str) for entity in entities):
        return _entities_of_offsets(doc, entities)
    if len(entities) != len(doc):
        raise DocValueError(f"expected one tag of entities a word, {len(doc)}, got {len(entities)}")
    return biluo_tags_to_spans(entities)


def _entities_of_offsets(doc: Doc, entities: Iterable[Sequence[Any]]) -> list[SpanValue]:
    spans: list[SpanValue] = []
    misaligned: list[Entity] = []
    for entity in sorted(tuple(entity) for entity in entities):
        start, end, label = int(entity[0]), int(entity[1]), str(entity[2])
        place = token_span(doc, start, end)
        if place is None:
            misaligned.append((start, end, label))
            touched = doc.char_span(start, end, alignment_mode="expand")
            if touched is not None:
                spans.append(SpanValue(touched.start, touched.end, MISSING))
        else:
            spans.append(SpanValue(*place, label, str(entity[3] or "") if len(entity) > 3 else ""))
    if misaligned:
        warn_of_misaligned(doc.text, misaligned)
    return _without_overlaps(spans)


def _without_overlaps(spans: list[SpanValue]) -> list[SpanValue]:
    """Entities, and stretches of which nothing is known around them."""
    taken: set[int] = set()
    kept: list[SpanValue] = []
    for span in sorted(spans, key=lambda span: span.label == MISSING):
        tokens = range(span.start, span.end)
        if span.label == MISSING:
            kept += [SpanValue(i, i + 1, MISSING) for i in tokens if i not in taken]
        elif not taken.isdisjoint(tokens):
            raise DocValueError(
                f"expected entities that do not overlap, got {span.label!r} at {span.start}:{span.end} "
                "on top of another; spans that overlap belong into 'spans'"
            )
        else:
            kept.append(span)
        taken.update(tokens)
    return sorted(kept)


def _set_spans(doc: Doc, groups: Mapping[str, Iterable[Any]]) -> None:
    if not isinstance(groups, Mapping):
        raise DocValueError(
            f"expected a map of keys to lists of (start_char, end_char, label), got {groups!r:.80}"
        )
    for key, spans in groups.items():
        found = []
        for span in spans:
            parts = tuple(span)
            place = token_span(doc, int(parts[0]), int(parts[1]))
            if place is None:
                raise DocValueError(
                    f"expected spans that begin and end with a token, got {parts} in {key!r}: "
                    f"{doc.text[parts[0] : parts[1]]!r}"
                )
            found.append(
                SpanValue(*place, *(str(part or "") for part in parts[2:4]))
                if len(parts) > 2
                else SpanValue(*place, "")
            )
        doc.set_group(key, found)


def _set_links(doc: Doc, links: Mapping[Any, Mapping[str, float]]) -> None:
    """Ids of a knowledge base of entities, by first character and end: those that are certain."""
    if not doc.has("ents"):
        raise DocValueError("expected entities beside links, got none; each link is one of an entity")
    found: dict[tuple[int, int], str] = {}
    for place, ids in links.items():
        start, end = (int(part) for part in place)
        span = token_span(doc, start, end)
        known = {(ent.start, ent.end) for ent in doc.ents}
        if span is None or span not in known:
            raise DocValueError(
                f"expected links of entities, got {doc.text[start:end]!r} at {start}:{end}, which is none"
            )
        certain = [kb_id for kb_id, score in ids.items() if score == 1.0]
        if certain:
            found[span] = certain[0]
    spans = [SpanValue(*span) for span in doc.batch.spans_of("ents", doc.index)]
    write_spans(doc, [s._replace(kb_id=found.get((s.start, s.end), "")) for s in spans])


def _tags_of(doc: Doc) -> list[str]:
    """A BILUO tag for each token, `-` where nothing is known; all outside where nobody set entities."""
    if not doc.has("ents"):
        return ["O"] * len(doc)
    tags = ["O"] * len(doc)
    for start, end, label in doc.batch.spans_of("ents", doc.index):
        tags[start:end] = [MISSING] * (end - start) if label == MISSING else biluo(end - start, label)
    return tags


def _links_of(doc: Doc) -> dict[tuple[int, int], dict[str, float]]:
    return {(ent.start_char, ent.end_char): {ent.kb_id_: 1.0} for ent in doc.ents if ent.kb_id_}
