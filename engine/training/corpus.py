# SPDX-License-Identifier: Apache-2.0
"""Readers: functions that, given a pipeline, yield examples from files of annotated text."""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from ..config.factory_arguments import optional_arguments
from ..config.registry import registry
from ..doc.doc import Doc
from ..doc.example import Example, sentences_of
from ..errors import EngineError, MissingFileError
from ..safe_files import named_path
from ..spacy_files.docbin import SUFFIX, read_docbin
from ..tokenizers import Tokenizer
from .conllu import Sentence, read_conllu
from .entity_columns import read_entity_file, sentence_of
from .gold import doc_of_sentences, part_of
from .head_checks import wrong_head
from .iob2 import read_iob2
from .json_lines import read_json_docs, read_rows
from .text_files import naming_bytes, read_lines
from .v2_json import read_v2_json

SUFFIXES = (".conllu", ".conllubio", ".jsonl", SUFFIX, ".iob2", ".iob", ".ner", ".conll", ".json")
"""Of the files that are read."""

CONLLU = (".conllu", ".conllubio")

CHUNK = 128
"""Documents that are tokenized together."""


class HasTokenizer(Protocol):
    """What a reader needs of a pipeline."""

    @property
    def tokenizer(self) -> Tokenizer:
        """The tokenizer that makes the predicted side of an example."""


Reader = Callable[[HasTokenizer], Iterable[Example]]
Augmenter = Callable[[HasTokenizer, Example], Iterable[Example]]


@optional_arguments("entities", "n_sents", "shuffle")
@registry.readers("freshet.Corpus.v1")
def configure_corpus(
    path: str | None,
    entities: str | None = None,
    n_sents: int = 1,
    gold_preproc: bool = False,
    max_length: int = 0,
    limit: int = 0,
    augmenter: Any = None,
    shuffle: bool = False,
) -> Reader:
    """Annotated documents of a file or a folder: CoNLL-U, JSONL, IOB2 or DocBin (`.spacy`), known by the
    suffix. A line of JSONL is a document as `Doc.to_json` writes it, a Prodigy task, or a correction.

    `entities`: an IOB2 file whose tags join CoNLL-U sentences by `sent_id`. `n_sents`: so many sentences a
    document. `gold_preproc`: one gold sentence a document, with the gold words instead of the tokenizer's.
    `max_length`: longer documents are given sentence by sentence, and a longer sentence is left out. `limit`:
    that many examples at most.
    """
    if path is None:
        raise EngineError(
            "a corpus needs a path; give it in the config or on the command line, such as --paths.train FILE"
        )
    if augmenter is not None and not callable(augmenter):
        raise EngineError(f"augmenter: expected a block that names a registered function, got {augmenter!r}")
    corpus = Corpus(
        named_path(path),
        named_path(entities) if entities else None,
        n_sents,
        gold_preproc,
        max_length,
        limit,
        augmenter,
        shuffle,
    )
    return corpus


class Corpus:
    """A reader over files. Without an augmenter its examples are made once and kept for later passes."""

    def __init__(
        self,
        path: str | Path,
        entities: str | Path | None = None,
        n_sents: int = 1,
        gold_preproc: bool = False,
        max_length: int = 0,
        limit: int = 0,
        augmenter: Augmenter | None = None,
        shuffle: bool = False,
    ) -> None:
        self.path, self.n_sents = Path(path), n_sents
        self.entities = Path(entities) if entities else None
        self.gold_preproc, self.max_length, self.limit = gold_preproc, max_length, limit
        self.augmenter, self.shuffle = augmenter, shuffle
        self._kept: tuple[Tokenizer, list[Example]] | None = None

    def __call__(self, pipeline: HasTokenizer) -> Iterator[Example]:
        """The examples, with the pipeline's tokens on the predicted side."""
        examples = self._examples(pipeline.tokenizer)
        if self.shuffle:
            examples = list(examples)
            random.shuffle(examples)
        for example in examples:
            yield from self.augmenter(pipeline, example) if self.augmenter else (example,)

    def _examples(self, tokenizer: Tokenizer) -> list[Example]:
        if self._kept is None or self._kept[0] is not tokenizer:
            examples = examples_of(tokenizer, self._references(tokenizer), gold_words=self.gold_preproc)
            self._kept = tokenizer, list(itertools.islice(examples, self.limit or None))
        return self._kept[1]

    def _references(self, tokenizer: Tokenizer) -> Iterator[Doc]:
        for file in files_of(self.path):
            for doc in read_corpus(tokenizer, file, entities=self.entities, n_sents=self.n_sents):
                yield from self._short_enough(tokenizer, doc)

    def _short_enough(self, tokenizer: Tokenizer, doc: Doc) -> Iterator[Doc]:
        if not self.gold_preproc and not (self.max_length and len(doc) > self.max_length):
            yield doc
            return
        for start, end, _ in sentences_of(doc):
            if not self.max_length or end - start <= self.max_length:
                yield part_of(tokenizer, doc, start, end)


