# SPDX-License-Identifier: Apache-2.0
"""Lists of labelled patterns, of tokens and of phrases, as rulers have them: `{"label", "pattern", "id"}`."""

from __future__ import annotations

import threading
from codecs import BOM_UTF8
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import orjson

from ..doc.batch import Batch
from ..vocab.strings import SYMBOLS, string_id
from .attributes import OF_TEXT
from .automaton import Matches
from .errors import PatternError
from .fuzzy import FuzzyCompare, levenshtein_compare
from .matcher import Matcher
from .phrase_matcher import PhraseMatcher

Entry: TypeAlias = Mapping[str, Any]
ReadPhrases: TypeAlias = Callable[[Sequence[str], bool], Batch]
"""Texts as a batch, tokenized, and annotated by what comes before in the pipeline where the flag says so."""


class Found(NamedTuple):
    """One match in one document."""

    key: int
    start: int
    end: int


class LabelledPatterns:
    """Patterns with a label and perhaps an id, and both matchers for them.

    Phrases are tokenized when they are first needed, by what `read_phrases` then is.
    """

    def __init__(
        self,
        phrase_attr: str | int | None = None,
        compare: FuzzyCompare = levenshtein_compare,
        separator: str = "||",
    ) -> None:
        name = (
            "ORTH"
            if phrase_attr is None
            else SYMBOLS[phrase_attr]
            if isinstance(phrase_attr, int)
            else phrase_attr
        )
        self.phrase_attr = PhraseMatcher(name).attr
        self.read_phrases: ReadPhrases | None = None
        self._compare = compare
        self._separator = separator
        self._entries: list[dict[str, Any]] = []
        self._lock = threading.Lock()
        self._forget()

    def __len__(self) -> int:
        """Number of patterns."""
        return len(self._entries)

    @property
    def entries(self) -> list[dict[str, Any]]:
        """The patterns as they were given."""
        return list(self._entries)

    @property
    def labels(self) -> tuple[str, ...]:
        """All labels, sorted."""
        return tuple(sorted({entry["label"] for entry in self._entries}))

    @property
    def ids(self) -> tuple[str, ...]:
        """All ids, sorted."""
        return tuple(sorted({entry["id"] for entry in self._entries if entry.get("id")}))

    def add(self, entries: Iterable[Entry]) -> None:
        """Add patterns. Raises: PatternError, which names the entry and what is wrong; nothing is added
        then."""
        if isinstance(entries, Mapping | str):
            raise PatternError(f"expected a list of patterns, got {entries!r}; put a single one in a list")
        first = len(self._entries)
        added = [_check_entry(entry, first + i) for i, entry in enumerate(entries)]
        trial = Matcher(fuzzy_compare=self._compare)
        for entry in added:
            if not isinstance(entry["pattern"], str):
                trial.add(entry["label"], [entry["pattern"]])
        self._entries += added
        self._forget()

    def remove(self, *, label: str | None = None, id: str | None = None) -> None:
        """Remove the patterns of a label or an id. Raises: PatternError where there are none."""
        remaining = [
            entry
            for entry in self._entries
            if not (entry["label"] == label or (id is not None and entry.get("id") == id))
        ]
        if len(remaining) == len(self._entries):
            there = f"labels {', '.join(self.labels) or 'none'}; ids {', '.join(self.ids) or 'none'}"
            raise PatternError(
                f"expected patterns to remove, but none have label {label!r} or id {id!r}; there are: {there}"
            )
        self._entries = remaining
        self._forget()

    def clear(self) -> None:
        """Remove all patterns."""
        self._entries = []
        self._forget()

    @property
    def matchers(self) -> tuple[Matcher, PhraseMatcher]:
        """What finds patterns of tokens, and what finds phrases."""
        return self._matchers()

    @property
    def separator(self) -> str:
        """What stands between a label and an id."""
        return self._separator

    def by_label(self, kind: type) -> dict[str, list[Any]]:
        """Patterns of one kind, texts or lists, by their labels."""
        found: defaultdict[str, list[Any]] = defaultdict(list)
        for entry in self._entries:
            if isinstance(entry["pattern"], kind):
                found[entry["label"]].append(entry["pattern"])
        return dict(found)

    def name(self, key: int) -> tuple[str, str]:
        """Label and id of a match."""
        return self._names[key]

    def find(self, batch: Batch) -> Iterator[tuple[int, list[Found]]]:
        """For each document with matches its position, and the distinct matches in the order in which a set
        holds them.

        Raises: PatternError where a pattern asks for a layer that nobody set.
        """
        tokens, phrases = self._matchers()
        by_doc: defaultdict[int, list[Found]] = defaultdict(list)
        for keys, matches in (tokens.find(batch), phrases.find(batch)):
            _collect(batch, keys, matches, by_doc)
        for doc in sorted(by_doc):
            yield doc, list(set(by_doc[doc]))

    def to_lines(self) -> bytes:
        """All patterns, one JSON map a line."""
        return b"".join(orjson.dumps(entry) + b"\n" for entry in self._entries)

    def load_lines(self, data: bytes) -> None:
        """Take over what `to_lines` gave. Raises: PatternError, which names the line."""
        entries = list(read_lines(data))
        self.clear()
        self.add(entries)

    def _forget(self) -> None:
        self._compiled: tuple[Matcher, PhraseMatcher] | None = None
        self._names: dict[int, tuple[str, str]] = {}

    def _matchers(self) -> tuple[Matcher, PhraseMatcher]:
        with self._lock:
            if self._compiled is None:
                self._compiled = self._compile()
            return self._compiled

    def _compile(self) -> tuple[Matcher, PhraseMatcher]:
        tokens, phrases = Matcher(fuzzy_compare=self._compare), PhraseMatcher(self.phrase_attr)
        texts: list[tuple[str, str]] = []
        for entry in self._entries:
            key = _key(entry, self._separator)
            if isinstance(entry["pattern"], str):
                texts.append((key, entry["pattern"]))
            else:
                tokens.add(key, [entry["pattern"]])
        for (key, _), phrase in zip(texts, self._phrases(phrases, [text for _, text in texts]), strict=True):
            phrases.add_phrases(key, [phrase])
        self._names = {
            string_id(_key(entry, self._separator)): (entry["label"], entry.get("id") or "")
            for entry in self._entries
        }
        return tokens, phrases

    def _phrases(self, phrases: PhraseMatcher, texts: list[str]) -> list[tuple[int, ...]]:
        if not texts:
            return []
        if self.read_phrases is None:
            raise PatternError(
                "expected a tokenizer for patterns that are texts, got none; add the component to a pipeline"
            )
        return phrases.phrases_of(self.read_phrases(texts, self.phrase_attr not in OF_TEXT))


