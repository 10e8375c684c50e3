# SPDX-License-Identifier: Apache-2.0
"""Finding phrases: long lists of terms, by one attribute of their tokens."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal, TypeAlias, overload

import numpy as np

from ..doc.batch import Batch
from ..doc.doc import Doc
from ..doc.span import Span
from ..vocab import Vocab
from ..vocab.attrs import NAMES as NAME_OF_NUMBER
from .attributes import KINDS, NAMES, REQUIRED, SAME, TokenValues
from .automaton import IntArray, Matches
from .errors import PatternError
from .matcher import Match, extent, named
from .phrase_trie import PhraseTrie
from .rule_keys import RuleKeys, in_slot_order

OnPhrase: TypeAlias = Callable[["PhraseMatcher", Doc, int, list[Match]], Any]
Phrase: TypeAlias = tuple[int, ...]


class PhraseMatcher:
    """Finds phrases, given as documents, wherever their tokens' `attr` is the same.

    Matching is safe from several threads at once; adding and removing is not.

    >>> from engine import blank
    >>> nlp = blank("en")
    >>> matcher = PhraseMatcher(attr="LOWER")
    >>> matcher.add("CITY", [nlp("New York"), nlp("Rome")])
    >>> matcher(nlp("From Rome to NEW YORK."), as_spans=True)
    [Rome, NEW YORK]
    """

    def __init__(
        self, vocab: Vocab | str | None = None, attr: str | int = "ORTH", validate: bool = False
    ) -> None:
        """Take the vocabulary that keys are named in, if any, and the attribute, by name or number.

        Raises: PatternError where there is no such attribute.
        """
        if isinstance(vocab, str):  # our first version's first argument
            attr = vocab
        self.vocab = None if isinstance(vocab, str) else vocab
        if isinstance(attr, int):
            attr = NAME_OF_NUMBER.get(attr, str(attr))
        name = SAME.get(attr.upper(), attr.upper()) if isinstance(attr, str) else ""
        if name not in KINDS:
            raise PatternError(
                f"expected the name of an attribute to compare phrases by, got {attr!r}; there are: "
                f"{', '.join(NAMES)}"
            )
        self.attr = name
        self._keys = RuleKeys()
        self._callbacks: dict[int, OnPhrase | None] = {}
        self._phrases: dict[tuple[int, Phrase], None] = {}
        self._compiled: _Compiled | None = None

    def __len__(self) -> int:
        """Number of keys."""
        return len(self._callbacks)

    def __contains__(self, key: str | int) -> bool:
        """Whether there are phrases of that key."""
        return self._keys.id_of(key) in self._callbacks

    def key(self, match_id: int) -> str:
        """The key that a match's id stands for. Raises: PatternError where none has it."""
        return self._keys.text(match_id)

    def add(self, key: str | int, docs: Sequence[Doc | Span], *, on_match: OnPhrase | None = None) -> None:
        """Add phrases to a key; an empty one is passed over.

        Raises: PatternError where something else than documents is given, or one lacks the layer that `attr`
        names.
        """
        if not isinstance(docs, list | tuple):
            raise PatternError(
                f"expected a list of documents for {key!r}, got {type(docs).__name__}; put a single one in "
                "a list"
            )
        phrases = [self._phrase(doc) for doc in docs]
        self.add_phrases(key, phrases, on_match=on_match)

    def add_phrases(
        self, key: str | int, phrases: Iterable[Phrase], *, on_match: OnPhrase | None = None
    ) -> None:
        """Add phrases given as ids of `attr`, as `phrases_of` reads them off a batch."""
        number = self._keys.add(named(key, self.vocab))
        self._callbacks[number] = on_match
        self._phrases.update(((number, phrase), None) for phrase in phrases if phrase)
        self._compiled = None

    def phrases_of(self, batch: Batch) -> list[Phrase]:
        """Every document of a batch as a phrase. Raises: PatternError where one lacks the layer that `attr`
        names."""
        values = TokenValues(batch)
        self._require(values)
        ids, offsets = values.ids(self.attr).tolist(), batch.doc_offsets.tolist()
        return [tuple(ids[start:end]) for start, end in pairwise(offsets)]

    def remove(self, key: str | int) -> None:
        """Remove a key and its phrases. Raises: PatternError where there is none."""
        number = self._keys.id_of(key)
        if number not in self._callbacks:
            raise self._keys.unknown(key, list(self._callbacks))
        del self._callbacks[number]
        self._phrases = {entry: None for entry in self._phrases if entry[0] != number}
        self._compiled = None

    @overload
    def __call__(self, doclike: Doc | Span, *, as_spans: Literal[True]) -> list[Span]: ...
    @overload
    def __call__(self, doclike: Doc | Span, *, as_spans: Literal[False] = False) -> list[Match]: ...
    def __call__(self, doclike: Doc | Span, *, as_spans: bool = False) -> list[Any]:
        """Matches as `(id of the key, start, end)` by start and end, positions in the whole document even for
        a span; none where the document lacks the layer that `attr` names."""
        doc, offset, end = extent(doclike)
        values = TokenValues(doc.batch, doc.start_row + offset, doc.start_row + end)
        keys, hits = self._find_all(values, np.array([0, len(values)], dtype=np.int64))
        triples = zip(hits.rules.tolist(), hits.rows.tolist(), hits.ends.tolist(), strict=True)
        matches = [(keys[rule], offset + start, offset + end) for rule, start, end in triples]
        for i, match in enumerate(matches):
            on_match = self._callbacks[match[0]]
            if on_match is not None:
                on_match(self, doc, i, matches)
        return [Span(doc, start, end, self.key(key)) for key, start, end in matches] if as_spans else matches

    def find(self, batch: Batch) -> tuple[list[int], Matches]:
        """Matches in all documents of a batch: the keys' ids, and for each match the position of its key, the
        row of its first token and the row behind its last. Callbacks are not called.
        """
        return self._find_all(TokenValues(batch), np.asarray(batch.doc_offsets, dtype=np.int64))

    def _find_all(self, values: TokenValues, bounds: IntArray) -> tuple[list[int], Matches]:
        compiled = self._trie()
        ends, rows, stops = compiled.trie.find(values.ids(self.attr), bounds)
        repeats = np.diff(compiled.offsets)[ends]
        firsts = np.repeat(compiled.offsets[:-1][ends] - (np.cumsum(repeats) - repeats), repeats)
        rules = compiled.rules[firsts + np.arange(len(firsts))]
        return compiled.keys, Matches(
            rules, np.repeat(rows, repeats), np.repeat(stops, repeats), np.zeros(0, dtype=np.int64)
        )

    def _phrase(self, doc: Doc | Span) -> Phrase:
        whole, start, end = extent(doc)
        self._require(TokenValues(whole.batch, whole.start_row, whole.end_row))
        values = TokenValues(whole.batch, whole.start_row + start, whole.start_row + end)
        return tuple(values.ids(self.attr).tolist())

    def _require(self, values: TokenValues) -> None:
        values.require([self.attr] if self.attr in REQUIRED else [])

    def _trie(self) -> _Compiled:
        known = self._compiled
        if known is None:
            entries = list(self._phrases)
            trie = PhraseTrie(phrase for _, phrase in entries)
            keys_of: list[list[int]] = [[] for _ in range(trie.n_ends)]
            for (key, _), node in zip(entries, trie.phrases, strict=True):
                keys_of[trie.end_of[node]].append(key)
            keys = list(self._callbacks)
            position = {key: i for i, key in enumerate(keys)}
            rules = [
                [position[key] for key in in_slot_order(part)] if len(part) > 1 else [position[part[0]]]
                for part in keys_of
            ]
            offsets = np.cumsum([0, *map(len, rules)], dtype=np.int64)
            flat = np.array([rule for part in rules for rule in part], dtype=np.int64)
            known = self._compiled = _Compiled(trie, keys, flat, offsets)
        return known


@dataclass(frozen=True, slots=True, eq=False)
class _Compiled:
    """The trie; the keys; and for each end of the trie, on end, the positions of its keys. Shape: offsets
    `(n_ends + 1,)`."""

    trie: PhraseTrie
    keys: list[int]
    rules: IntArray
    offsets: IntArray
