# SPDX-License-Identifier: Apache-2.0
"""IOB2 entity files: one word a line with its tag in the third column (Universal NER) or the last one
(CoNLL)."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..doc.biluo import spans_of_iob
from ..errors import EngineError
from .text_files import read_lines


@dataclass(frozen=True, slots=True)
class TaggedSentence:
    """Words with IOB2 tags; `sent_id` is empty where the file names none."""

    sent_id: str
    words: tuple[str, ...]
    tags: tuple[str, ...]

    def tags_for(self, words: tuple[str, ...]) -> tuple[str, ...]:
        """The tags for another division of the same characters into words: a word that an entity touches
        belongs to it.

        None at all where the characters differ, as between two releases of a corpus: nothing is known then.
        """
        if words == self.words:
            return self.tags
        if "".join(words) != "".join(self.words):
            return ()
        tags = ["O"] * len(words)
        starts, ends = _borders(words)
        own_starts, own_ends = _borders(self.words)
        for first, last, label in spans_of_iob(self.tags):
            touched = [
                i for i in range(len(words)) if starts[i] < own_ends[last - 1] and own_starts[first] < ends[i]
            ]
            free = [i for i in touched if tags[i] == "O"]
            for i in free:
                tags[i] = f"B-{label}" if i == free[0] else f"I-{label}"
        return tuple(tags)


def read_iob2(path: Path) -> Iterator[TaggedSentence]:
    """The sentences of an IOB2 file. Raises: EngineError, with file and line, at a line without a tag."""
    yield from parse_iob2(read_lines(path), str(path))


def parse_iob2(lines: Iterable[str], source: str = "<text>") -> Iterator[TaggedSentence]:
    """The sentences of IOB2 lines; `source` is named in errors."""
    sent_id = ""
    pairs: list[tuple[str, str]] = []
    known: set[str] = set()
    for number, line in enumerate(lines, 1):
        line = line.rstrip("\r\n")
        if line.startswith("# "):
            sent_id = (
                line.removeprefix("# sent_id = ").strip() if line.startswith("# sent_id = ") else sent_id
            )
        elif line.strip():
            columns = line.split("\t")
            if len(columns) > 2 and columns[1] and columns[2] in known and columns[0].isdigit():
                pairs.append((columns[1], columns[2]))
                continue
            pairs.append(_word_and_tag(line, f"{source}:{number}"))
            known.add(pairs[-1][1])
        elif pairs:
            yield _sentence(sent_id, pairs)
            sent_id, pairs = "", []
    if pairs:
        yield _sentence(sent_id, pairs)


def _borders(words: Sequence[str]) -> tuple[list[int], list[int]]:
    ends = list(itertools.accumulate(map(len, words)))
    return [0, *ends[:-1]], ends


def _sentence(sent_id: str, pairs: list[tuple[str, str]]) -> TaggedSentence:
    words, tags = zip(*pairs, strict=True)
    return TaggedSentence(sent_id, words, tags)


def _word_and_tag(line: str, where: str) -> tuple[str, str]:
    columns = line.split("\t") if "\t" in line else line.split()
    word, tag = (
        (columns[1], columns[2]) if len(columns) > 2 and columns[0].isdigit() else (columns[0], columns[-1])
    )
    if word and tag == "_":
        return word, "O"
    if not word or len(columns) < 2 or not (tag == "O" or tag[:2] in ("B-", "I-")):
        raise EngineError(f"{where}: expected a word and a tag such as O, B-PER or I-PER, got {line[:60]!r}")
    return word, tag
