# SPDX-License-Identifier: Apache-2.0
"""Annotated corpora in other formats as documents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ..doc.doc import Doc
from ..spacy_files.docbin import SUFFIX, read_docbin
from ..tokenizers import Tokenizer
from .conllu import read_conllu
from .corpus import files_of, groups_of, join_entities, read_jsonl, tagged_sentences
from .gold import doc_of_record, doc_of_sentences


def convert(
    tokenizer: Tokenizer, path: Path, *, entities: Path | None = None, n_sents: int = 1
) -> Iterator[dict[str, Any]]:
    """The documents of `read_corpus` as JSON values, in the form of `Doc.to_json`. Raises: EngineError."""
    return (doc.to_json() for doc in read_corpus(tokenizer, path, entities=entities, n_sents=n_sents))


def read_corpus(
    tokenizer: Tokenizer, path: Path, *, entities: Path | None = None, n_sents: int = 1
) -> Iterator[Doc]:
    """The documents of a CoNLL-U, IOB2, DocBin or (Prodigy) JSONL file, or of a folder of them.

    `entities`: IOB2 tags that join CoNLL-U sentences by `sent_id`. `n_sents`: so many sentences a document;
    0: one document.
    Raises: EngineError, with file and line, at what cannot be read.
    """
    for file in files_of(path):
        if file.suffix == ".jsonl":
            yield from (
                doc_of_record(tokenizer, from_prodigy(record))
                for record in read_jsonl(file)
                if is_accepted(record)
            )
            continue
        if file.suffix == SUFFIX:
            yield from read_docbin(file, tokenizer.lexemes)
            continue
        sentences = read_conllu(file) if file.suffix == ".conllu" else tagged_sentences(file)
        if entities is not None:
            sentences = join_entities(sentences, entities)
        yield from (doc_of_sentences(tokenizer, group) for group in groups_of(sentences, n_sents))


def is_accepted(record: Mapping[str, Any]) -> bool:
    """Whether a person accepted this annotation task; records that are no tasks count as accepted."""
    return str(record.get("answer", "accept")) == "accept"


def from_prodigy(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """A Prodigy task as one of our records: its list of `spans` are entities, its tokens are left to our
    tokenizer."""
    spans = record.get("spans")
    if not isinstance(spans, list):
        return record
    kept = {key: value for key, value in record.items() if key in ("text", "cats")}
    return {
        **kept,
        "ents": [
            {"start": span["start"], "end": span["end"], "label": span.get("label", "")} for span in spans
        ],
    }