def read_corpus(
    tokenizer: Tokenizer, file: Path, *, entities: Path | None = None, n_sents: int = 1
) -> Iterator[Doc]:
    """The documents of a CoNLL-U, JSONL, IOB2, CoNLL-2003, spaCy v2 JSON or DocBin file.

    `entities`: IOB2 tags that join CoNLL-U sentences by `sent_id`. `n_sents`: so many sentences a document;
    0: one document. Where the file itself says where documents begin, they are its. Raises: EngineError at
    what cannot be read.
    """
    if file.suffix == ".jsonl":
        return read_json_docs(tokenizer, file)
    if file.suffix == ".json":
        return read_v2_json(tokenizer, file)
    if file.suffix == SUFFIX:
        return _checked(read_docbin(file, tokenizer.lexemes), file)
    sentences = read_conllu(file) if file.suffix in CONLLU else tagged_sentences(file)
    if entities:
        sentences = join_entities(sentences, entities)
    return (doc_of_sentences(tokenizer, group) for group in groups_of(sentences, n_sents))


def _checked(docs: Iterable[Doc], file: Path) -> Iterator[Doc]:
    """Raises: EngineError, with file and document, where heads make no trees."""
    for number, doc in enumerate(docs, 1):
        wrong = "" if doc.batch.heads is None else wrong_head(doc.heads, doc.words)
        if wrong:
            raise EngineError(f"{file}: document {number}: {wrong}")
        yield doc


def examples_of(
    tokenizer: Tokenizer, references: Iterable[Doc], *, gold_words: bool = False
) -> Iterator[Example]:
    """Examples of gold documents: their texts tokenized by the pipeline's tokenizer, many at a time."""
    stream = iter(references)
    while chunk := list(itertools.islice(stream, CHUNK)):
        if gold_words:
            yield from (Example(tokenizer.from_words(doc.words, doc.spaces), doc) for doc in chunk)
            continue
        batch = tokenizer.tokenize([doc.text for doc in chunk])
        yield from (Example(Doc(batch, i), doc) for i, doc in enumerate(chunk))


@registry.readers("freshet.JsonlCorpus.v1")
def configure_jsonl_corpus(
    path: str | None, min_length: int = 0, max_length: int = 0, limit: int = 0
) -> Reader:
    """Raw texts of a JSONL file (`{"text": ...}` a line) as examples without labels, lazily; lengths are in
    tokens."""
    if path is None:
        raise EngineError(
            "a corpus needs a path; give it in the config or on the command line, such as "
            "--paths.raw_text FILE"
        )

    file = named_path(path)

    def read(pipeline: HasTokenizer) -> Iterator[Example]:
        docs = texts_to_docs(pipeline.tokenizer, (text_of(row, where) for where, row in read_rows(file)))
        fitting = (doc for doc in docs if _fits(len(doc), min_length, max_length))
        return (Example(doc, doc) for doc in itertools.islice(fitting, limit or None))

    return read


def text_of(row: Mapping[str, Any], where: str) -> str:
    """The text of a row. Raises: EngineError, with its place, where it is none."""
    text = row.get("text", "")
    if not isinstance(text, str):
        raise EngineError(f"{where}: expected a text as 'text', got {type(text).__name__}")
    return text


