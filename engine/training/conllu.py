# SPDX-License-Identifier: Apache-2.0
"""CoNLL-U: sentences of annotated words, read lazily and written back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from ..errors import EngineError

N_COLUMNS = 10


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence: words with their annotation. A multiword token appears as its words, each with its own
    characters.

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

    def with_entities(self, tags: tuple[str, ...]) -> Sentence:
        """The same sentence with other IOB2 tags. Shape: `(n_words,)`."""
        return replace(self, entities=tags)


def read_conllu(path: Path) -> Iterator[Sentence]:
    """The sentences of a CoNLL-U file, one after another.

    Raises: EngineError, with file and line, where a line does not have ten columns or a head is no number.
    """
    with path.open(encoding="utf-8-sig") as lines:
        yield from parse_conllu(lines, str(path))


def parse_conllu(lines: Iterable[str], source: str = "<text>") -> Iterator[Sentence]:
    """The sentences of CoNLL-U lines; `source` is named in errors."""
    block: list[tuple[int, str]] = []
    for number, line in enumerate(lines, 1):
        stripped = line.rstrip("\r\n")
        if stripped.strip():
            block.append((number, stripped))
        elif block:
            yield _sentence(block, source)
            block = []
    if block:
        yield _sentence(block, source)


def _sentence(block: list[tuple[int, str]], source: str) -> Sentence:
    comments = [line for _, line in block if line.startswith("#")]
    rows = [_columns(line, f"{source}:{number}") for number, line in block if not line.startswith("#")]
    words = [row for row in rows if row[0].isdigit()]
    if not words:
        raise EngineError(
            f"{source}:{block[0][0]}: expected at least one word line (its first column a number) in "
            "this sentence, got none"
        )
    spaces = _spaces(rows)
    columns = [
        tuple("" if value == "_" and i > 2 else value for value in column)
        for i, column in enumerate(zip(*words, strict=True))
    ]
    heads = tuple(_head(row, i, f"{source}:{block[0][0]}") for i, row in enumerate(words))
    _, forms, lemmas, pos, tags, morphs, _, deps, _, misc = columns
    entities = tuple(_entity(value) for value in misc)
    sorted_morphs = tuple(sort_features(value) for value in morphs)
    return Sentence(
        _comment(comments, "sent_id"), forms, spaces, tags, pos, sorted_morphs, lemmas, heads, deps, entities
    )


def sort_features(morph: str) -> str:
    """Features in the order of their code points, the one order that this project and spaCy write;
    CoNLL-U ignores case."""
    return "|".join(sorted(morph.split("|")))


def _columns(line: str, where: str) -> list[str]:
    columns = line.split("\t")
    if len(columns) != N_COLUMNS:
        raise EngineError(
            f"{where}: expected {N_COLUMNS} columns with tabs between them, got {len(columns)}: {line[:60]!r}"
        )
    return columns


def _spaces(rows: list[list[str]]) -> tuple[bool, ...]:
    """Whether a blank follows each word: of a multiword token only its last word has the token's own
    blank."""
    spaces: list[bool] = []
    until, after_range = 0, True
    for row in rows:
        follows = "SpaceAfter=No" not in row[9].split("|")
        if "-" in row[0]:
            until, after_range = int(row[0].split("-")[1]), follows
        elif row[0].isdigit():
            spaces.append(follows if int(row[0]) > until else after_range and int(row[0]) == until)
    return tuple(spaces)


def _head(row: list[str], position: int, where: str) -> int:
    if row[6] == "_":
        return position
    if not row[6].isdigit():
        raise EngineError(
            f"{where}: expected a word number as head of word {row[0]} ({row[1]!r}), got {row[6]!r}"
        )
    return int(row[6]) - 1 if row[6] != "0" else position


def _comment(comments: list[str], key: str) -> str:
    start = f"# {key} = "
    return next((line[len(start) :].strip() for line in comments if line.startswith(start)), "")


def _entity(misc: str) -> str:
    """The IOB2 tag that some corpora keep in the last column, as `NE=B-person` or bare."""
    for item in misc.split("|"):
        value = item.removeprefix("NE=").removeprefix("ner=")
        if value == "O" or value[:2] in ("B-", "I-"):
            return value
    return ""
