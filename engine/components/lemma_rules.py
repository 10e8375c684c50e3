# SPDX-License-Identifier: Apache-2.0
"""Lemmas of single words: by a table of words, or by suffix rules with exceptions and an index of known
lemmas."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from ..errors import ComponentError
from ..vocab.strings import string_id

LOOKUP, RULES, EXCEPTIONS, INDEX = "lemma_lookup", "lemma_rules", "lemma_exc", "lemma_index"

Tables = Mapping[str, Mapping[Any, Any]]
"""Tables by name; their keys are string ids, or the strings themselves."""

NOT_INFLECTED = ("", "eol", "space")
"""Parts of speech, in lower case, that have no lemma but their lower case."""

TEXT, LISTS = frozenset({str}), frozenset({list, tuple})


@dataclass(frozen=True, slots=True)
class PosRules:
    """What is known of one part of speech: rules `(old suffix, new suffix)`, lemmas of irregular words, known
    lemmas."""

    rules: Sequence[tuple[str, str]] = ()
    exceptions: Mapping[str, Sequence[str]] = field(default_factory=dict)
    index: frozenset[str] = frozenset()

    def lemmas(self, text: str) -> list[str]:
        """Possible lemmas of a text, the best first; never empty."""
        word = text.lower()
        known: list[str] = []
        unknown: list[str] = []
        for old, new in self.rules:
            form = word[: len(word) - len(old)] + new if word.endswith(old) else ""
            if form in self.index:
                known.insert(0, form)
            elif form and form.isalpha():
                unknown.append(form)
            elif form:
                known.append(form)
        forms = list(dict.fromkeys(known))
        for lemma in self.exceptions.get(word, ()):
            if lemma not in forms:
                forms.insert(0, lemma)
        return forms or unknown or [text]


class RuleTables:
    """Suffix rules of all parts of speech, from look-up tables. Raises: EngineError where the tables have
    another form."""

    def __init__(self, tables: Tables) -> None:
        try:
            rules, exceptions, index = (by_name(tables.get(name, {})) for name in (RULES, EXCEPTIONS, INDEX))
            self._of = {
                pos: PosRules(
                    [(_text(old), _text(new)) for old, new in rules.get(pos, ())],
                    _exceptions(exceptions.get(pos, {})),
                    frozenset(_texts(index.get(pos, ()))),
                )
                for pos in {*rules, *exceptions, *index}
            }
        except (TypeError, ValueError, AttributeError) as error:
            what = f"{type(error).__name__}: {error}"
            raise ComponentError(
                f"expected {RULES}, {EXCEPTIONS} and {INDEX} by part of speech, got {what}; take other tables"
            ) from None

    def lemma(self, text: str, pos: str, morph: str, is_base_form: Callable[[str, str], bool]) -> str:
        """Lemma of a text as this part of speech with these features (`Name=Value|...`)."""
        kind = pos.lower()
        if kind in NOT_INFLECTED or is_base_form(kind, morph):
            return text.lower()
        of_kind = self._of.get(string_id(kind))
        if of_kind is None or not (of_kind.rules or of_kind.exceptions or of_kind.index):
            return text if kind == "propn" else text.lower()
        return of_kind.lemmas(text)[0]


def is_no_base_form(pos: str, morph: str) -> bool:
    """False: a language of which nothing is known may inflect every word."""
    return False


def is_english_base_form(pos: str, morph: str) -> bool:
    """Whether English features say that a word is its own lemma: singular, infinitive, plain present,
    positive."""
    features = set(morph.split("|"))
    if "VerbForm=Inf" in features or "Degree=Pos" in features:
        return True
    if pos == "noun":
        return "Number=Sing" in features
    present = pos == "verb" and {"VerbForm=Fin", "Tense=Pres"} <= features
    return present and not any(feature.startswith("Number=") for feature in features)


BASE_FORMS: Mapping[str, Callable[[str, str], bool]] = {"en": is_english_base_form}
"""Language -> whether a word with this part of speech, in lower case, and these features is its own lemma."""


def word_table(tables: Tables) -> Mapping[int, str]:
    """Lemma by the string id of a word. Raises: EngineError where the table has another form."""
    table = by_name(tables.get(LOOKUP, {}))
    firsts = {key: value[0] if isinstance(value, list) and value else value for key, value in table.items()}
    odd = next((value for value in firsts.values() if not isinstance(value, str)), None)
    if odd is not None:
        raise ComponentError(f"expected texts in {LOOKUP}, got {str(odd)[:40]!r}; take another table")
    return firsts


def by_name(table: Mapping[Any, Any]) -> dict[int, Any]:
    """The table with string ids for keys."""
    return {string_id(key) if isinstance(key, str) else int(key): value for key, value in table.items()}


def _exceptions(table: Mapping[Any, Any]) -> Mapping[str, Sequence[str]]:
    """Lemmas of irregular words; a table has thousands."""
    words, lemmas = _texts(table), [*table.values()]
    if not LISTS.issuperset(map(type, lemmas)):
        lemmas = [[*words_of_one] for words_of_one in lemmas]
    _texts(chain.from_iterable(lemmas))
    return dict(zip(words, lemmas, strict=True))


def _texts(values: Iterable[Any]) -> Sequence[str]:
    """The values, all of them looked at by C: there are 100,000 in a pipeline of English."""
    values = [*values]
    if not TEXT.issuperset(map(type, values)):
        values = [_text(value) for value in values]
    return values


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"a word of type {type(value).__name__}")
    return value
