# SPDX-License-Identifier: Apache-2.0
"""Lemmas of Spanish words by tables: rules by mood, tense, number and person; vowels that change; pronouns
joined to verbs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..errors import ComponentError
from ..vocab.strings import string_id
from .lemma_rules import EXCEPTIONS, INDEX, NOT_INFLECTED, RULES, Tables, by_name

GROUPS = "lemma_rules_groups"

Rule = tuple[str, str]

_PRONOUNS = ("nos", "los", "las", "les", "me", "te", "se", "lo", "la", "le", "os")
"""Pronouns that a verb may end with, longer ones first."""

_WITH_PRONOUN = "PronType=Prs"
_NO_ACCENTS = str.maketrans("áéíóú", "aeiou")
_THOUSANDS = re.compile(r"\.[0-9]{3}(?:,|$)")
_KINDS = ("adj", "aux", "det", "noun", "pron", "verb")
_VOWEL_CHANGES = ("voc_alt_1", "voc_alt_2")
_LISTS = ("adverbs", "num", "det", "pron", "det_and_pron_fixed", "det_and_pron_general", *_VOWEL_CHANGES)


@dataclass(frozen=True, slots=True)
class SpanishLemmas:
    """Tables by their names; `groups` says of a part of speech which rules go with which features."""

    rules: Mapping[str, Sequence[Rule]]
    groups: Mapping[str, Sequence[tuple[str, frozenset[str]]]]
    exceptions: Mapping[str, Mapping[str, Sequence[str]]]
    index: Mapping[str, frozenset[str]]

    @classmethod
    def of(cls, tables: Tables) -> SpanishLemmas:
        """From look-up tables. Raises: EngineError where they have another form."""
        try:
            rules, groups, exceptions, index = (
                by_name(tables.get(name, {})) for name in (RULES, GROUPS, EXCEPTIONS, INDEX)
            )
            by_features = {
                kind: [(str(name), frozenset(features)) for name, features in groups.get(string_id(kind), ())]
                for kind in _KINDS
            }
            names = {*_LISTS, *(name for found in by_features.values() for name, _ in found)}
            return cls(
                {
                    name: [(str(old), str(new)) for old, new in rules.get(string_id(name), ())]
                    for name in names
                },
                by_features,
                {kind: exceptions.get(string_id(kind), {}) for kind in _KINDS},
                {kind: frozenset(index.get(string_id(kind), ())) for kind in _KINDS},
            )
        except (TypeError, ValueError, AttributeError) as error:
            what = f"{type(error).__name__}: {error}"
            raise ComponentError(
                f"expected {RULES} and {GROUPS} by their names, got {what}; take other tables"
            ) from None

    def lemma(self, text: str, pos: str, morph: str) -> str:
        """Lemma of a text as this part of speech with these features; a verb's pronouns follow it."""
        kind, word = pos.lower(), text.lower()
        if kind in NOT_INFLECTED:
            return word
        of_kind: Mapping[str, Callable[[], str]] = {
            "adj": lambda: self._inflected(word, kind, morph),
            "noun": lambda: self._inflected(word, kind, morph),
            "adv": lambda: self._exact(word, "adverbs") or word,
            "num": lambda: self._exact(word, "num") or _plain_number(word),
            "det": lambda: self._determiner(word),
            "pron": lambda: self._pronoun(word),
            "verb": lambda: self._verb(word, kind, morph),
            "aux": lambda: self._verb(word, kind, morph),
        }
        return of_kind[kind]() if kind in of_kind else text

    def _inflected(self, word: str, kind: str, morph: str) -> str:
        exception = self._exception(word, kind)
        if exception:
            return exception
        forms = self._forms(word, self._group(kind, _features(morph)))
        return _first_known(forms, self.index[kind]) or (forms[0] if forms else word)

    def _determiner(self, word: str) -> str:
        said = self._exception(word, "det")
        if said or word in self.index["det"]:
            return said or word
        said = self._exact(word, "det") or self._exact(word, "det_and_pron_fixed")
        forms = self._forms(word, "det_and_pron_general")
        return said or _first_known(forms, self.index["det"]) or (forms[0] if len(forms) > 1 else word)

    def _pronoun(self, word: str) -> str:
        said = self._exception(word, "pron") or self._exact(word, "pron")
        said = said or self._exact(word, "det_and_pron_fixed")
        forms = self._forms(word, "det_and_pron_general")
        said = said or _first_known(forms, self.index["pron"])
        return said or (word if word in self.index["pron"] or not forms else forms[0])

    def _verb(self, word: str, kind: str, morph: str) -> str:
        features = _features(morph)
        if _WITH_PRONOUN in features:
            return self._verb_with_pronouns(word, kind, features - {_WITH_PRONOUN})
        forms = self._forms(word, self._group(kind, features))
        index = self.index["verb"]
        known = _first_known(forms, index)
        for change in _VOWEL_CHANGES if known is None else ():
            known = known or _first_known(_changed(forms, self.rules[change]), index)
        return known or (forms[0] if forms else word)

    def _verb_with_pronouns(self, word: str, kind: str, features: frozenset[str]) -> str:
        """The verb's lemma and those of the pronouns at its end, with blanks between."""
        pronouns: list[str] = []
        while ending := next((pronoun for pronoun in _PRONOUNS if word.endswith(pronoun)), ""):
            lemma = self._exception(ending, "pron") or self._exact(ending, "pron") or ending
            pronouns.insert(0, lemma)
            word = word[: -len(ending)]
        verb = self._verb(word.translate(_NO_ACCENTS), kind, "|".join(features))
        return f"{verb} {' '.join(pronouns)}"

    def _exception(self, word: str, kind: str) -> str | None:
        found = self.exceptions[kind].get(word)
        return found[0] if found else None

    def _exact(self, word: str, name: str) -> str | None:
        return next((new for old, new in self.rules[name] if old == word), None)

    def _group(self, kind: str, features: frozenset[str]) -> str | None:
        return next((name for name, needed in self.groups[kind] if needed <= features), None)

    def _forms(self, word: str, name: str | None) -> list[str]:
        rules = self.rules[name] if name is not None else ()
        return [word[: len(word) - len(old)] + new for old, new in rules if word.endswith(old)]


def _plain_number(word: str) -> str:
    """Points between thousands left out, a point in the place of the decimal comma."""
    return (word.replace(".", "") if _THOUSANDS.search(word) else word).replace(",", ".")


def _features(morph: str) -> frozenset[str]:
    return frozenset(morph.split("|"))


def _first_known(forms: Iterable[str], index: frozenset[str]) -> str | None:
    return next((form for form in forms if form in index), None)


def _changed(forms: Iterable[str], changes: Sequence[Rule]) -> Iterator[str]:
    """The forms with one place changed by one rule, in the order of forms, rules and places."""
    for form in forms:
        for old, new in changes:
            at = form.find(old)
            while at >= 0:
                yield form[:at] + new + form[at + len(old) :]
                at = form.find(old, at + 1)
