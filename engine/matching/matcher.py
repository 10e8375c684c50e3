# SPDX-License-Identifier: Apache-2.0
"""Finding token patterns: the same patterns, and the same matches in the same order, as spaCy's
matcher."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, TypeVar, overload

import numpy as np

from ..doc.batch import Batch
from ..doc.doc import Doc
from ..doc.span import Span
from ..vocab import Vocab
from .attributes import TokenValues
from .automaton import Automaton, Matches
from .errors import PatternError
from .fuzzy import FuzzyCompare, levenshtein_compare
from .patterns import PatternReader, Step
from .rule_keys import RuleKeys

Greedy = Literal["FIRST", "LONGEST"]
GREEDY: tuple[Greedy, ...] = ("FIRST", "LONGEST")
"""Which of overlapping matches of one rule stay."""

Match: TypeAlias = tuple[int, int, int]
AlignedMatch: TypeAlias = tuple[int, int, int, list[int]]
Pattern: TypeAlias = Sequence[Mapping[str, Any]]
OnMatch: TypeAlias = Callable[["Matcher", Doc, int, list[Any]], Any]
AnyMatch = TypeVar("AnyMatch", bound=tuple[int, ...])


@dataclass(slots=True, eq=False)
class _Rule:
    patterns: list[Pattern]
    on_match: OnMatch | None
    greedy: Greedy | None


class Matcher:
    """Finds sequences of tokens by patterns of their attributes.

    Matching is safe from several threads at once; adding and removing is not.

    >>> from engine import blank
    >>> matcher = Matcher()
    >>> greeting = [{"LOWER": {"IN": ["hi", "hello"]}}, {"IS_PUNCT": True, "OP": "?"}, {"IS_TITLE": True}]
    >>> matcher.add("GREETING", [greeting])
    >>> [(span.label, span.text) for span in matcher(blank("en")("Well, hello, Ada!"), as_spans=True)]
    [('GREETING', 'hello, Ada')]
    """

    def __init__(
        self,
        vocab: Vocab | None = None,
        validate: bool = True,
        *,
        fuzzy_compare: FuzzyCompare = levenshtein_compare,
    ) -> None:
        """Take the vocabulary that keys are named in, if any. Patterns are checked anyhow: `validate` is
        there for those who say it."""
        self.vocab = vocab
        self._reader = PatternReader(fuzzy_compare)
        self._keys = RuleKeys()
        self._rules: dict[int, _Rule] = {}
        self._steps: list[tuple[int, tuple[Step, ...]]] = []
        self._automaton: tuple[Automaton, list[int]] | None = None

    def __len__(self) -> int:
        """Number of keys."""
        return len(self._rules)

    def __contains__(self, key: str | int) -> bool:
        """Whether there is a rule of that key."""
        return self._keys.id_of(key) in self._rules

    def key(self, match_id: int) -> str:
        """The key that a match's id stands for. Raises: PatternError where no rule has it."""
        return self._keys.text(match_id)

    def add(
        self,
        key: str | int,
        patterns: Sequence[Pattern],
        *,
        on_match: OnMatch | None = None,
        greedy: Greedy | None = None,
    ) -> None:
        """Add patterns to a key; its callback and its way with overlaps are those of the last call.

        Raises: PatternError, which says where a pattern is wrong and what exists.
        """
        if greedy is not None and greedy not in GREEDY:
            raise PatternError(f"expected greedy to be one of {', '.join(GREEDY)}, got {greedy!r}")
        if not isinstance(patterns, list | tuple) or any(isinstance(part, Mapping) for part in patterns):
            raise PatternError(
                f"expected a list of patterns for {key!r}, each a list of maps, got {patterns!r}; put a "
                "single one in a list"
            )
        known = self._rules.get(self._keys.id_of(key))
        first = len(known.patterns) if known else 0
        steps = [self._reader.steps(key, first + i, pattern) for i, pattern in enumerate(patterns)]
        number = self._keys.add(named(key, self.vocab))
        self._rules[number] = _Rule([*(known.patterns if known else ()), *patterns], on_match, greedy)
        self._steps.extend((number, part) for part in steps)
        self._automaton = None

    def remove(self, key: str | int) -> None:
        """Remove a key and its patterns. Raises: PatternError where there is none."""
        number = self._keys.id_of(key)
        if number not in self._rules:
            raise self._keys.unknown(key, list(self._rules))
        del self._rules[number]
        self._steps = [(rule, steps) for rule, steps in self._steps if rule != number]
        self._automaton = None

    def has_key(self, key: str | int) -> bool:
        """Whether there is a rule of that key."""
        return key in self

    def get(self, key: str | int, default: Any = None) -> Any:
        """Callback and patterns of a key, `default` where there is none."""
        rule = self._rules.get(self._keys.id_of(key))
        return default if rule is None else (rule.on_match, rule.patterns)

    @overload
    def __call__(
        self, doclike: Doc | Span, *, as_spans: Literal[True], allow_missing: bool = False
    ) -> list[Span]: ...
    @overload
    def __call__(
        self, doclike: Doc | Span, *, with_alignments: Literal[True], allow_missing: bool = False
    ) -> list[AlignedMatch]: ...
    @overload
    def __call__(self, doclike: Doc | Span, *, allow_missing: bool = False) -> list[Match]: ...
    def __call__(
        self,
        doclike: Doc | Span,
        *,
        as_spans: bool = False,
        allow_missing: bool = False,
        with_alignments: bool = False,
    ) -> list[Any]:
        """Matches as `(id of the key, start, end)`, positions within what was given; callbacks are called at
        the end.

        `with_alignments` adds, for each token, which token pattern took it; `as_spans` gives spans labelled
        with the key.
        Raises: PatternError where a pattern asks for a layer that nobody set, unless `allow_missing`.
        """
        doc, offset, end = extent(doclike)
        if not allow_missing:
            TokenValues(doc.batch, doc.start_row, doc.end_row).require(self._compile()[0].required)
        values = TokenValues(doc.batch, doc.start_row + offset, doc.start_row + end)
        bounds = np.array([0, len(values)], dtype=np.int64)
        matches = self._filter(
            self._compile()[0].run(values, bounds, aligned=with_alignments), with_alignments
        )
        for i, match in enumerate(matches):
            on_match = self._rules[match[0]].on_match
            if on_match is not None:
                on_match(self, doc, i, matches)
        return (
            [Span(doc, offset + m[1], offset + m[2], self.key(m[0])) for m in matches]
            if as_spans
            else matches
        )

    def find(self, batch: Batch, *, allow_missing: bool = False) -> tuple[list[int], Matches]:
        """Matches in all documents of a batch, in order: the keys' ids, and for each match the position of
        its key, the row of its first token and the row behind its last. Callbacks are not called and overlaps
        stay.

        Raises: PatternError where a pattern asks for a layer that nobody set, unless `allow_missing`.
        """
        automaton, keys = self._compile()
        values = TokenValues(batch)
        if not allow_missing:
            values.require(automaton.required)
        return keys, automaton.run(values, np.asarray(batch.doc_offsets, dtype=np.int64))

    def _filter(self, matches: Matches, aligned: bool) -> list[Any]:
        """Matches as tuples; those of greedy keys, without overlaps, come behind all others."""
        keys = self._compile()[1]
        triples = zip(matches.rules.tolist(), matches.rows.tolist(), matches.ends.tolist(), strict=True)
        tuples: list[Any] = [(keys[rule], start, end) for rule, start, end in triples]
        if aligned:
            tuples = _add_indices(tuples, matches.indices.tolist())
        if all(rule.greedy is None for rule in self._rules.values()):
            return tuples
        chosen: list[Any] = []
        groups: dict[int, list[Any]] = {}
        for match in tuples:
            (chosen if self._rules[match[0]].greedy is None else groups.setdefault(match[0], [])).append(
                match
            )
        for key, group in groups.items():
            chosen += drop_overlaps(group, self._rules[key].greedy or "FIRST")
        return chosen

    def _compile(self) -> tuple[Automaton, list[int]]:
        """The automaton, and the id of each of its rules."""
        known = self._automaton
        if known is None:
            keys = list(self._rules)
            position = {key: i for i, key in enumerate(keys)}
            known = self._automaton = Automaton([(position[key], steps) for key, steps in self._steps]), keys
        return known