@registry.readers("freshet.PlainTextCorpus.v1")
def configure_plain_text_corpus(path: str | None, min_length: int = 0, max_length: int = 0) -> Reader:
    """Raw texts, one a line, of a file, or of all files `.txt` of a folder, as examples without labels,
    lazily; lengths are in tokens, 0 sets no limit.

    Raises: EngineError where there is no path, no file, or no UTF-8.
    """
    if path is None:
        raise EngineError(
            "a corpus needs a path; give it in the config or on the command line, such as "
            "--paths.raw_text FILE"
        )

    place = named_path(path)

    def read(pipeline: HasTokenizer) -> Iterator[Example]:
        docs = texts_to_docs(pipeline.tokenizer, _lines_of(place))
        return (Example(doc, doc) for doc in docs if _fits(len(doc), min_length, max_length))

    return read


def _fits(size: int, least: int, most: int) -> bool:
    return size >= least and not (most and size > most)


def _lines_of(path: Path) -> Iterator[str]:
    """Lines of text files that are not blank."""
    files = sorted(path.rglob("*.txt")) if path.is_dir() else [path]
    if not files or not files[0].is_file():
        raise MissingFileError(
            f"expected a text file, or a folder with files of .txt, at {str(path)!r}; found none"
        )
    for file in files:
        yield from (text for line in read_lines(file, "utf8") if (text := line.rstrip("\r\n")).strip())


def texts_to_docs(tokenizer: Tokenizer, texts: Iterable[str]) -> Iterator[Doc]:
    """Documents of texts, many tokenized at a time."""
    stream = iter(texts)
    while chunk := list(itertools.islice(stream, CHUNK)):
        batch = tokenizer.tokenize(chunk)
        yield from (Doc(batch, i) for i in range(len(chunk)))


def files_of(path: Path) -> list[Path]:
    """The file itself, or the corpus files of a folder, sorted. Raises: EngineError where there is none."""
    suffixes = SUFFIXES
    files = sorted(f for f in path.rglob("*") if f.suffix in suffixes) if path.is_dir() else [path]
    if not files or not files[0].is_file():
        raise MissingFileError(
            f"expected a corpus at {str(path)!r}, a file or a folder with files of "
            f"{', '.join(suffixes)}; found none"
        )
    if files[0].suffix not in suffixes:
        raise EngineError(
            f"expected a corpus file of {', '.join(suffixes)}, got {files[0].name!r}; `freshet convert "
            "--help` names the forms"
        )
    return files


def groups_of(sentences: Iterable[Sentence], n_sents: int) -> Iterator[list[Sentence]]:
    """Runs of `n_sents` sentences (0: all in one); the last may be shorter. Where sentences say that
    a document begins, the documents."""
    stream = iter(sentences)
    first = next(stream, None)
    if first is None:
        return
    if not first.starts_document:
        rest = itertools.chain((first,), stream)
        while group := list(itertools.islice(rest, n_sents or None)):
            yield group
        return
    group = [first]
    for sentence in stream:
        if sentence.starts_document:
            yield group
            group = []
        group.append(sentence)
    yield group


def tagged_sentences(path: Path) -> Iterator[Sentence]:
    """The sentences of a file of entity tags: IOB2 with numbered words or comments, words in columns, or
    words with bars."""
    if not _is_numbered(path):
        yield from read_entity_file(path)
        return
    for tagged in read_iob2(path):
        empty = ("",) * len(tagged.words)
        sentence = sentence_of(tagged.words, empty, tagged.tags, str(path))
        yield replace(sentence, sent_id=tagged.sent_id)


def _is_numbered(path: Path) -> bool:
    """Whether the first line is a comment, or numbers its word."""
    with naming_bytes(path), path.open(encoding="utf-8-sig") as lines:
        first = next((line for line in lines if line.strip()), "")
    return first.startswith("# ") or bool(re.match(r"\d+\t", first))


def join_entities(sentences: Iterable[Sentence], path: Path) -> Iterator[Sentence]:
    """Sentences with the tags that an IOB2 file has for the same `sent_id` and text; the others keep what
    they have."""
    tagged = {sentence.sent_id: sentence for sentence in read_iob2(path)}
    for sentence in sentences:
        tagged_sentence = tagged.get(sentence.sent_id)
        tags = tagged_sentence.tags_for(sentence.words) if tagged_sentence else ()
        yield sentence.with_entities(tags) if tags else sentence
