# SPDX-License-Identifier: Apache-2.0
"""CoNLL-U: sentences of annotated words, read lazily and written back."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from ..errors import EngineError
from .conllu_columns import FORM, HEAD, ID, MISC, N_COLUMNS, is_number
from .entity_tags import iob2_tags
from .head_checks import first_circle
from .multiword import Row, words_of
from .text_files import read_lines

Columns = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence: words with their annotation. A multiword token appears as its words where these have the
    text's characters, else as one word. `starts_document`: a new document begins with it.

    Shape: all tuples `(n_words,)`; `heads` are word positions within the sentence, a root's is its own; empty
    strings where unset.
    """

    sent_id: str
    words: tuple[str, ...]
    spaces: tuple[bool, ...]
    tags: tuple[str, ...]
    pos: tuple[str, ...]
    morphs: tuple[str, ...]
    lemmas: tuple[str, ...]
    heads: tuple[int, ...]
    deps: tuple[str, ...]
    entities: tuple[str, ...] = ()
    starts_document: bool = False

    def with_entities(self, tags: tuple[str, ...]) -> Sentence:
        """The same sentence with other IOB2 tags. Shape: `(n_words,)`."""
        return replace(self, entities=tags)


def read_conllu(path: Path, *, merge_subtokens: bool = False, morphology: bool = False) -> Iterator[Sentence]:
    """The sentences of a CoNLL-U file, one after another.

    `merge_subtokens`: each multiword token as one word. `morphology`: features appended to the tags.
    Raises: EngineError, with file and line, where a line does not have ten columns, or a head is no word of
    its sentence or leads round in a circle.
    """
    lines = read_lines(path)
    yield from parse_conllu(lines, str(path), merge_subtokens=merge_subtokens, morphology=morphology)


def parse_conllu(
    lines: Iterable[str], source: str = "<text>", *, merge_subtokens: bool = False, morphology: bool = False
) -> Iterator[Sentence]:
    """The sentences of CoNLL-U lines; `source` is named in errors."""
    block: list[tuple[int, str]] = []
    for number, line in itertools.chain(enumerate(lines, 1), ((0, ""),)):
        stripped = line.rstrip("\r\n")
        if stripped and not stripped.isspace():
            block.append((number, stripped))
        elif block:
            sentence = _sentence(block, source, merge_subtokens)
            yield _with_features_in_tags(sentence) if morphology else sentence
            block = []


def _sentence(block: list[tuple[int, str]], source: str, merge_subtokens: bool) -> Sentence:
    plain = None if merge_subtokens else _plain_sentence([line for _, line in block])
    return _any_sentence(block, source, merge_subtokens) if plain is None else plain


def _plain_sentence(lines: list[str]) -> Sentence | None:
    """A sentence of words that are numbered one after the other, column by column, with multiword tokens that
    have the characters of their words; None where a line is another one, or something is to be complained
    of."""
    rows = [line.split("\t") for line in lines if line[0] != "#"]
    if {len(row) for row in rows} != {N_COLUMNS}:
        return None
    words = [row for row in rows if "-" not in row[ID]]
    n = len(words)
    if not 0 < n < len(NUMBERS) - 1:
        return None
    columns: Columns = tuple(zip(*words, strict=True))
    if not all(columns[FORM]):
        return None
    spaces = [value == "_" or "SpaceAfter=No" not in value.split("|") for value in columns[MISC]]
    if columns[ID] != NUMBERS[1 : n + 1] or (n < len(rows) and not _take_ranges(rows, columns[FORM], spaces)):
        return None
    try:
        places = tuple([HEADS[head] if head != "0" else i for i, head in enumerate(columns[HEAD])])
    except KeyError:
        return None
    if max(places) >= n or first_circle(places) is not None:
        return None
    try:
        return _of_columns(columns, tuple(spaces), places, lines)
    except EngineError:
        return None


NUMBERS = tuple(map(str, range(1024)))
HEADS = {number: place - 1 for place, number in enumerate(NUMBERS)}
"""Heads as files have them, and the places that they mean."""


def _take_ranges(rows: list[list[str]], forms: tuple[str, ...], spaces: list[bool]) -> bool:
    """Give the last word of each multiword token the token's own blank, and the others none; whether each
    stands before its words and has their characters."""
    first = 0
    until = 0
    for row in rows:
        if "-" not in row[ID]:
            first += 1
            continue
        start, _, end = row[ID].partition("-")
        last = HEADS.get(end, -1) + 1
        if (
            start != NUMBERS[first + 1]
            or not until <= first < last
            or "".join(forms[first:last]) != row[FORM]
        ):
            return False
        spaces[first:last] = [False] * (last - first - 1) + ["SpaceAfter=No" not in row[MISC].split("|")]
        until = last
    return until <= len(forms)