def named(key: str | int, vocab: Vocab | None) -> str | int:
    """The key of a rule, which the vocabulary knows from now on; a known number as its text."""
    if vocab is None or not isinstance(key, str | int):
        return key
    if isinstance(key, str):
        vocab.strings.add(key)
        return key
    known = key in vocab.strings
    return vocab.strings[key] if known else key


def extent(doclike: Doc | Span) -> tuple[Doc, int, int]:
    """The document, and the first position and the one behind the last. Raises: PatternError where it is
    something else."""
    doc = doclike.doc if isinstance(doclike, Span) else doclike
    if not isinstance(doc, Doc):
        raise PatternError(f"expected a Doc or a Span to match on, got {type(doclike).__name__}")
    return (doc, doclike.start, doclike.end) if isinstance(doclike, Span) else (doc, 0, len(doc))


def _add_indices(matches: list[Match], indices: list[int]) -> list[AlignedMatch]:
    out: list[AlignedMatch] = []
    at = 0
    for key, start, end in matches:
        out.append((key, start, end, indices[at : at + end - start]))
        at += end - start
    return out


def drop_overlaps(matches: Sequence[AnyMatch], greedy: Greedy) -> list[AnyMatch]:
    """Matches `(rule, start, end, ...)` of which none overlap: the first or the longest win.

    >>> drop_overlaps([(7, 0, 2), (7, 1, 4)], "LONGEST")
    [(7, 1, 4)]
    """
    rank = (lambda m: (m[1], m[1] - m[2])) if greedy == "FIRST" else (lambda m: (m[1] - m[2], m[1]))
    taken: set[int] = set()
    chosen: list[AnyMatch] = []
    for match in sorted(matches, key=rank):
        tokens = range(match[1], match[2])
        if taken.isdisjoint(tokens):
            chosen.append(match)
            taken.update(tokens)
    return chosen
