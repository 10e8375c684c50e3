# SPDX-License-Identifier: Apache-2.0
"""Lemmas by tables in languages that read their tables in a way of their own.

What each language does was found by comparing with spaCy's answers on the same tables, word by word
(`python -m benchmarks.lemmas`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from ..errors import ComponentError
from ..vocab.strings import string_id
from .lemma_rules import EXCEPTIONS, INDEX, LOOKUP, NOT_INFLECTED, RULES, Tables, by_name, word_table
from .spanish_lemmas import GROUPS, SpanishLemmas

LemmaOf = Callable[[str, str, str], str]
"""Lemma of a text as this part of speech with these features (`Name=Value|...`)."""

LOOKUP_MODE, RULE_MODE, POS_LOOKUP_MODE = "lookup", "rule", "pos_lookup"

PARTS = (
    *("adj", "adp", "adv", "aux", "cconj", "conj", "det", "intj", "noun", "num", "part", "pron", "propn"),
    *("punct", "sconj", "sym", "verb", "x"),
)
"""Parts of speech that tables may speak of."""

_FRENCH = frozenset(("adj", "adp", "adv", "aux", "cconj", "det", "noun", "pron", "punct", "sconj", "verb"))
_DUTCH = frozenset(("adj", "adp", "adv", "aux", "det", "noun", "num", "pron", "verb"))
_POLISH = ("adj", "adp", "adv", "aux", "noun", "num", "part", "pron", "verb")
_ITALIAN = ("num", "det", "adp", "adj", "noun", "pron", "verb", "aux", "adv", "other")
_ITALIAN_WITH_MORE = frozenset(("adv", "aux", "num", "verb"))
_NOTHING: Mapping[str, Sequence[str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class IndexedLemmas:
    """Suffix rules whose results count if the index knows them; exceptions go before rules, a table of words
    stands behind both.

    Parts of speech that are not among `parts` (None: all are) have only the table of words.
    """

    rules: Mapping[str, Sequence[tuple[str, str]]]
    exceptions: Mapping[str, Mapping[str, Sequence[str]]]
    index: Mapping[str, frozenset[str]]
    words: Mapping[int, str]
    parts: frozenset[str] | None = None

    @classmethod
    def of(cls, tables: Tables, parts: frozenset[str] | None = None) -> IndexedLemmas:
        """From look-up tables. Raises: EngineError where they have another form."""
        try:
            return cls(
                {part: [(str(old), str(new)) for old, new in found] for part, found in _parts(tables, RULES)},
                dict(_parts(tables, EXCEPTIONS)),
                {part: frozenset(found) for part, found in _parts(tables, INDEX)},
                word_table({LOOKUP: tables.get(LOOKUP, {})}),
                parts,
            )
        except (TypeError, ValueError, AttributeError) as error:
            what = f"{type(error).__name__}: {error}"
            raise ComponentError(
                f"expected {RULES}, {EXCEPTIONS} and {INDEX} by part of speech, got {what}; take other tables"
            ) from None

    def lemma(self, text: str, pos: str, morph: str) -> str:
        """As French, Catalan and Greek read their tables."""
        part, word = pos.lower(), text.lower()
        if part in NOT_INFLECTED:
            return word
        if self.parts is not None and part not in self.parts:
            return self.word(text)
        index = self.index.get(part, frozenset())
        if word in index:
            return word
        forms = [*self.exceptions.get(part, _NOTHING).get(word, ())] or self._forms(word, part, index)
        return forms[0] if forms else self.word(word)

    def dutch_lemma(self, text: str, pos: str, morph: str) -> str:
        """As Dutch reads its tables: the table of words chooses among several forms that the index knows."""
        part, word = pos.lower(), text.lower()
        if self.parts is not None and part not in self.parts:
            return word
        index = self.index.get(part, frozenset())
        exceptions = self.exceptions.get(part, _NOTHING).get(word)
        if word in index or exceptions:
            return word if word in index else exceptions[0]  # type: ignore[index]  # one of both is there
        forms = [form for form in self._candidates(word, part) if form]
        known = [form for form in forms if form in index]
        said = self.words.get(string_id(word))
        if known:
            return said if said in known else known[0]
        return said or (forms[0] if forms else word)

    def word(self, text: str) -> str:
        """What the table of words says, the text itself where it says nothing."""
        return self.words.get(string_id(text), text)

    def lower_word(self, text: str, pos: str, morph: str) -> str:
        """The same of the text in lower case."""
        return self.word(text.lower())

    def _forms(self, word: str, part: str, index: frozenset[str]) -> list[str]:
        """Known forms, and those that are no words; else all others."""
        forms = [form for form in self._candidates(word, part) if form]
        return [form for form in forms if form in index or not form.isalpha()] or forms

    def _candidates(self, word: str, part: str) -> list[str]:
        rules = self.rules.get(part, ())
        return [word[: len(word) - len(old)] + new for old, new in rules if word.endswith(old)]


@dataclass(frozen=True, slots=True)
class WordsByPart:
    """A table of words for each part of speech."""

    words: Mapping[str, Mapping[int, str]]

    @classmethod
    def of(cls, tables: Tables) -> WordsByPart:
        """From tables named for their parts of speech; `lemma_lookup` is that of the empty name."""
        found = {
            name.removeprefix(LOOKUP).removeprefix("_"): word_table({LOOKUP: table})
            for name, table in tables.items()
            if name.startswith(LOOKUP)
        }
        return cls(found)

    def polish_lemma(self, text: str, pos: str, morph: str) -> str:
        """As Polish reads its tables: negated adjectives and verbs, and superlatives, have their plain form's
        lemma."""
        part, word = pos.lower(), text.lower()
        if part == "propn":
            return self._find("noun", text) or word
        found = self._find(part, word) or (self._find(part, text) if part == "noun" else None)
        if found is None and part in ("adj", "verb") and word.startswith("nie"):
            found = self._find(part, word[3:])
        if found is None and part == "adj" and word.startswith("naj"):
            found = self._find(part, word[3:])
        return found or word

    def italian_lemma(self, text: str, pos: str, morph: str) -> str:
        """As Italian reads its tables: names by their exact text, numbers, verbs and adverbs in the general
        table too."""
        part, word = pos.lower(), text.lower()
        if part == "propn":
            return self._find("noun", text) or self._find("other", text) or self._find("", text) or word
        if part not in self.words or not part:
            return self._find("other", word) or self._find("", word) or word
        found = self._find(part, word) or (self._find(part, text) if part == "noun" else None)
        if found is None and part in _ITALIAN_WITH_MORE:
            found = self._find("other", word) or self._find("", word)
        return found or word

    def _find(self, part: str, word: str) -> str | None:
        return self.words.get(part, {}).get(string_id(word))


@dataclass(frozen=True, slots=True)
class Way:
    """How a language reads tables in a mode: which ones it needs, and what makes the function of them."""

    needed: tuple[str, ...]
    make: Callable[[Tables], LemmaOf]


def _lower(text: str, pos: str, morph: str) -> str:
    return text.lower()


_ALL = (LOOKUP, RULES, EXCEPTIONS, INDEX)

WAYS: Mapping[tuple[str, str], Way] = {
    ("ca", RULE_MODE): Way(_ALL, lambda tables: IndexedLemmas.of(tables, _FRENCH).lemma),
    ("el", RULE_MODE): Way((RULES,), lambda tables: IndexedLemmas.of({**tables, LOOKUP: {}}).lemma),
    ("es", RULE_MODE): Way((RULES, GROUPS, INDEX, EXCEPTIONS), lambda tables: SpanishLemmas.of(tables).lemma),
    ("fr", RULE_MODE): Way(_ALL, lambda tables: IndexedLemmas.of(tables, _FRENCH).lemma),
    ("ht", RULE_MODE): Way(_ALL, lambda tables: _lower),
    ("it", POS_LOOKUP_MODE): Way(
        (*(f"{LOOKUP}_{part}" for part in _ITALIAN), LOOKUP),
        lambda tables: WordsByPart.of(tables).italian_lemma,
    ),
    ("nl", LOOKUP_MODE): Way((LOOKUP,), lambda tables: IndexedLemmas.of(tables).lower_word),
    ("nl", RULE_MODE): Way(_ALL, lambda tables: IndexedLemmas.of(tables, _DUTCH).dutch_lemma),
    ("pl", POS_LOOKUP_MODE): Way(
        tuple(f"{LOOKUP}_{part}" for part in _POLISH), lambda tables: WordsByPart.of(tables).polish_lemma
    ),
}
"""Language and mode -> its way of reading; others read as `lemma_rules` has it."""


def _parts(tables: Tables, name: str) -> list[tuple[str, Any]]:
    """What a table says of each part of speech."""
    table = by_name(tables.get(name, {}))
    found = ((part, table.get(string_id(part))) for part in PARTS)
    return [(part, value) for part, value in found if value is not None]


__all__ = [
    "LOOKUP_MODE",
    "POS_LOOKUP_MODE",
    "RULE_MODE",
    "WAYS",
    "IndexedLemmas",
    "LemmaOf",
    "Way",
    "WordsByPart",
]
