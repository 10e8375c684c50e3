# SPDX-License-Identifier: Apache-2.0
"""Files of entities: a word a line with its tag in the last column (CoNLL 2003), or a sentence a line with
bars between word and tags."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from ..errors import EngineError
from .conllu import Sentence
from .entity_tags import iob2_tags
from .text_files import read_lines

DOCUMENT = "-DOCSTART-"
BYTE_ORDER_MARK = "\ufeff"


def read_entity_file(path: Path, renamed: Mapping[str, str] | None = None) -> Iterator[Sentence]:
    """The sentences of a file in either form, known by its first line.

    Raises: EngineError, with file and line, where a word has no tag.
    """
    yield from parse_entities(read_lines(path, "utf-8"), str(path), renamed)


def parse_entities(
    lines: Iterable[str], source: str = "<text>", renamed: Mapping[str, str] | None = None
) -> Iterator[Sentence]:
    """The sentences of lines in either form; `source` is named in errors."""
    numbered = ((number, line.lstrip(BYTE_ORDER_MARK).strip()) for number, line in enumerate(lines, 1))
    filled = itertools.dropwhile(lambda item: not item[1], numbered)
    first = next(filled, None)
    if first is None:
        return
    rest = itertools.chain((first,), filled)
    piped = "|" in first[1] and all("|" in word for word in first[1].split())
    yield from _of_bars(rest, source, renamed) if piped else _of_columns(rest, source, renamed)


def _of_columns(
    lines: Iterable[tuple[int, str]], source: str, renamed: Mapping[str, str] | None
) -> Iterator[Sentence]:
    """A word a line, an empty line between sentences, `-DOCSTART-` before each document."""
    rows: list[tuple[int, list[str]]] = []
    starts_document = False
    for number, line in itertools.chain(lines, ((0, ""),)):
        is_border = line.startswith(DOCUMENT)
        if line and not is_border:
            rows.append((number, line.split()))
            continue
        if rows:
            yield replace(_sentence(rows, source, renamed), starts_document=starts_document)
            rows, starts_document = [], False
        starts_document = starts_document or is_border


def _sentence(rows: list[tuple[int, list[str]]], source: str, renamed: Mapping[str, str] | None) -> Sentence:
    for number, columns in rows:
        if len(columns) < 2:
            raise EngineError(
                f"{source}:{number}: expected a word and, in the last column, its tag, got "
                f"{' '.join(columns)[:60]!r}"
            )
    words = tuple(columns[0] for _, columns in rows)
    tags = tuple(columns[1] if len(columns) > 2 else "" for _, columns in rows)
    given = [columns[-1] for _, columns in rows]
    return sentence_of(words, tags, given, f"{source}:{rows[0][0]}", renamed)


def _of_bars(
    lines: Iterable[tuple[int, str]], source: str, renamed: Mapping[str, str] | None
) -> Iterator[Sentence]:
    """A sentence a line: `word|TAG` or `word|POS|TAG`, blanks between the words."""
    for number, line in lines:
        if not line:
            continue
        pieces = [_pieces(word, f"{source}:{number}") for word in line.split()]
        words, tags, given = zip(*pieces, strict=True)
        yield sentence_of(words, tags, given, f"{source}:{number}", renamed)


def _pieces(word: str, where: str) -> tuple[str, str, str]:
    parts = word.rsplit("|", 2) if word.count("|") > 1 else word.rsplit("|", 1)
    if len(parts) < 2 or not parts[0]:
        raise EngineError(f"{where}: expected word|TAG or word|POS|TAG, got {word[:60]!r}")
    return parts[0], parts[1] if len(parts) == 3 else "", parts[-1]


def sentence_of(
    words: tuple[str, ...],
    tags: tuple[str, ...],
    given: Iterable[str],
    where: str,
    renamed: Mapping[str, str] | None = None,
) -> Sentence:
    """A sentence of words with tags and entities, a blank between all words. Raises: EngineError."""
    try:
        entities = iob2_tags(list(given), renamed)
    except EngineError as error:
        raise EngineError(f"{where}: {error}") from None
    n = len(words)
    empty = ("",) * n
    spaces = (True,) * (n - 1) + (False,)
    known = tuple("" if tag == "-" else tag for tag in tags)
    return Sentence("", words, spaces, known, empty, empty, empty, tuple(range(n)), empty, entities)
