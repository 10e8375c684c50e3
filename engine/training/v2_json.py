# SPDX-License-Identifier: Apache-2.0
"""The JSON training data of spaCy v2: documents of paragraphs of sentences of tokens; read, and written."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..doc.biluo import biluo
from ..doc.doc import Doc
from ..doc.example import entities_of, labels_of, sentences_of
from ..errors import EngineError
from ..tokenizers import Tokenizer
from .conllu import Sentence
from .entity_tags import iob2_tags
from .gold import doc_of_sentences
from .text_files import naming_bytes


def read_v2_json(tokenizer: Tokenizer, path: Path) -> Iterator[Doc]:
    """A document for each paragraph of a file.

    Raises: EngineError, with file, document and paragraph, at what cannot be read.
    """
    for number, document in enumerate(_documents(path), 1):
        paragraphs = document.get("paragraphs") if isinstance(document, Mapping) else None
        if not isinstance(paragraphs, list):
            raise EngineError(
                f"{path}: document {number}: expected a map with 'paragraphs', got "
                f"{_shape(document)}; `freshet convert --help` names the forms that are read"
            )
        for place, paragraph in enumerate(paragraphs, 1):
            where = f"{path}: document {number}, paragraph {place}"
            try:
                yield _doc(tokenizer, paragraph)
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                raise EngineError(
                    f"{where}: expected sentences of tokens with orth, got {type(error).__name__}: {error}"
                ) from None
            except EngineError as error:
                raise EngineError(f"{where}: {error}") from None


def write_v2_json(docs: Iterable[Doc]) -> str:
    """Documents, one paragraph each, as the text of such a file."""
    return json.dumps([_document(i, doc) for i, doc in enumerate(docs)], ensure_ascii=False, indent=1) + "\n"


def _documents(path: Path) -> list[Any]:
    try:
        with naming_bytes(path):
            value = json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise EngineError(f"{path}: expected a JSON list of documents, got something else: {error}") from None
    if isinstance(value, Mapping):
        return [value]
    if not isinstance(value, list):
        raise EngineError(f"{path}: expected a JSON list of documents, got {_shape(value)}")
    return value


def _doc(tokenizer: Tokenizer, paragraph: Mapping[str, Any]) -> Doc:
    sentences = [_sentence(sentence["tokens"]) for sentence in paragraph["sentences"] if sentence["tokens"]]
    raw = paragraph.get("raw")
    if isinstance(raw, str):
        sentences = _with_spaces_of(sentences, raw)
    doc = doc_of_sentences(tokenizer, sentences)
    cats = {str(cat["label"]): float(cat["value"]) for cat in paragraph.get("cats", ())}
    if cats:
        doc.set_cats(cats)
    return doc


def _sentence(tokens: Sequence[Mapping[str, Any]]) -> Sentence:
    n = len(tokens)

    def column(name: str) -> tuple[str, ...]:
        values = (str(token.get(name) or "") for token in tokens)
        return tuple("" if value == "-" else value for value in values)

    heads = tuple(_head(i, token.get("head", 0), n) for i, token in enumerate(tokens))
    entities = iob2_tags([str(token.get("ner", "-")) for token in tokens])
    return Sentence(
        "",
        tuple(str(token["orth"]) for token in tokens),
        (True,) * (n - 1) + (False,),
        column("tag"),
        column("pos"),
        column("morph"),
        column("lemma"),
        heads,
        column("dep"),
        entities,
    )


def _head(position: int, offset: Any, n: int) -> int:
    head = position + int(offset)
    if not 0 <= head < n:
        raise EngineError(
            f"expected the head of token {position} within its sentence of {n} tokens, got {offset:+d}"
        )
    return head


def _with_spaces_of(sentences: list[Sentence], raw: str) -> list[Sentence]:
    """The same sentences with blanks where the text has some. Raises: EngineError where the text has other
    words."""
    at = 0
    result = []
    for sentence in sentences:
        spaces = []
        for word in sentence.words:
            at += len(raw[at:]) - len(raw[at:].lstrip())
            if not raw.startswith(word, at):
                raise EngineError(
                    f"expected the word {word!r} at {at} of the raw text, got {raw[at : at + 20]!r}"
                )
            at += len(word)
            spaces.append(raw[at : at + 1].isspace())
        result.append(Sentence(sentence.sent_id, sentence.words, tuple(spaces), *_after_spaces(sentence)))
    return result


def _after_spaces(s: Sentence) -> tuple[Any, ...]:
    return s.tags, s.pos, s.morphs, s.lemmas, s.heads, s.deps, s.entities, s.starts_document


def _document(number: int, doc: Doc) -> dict[str, Any]:
    paragraph = {
        "raw": doc.text,
        "sentences": [_tokens(doc, start, end) for start, end in _bounds(doc)],
        "cats": [{"label": label, "value": value} for label, value in doc.cats.items()],
    }
    return {"id": number, "paragraphs": [paragraph]}


def _bounds(doc: Doc) -> list[tuple[int, int]]:
    found = [(start, end) for start, end, _ in sentences_of(doc)] if doc.has("sents") else []
    return found or ([(0, len(doc))] if len(doc) else [])


def _tokens(doc: Doc, start: int, end: int) -> dict[str, Any]:
    tags = _entity_tags(doc)
    has_heads, deps = doc.has("heads"), labels_of(doc, "dep")
    columns = {
        name: values
        for name, values in (
            ("tag", doc.tags),
            ("pos", doc.pos_tags),
            ("lemma", doc.lemmas),
            ("morph", doc.morphs),
        )
        if any(values)
    }
    tokens = []
    for i in range(start, end):
        token: dict[str, Any] = {"id": i, "orth": doc.words[i], "ner": tags[i]}
        token |= {name: values[i] for name, values in columns.items()}
        if has_heads and deps[i]:
            token |= {"head": int(doc.heads[i]) - i, "dep": deps[i]}
        tokens.append(token)
    return {"tokens": tokens, "brackets": []}


def _entity_tags(doc: Doc) -> list[str]:
    if not doc.has("ents"):
        return ["-"] * len(doc)
    tags = ["O"] * len(doc)
    for start, end, label in entities_of(doc):
        tags[start:end] = ["-"] * (end - start) if label == "-" else biluo(end - start, label)
    return tags


def _shape(value: object) -> str:
    return (
        f"the keys {', '.join(map(str, itertools.islice(value, 8)))}"
        if isinstance(value, Mapping)
        else (type(value).__name__)
    )