def read_lines(data: bytes) -> Iterator[Any]:
    """Values of JSON lines. Raises: PatternError, which names the line that is none."""
    for number, line in enumerate(data.removeprefix(BOM_UTF8).splitlines(), start=1):
        if line.strip():
            try:
                yield orjson.loads(line)
            except orjson.JSONDecodeError as error:
                raise PatternError(
                    f"expected JSON in line {number} of the patterns, got something else: {error}"
                ) from None


def _key(entry: Entry, separator: str) -> str:
    return f"{entry['label']}{separator}{entry['id']}" if entry.get("id") else str(entry["label"])


def _check_entry(entry: object, number: int) -> dict[str, Any]:
    where = f"pattern {number}"
    if not isinstance(entry, Mapping):
        raise PatternError(f"{where}: expected a map with 'label' and 'pattern', got {entry!r}")
    missing = [key for key in ("label", "pattern") if key not in entry]
    if missing:
        raise PatternError(
            f"{where}: expected a map with 'label' and 'pattern', got one without {missing[0]!r}: "
            f"{dict(entry)!r}"
        )
    if not isinstance(entry["label"], str) or not isinstance(entry.get("id", ""), str):
        raise PatternError(
            f"{where}: expected texts as 'label' and 'id', got {entry['label']!r} and {entry.get('id')!r}"
        )
    if not isinstance(entry["pattern"], str | list):
        raise PatternError(
            f"{where}: expected a text or a list of maps as 'pattern', got {entry['pattern']!r}"
        )
    return dict(entry)


def _collect(batch: Batch, keys: list[int], matches: Matches, by_doc: defaultdict[int, list[Found]]) -> None:
    docs = np.searchsorted(batch.doc_offsets, matches.rows, side="right") - 1
    first = batch.doc_offsets[docs]
    columns = (docs, matches.rules, matches.rows - first, matches.ends - first)
    for doc, rule, start, end in zip(*(column.tolist() for column in columns), strict=True):
        by_doc[doc].append(Found(keys[rule], start, end))