def _of_columns(
    columns: Columns, spaces: tuple[bool, ...], heads: tuple[int, ...], comments: list[str]
) -> Sentence:
    """The sentence of its words' columns. Raises: EngineError where an entity's tag is none."""
    _, forms, lemmas, pos, tags, morphs, _, deps, _, misc = columns
    entities = [_entity(value) for value in misc]
    return Sentence(
        _comment(comments, "sent_id"),
        forms,
        spaces,
        _values(tags),
        _values(pos),
        tuple(map(_sorted_value, morphs)),
        tuple(["" if lemma == "_" != form else lemma for lemma, form in zip(lemmas, forms, strict=True)]),
        heads,
        _values(deps),
        iob2_tags(entities) if any(entities) else ("",) * len(entities),
    )


def _values(column: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(["" if value == "_" else value for value in column])


@lru_cache(1 << 14)  # a corpus has hundreds of different ones
def _sorted_value(morph: str) -> str:
    return "" if morph == "_" else sort_features(morph)


def _any_sentence(block: list[tuple[int, str]], source: str, merge_subtokens: bool) -> Sentence:
    comments = [line for _, line in block if line.startswith("#")]
    rows = [
        Row(number, _columns(line, f"{source}:{number}"), number)
        for number, line in block
        if not line.startswith("#")
    ]
    for row in rows:
        _check_id(row, source)
    words = words_of(rows, merge=merge_subtokens)
    if not words:
        raise EngineError(
            f"{source}:{block[0][0]}: expected at least one word line (its first column a number) in "
            "this sentence, got none"
        )
    spaces = tuple(_spaces(rows, words))
    heads = tuple(_head(row, i, len(words), source) for i, row in enumerate(words))
    _check_circles(heads, words, source)
    columns: Columns = tuple(zip(*(row.columns for row in words), strict=True))
    try:
        return _of_columns(columns, spaces, heads, comments)
    except EngineError as error:
        raise EngineError(f"{source}:{words[0].number}: {error}") from None


def sort_features(morph: str) -> str:
    """Features in the order of their code points, the one order that this project and spaCy write;
    CoNLL-U ignores case."""
    return "|".join(sorted(morph.split("|")))


def _with_features_in_tags(sentence: Sentence) -> Sentence:
    pairs = zip(sentence.tags, sentence.morphs, strict=True)
    return replace(sentence, tags=tuple(f"{tag}__{morph}" if morph else tag for tag, morph in pairs))


def _columns(line: str, where: str) -> list[str]:
    columns = line.split("\t")
    if len(columns) != N_COLUMNS:
        raise EngineError(
            f"{where}: expected {N_COLUMNS} columns with tabs between them, got {len(columns)}: {line[:60]!r}"
        )
    return columns


def _check_id(row: Row, source: str) -> None:
    """Raises: EngineError where the first column is a range of something else than numbers, or there is no
    word."""
    if not row.columns[FORM]:
        raise EngineError(
            f"{source}:{row.number}: expected a word in the second column, got none; give it one"
        )
    name = row.columns[ID]
    if "-" in name and not all(map(is_number, name.split("-"))):
        raise EngineError(
            f"{source}:{row.number}: expected a range of words such as 1-2 in the first column, got "
            f"{name[:60]!r}"
        )


def _spaces(rows: list[Row], words: list[Row]) -> Iterator[bool]:
    """Whether a blank follows each word: of a multiword token only its last word has the token's own
    blank."""
    after: dict[int, bool] = {}
    until, after_range = 0, True
    for row in rows:
        follows = "SpaceAfter=No" not in row.columns[MISC].split("|")
        name = row.columns[ID]
        if "-" in name:
            until, after_range = int(name.split("-")[1]), follows
        elif is_number(name):
            inside = int(name) <= until
            after[row.number] = (after_range and int(name) == until) if inside else follows
    return (after[word.last] for word in words)


def _head(row: Row, position: int, n_words: int, source: str) -> int:
    head = row.columns[HEAD]
    if head == "_":
        return position
    if not is_number(head) or int(head) > n_words:
        raise EngineError(
            f"{source}:{row.number}: expected the number of one of {n_words} words as head of word "
            f"{row.columns[ID]} ({row.columns[FORM]!r}), got {head!r}"
        )
    return int(head) - 1 if int(head) else position


def _check_circles(heads: tuple[int, ...], words: list[Row], source: str) -> None:
    """Raises: EngineError where some words hang on each other and on no root."""
    circle = first_circle(heads)
    if circle is not None:
        row = words[circle]
        raise EngineError(
            f"{source}:{row.number}: expected heads that lead to a root, but those of word "
            f"{row.columns[ID]} ({row.columns[FORM]!r}) lead round in a circle"
        )


def _comment(comments: list[str], key: str) -> str:
    start = f"# {key} = "
    return next((line[len(start) :].strip() for line in comments if line.startswith(start)), "")


@lru_cache(1 << 14)
def _entity(misc: str) -> str:
    """The tag that some corpora keep in the last column, as `NE=B-person`, `name=B-person` or bare."""
    for item in misc.split("|"):
        value = item.removeprefix("NE=").removeprefix("ner=").removeprefix("name=")
        if value == "O" or value[:2] in ("B-", "I-", "L-", "U-"):
            return value
    return ""
