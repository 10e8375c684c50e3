# SPDX-License-Identifier: Apache-2.0
"""Lemmas in languages that read their tables in a way of their own; answers as spaCy gives them by the same
tables."""

from __future__ import annotations

from typing import Any

import pytest

from engine import EngineError
from engine.components import Lemmatizer
from engine.components.language_lemmas import WAYS
from engine.tokenizers import tokenizer_for
from engine.vocab.strings import string_id

FRENCH: dict[str, Any] = {
    "lemma_rules": {"verb": [["ons", "er"], ["it", "ir"]], "noun": [["aux", "al"], ["s", ""], ["x", ""]]},
    "lemma_exc": {"aux": {"suis": ["être", "suivre"]}},
    "lemma_index": {"noun": ["cheval", "souris"], "verb": ["donner"]},
    "lemma_lookup": {"Alpes": "alpe", "vieilles": ["vieux", "vieil"], "rouges": "rouge"},
}
DUTCH: dict[str, Any] = {
    "lemma_rules": {"noun": [["elen", "eel"], ["en", ""], ["'s", ""], ["s", ""]], "verb": [["te", "en"]]},
    "lemma_exc": {"pron": {"mijnen": ["mijn"]}},
    "lemma_index": {"noun": ["deel", "del", "hand"], "verb": ["werken"]},
    "lemma_lookup": {"delen": "del", "gewerkt": "werken", "lopen": "loop"},
}
SPANISH: dict[str, Any] = {
    "lemma_rules": {
        "verb_1": [["ó", "ar"], ["o", "ar"], ["o", "er"]],
        "verb_ger": [["ando", "ar"], ["iendo", "ir"]],
        "noun_plur": [["ones", "ón"], ["es", ""], ["s", ""]],
        "adverbs": [["muy", "mucho"]],
        "num": [["media", "medio"]],
        "det": [["las", "el"]],
        "pron": [["me", "yo"], ["los", "él"], ["nos", "yo"]],
        "det_and_pron_fixed": [["estas", "este"]],
        "det_and_pron_general": [["as", "os"], ["as", "o"], ["a", "o"], ["s", ""]],
        "voc_alt_1": [["u", "o"]],
        "voc_alt_2": [["ue", "o"]],
    },
    "lemma_rules_groups": {
        "verb": [["verb_1", ["Person=1", "VerbForm=Fin"]], ["verb_ger", ["VerbForm=Ger"]]],
        "aux": [["verb_1", ["Person=1", "VerbForm=Fin"]]],
        "noun": [["noun_plur", ["Number=Plur"]]],
    },
    "lemma_index": {
        "verb": ["contar", "dar", "comer"],
        "noun": ["ratón"],
        "det": ["mucho"],
        "pron": ["nada"],
    },
    "lemma_exc": {"pron": {"se": ["él"]}, "det": {"una": ["uno"]}},
}
POLISH: dict[str, Any] = {
    **{f"lemma_lookup_{part}": {} for part in ("adp", "adv", "aux", "num", "part", "pron")},
    "lemma_lookup_adj": {"dobrego": "dobry"},
    "lemma_lookup_noun": {"Polski": "Polska", "kota": "kot"},
    "lemma_lookup_verb": {"wiem": "wiedzieć"},
}
GERUND = "PronType=Prs|VerbForm=Ger"


def lemma(lang: str, tables: dict[str, Any], text: str, pos: str, morph: str = "", mode: str = "rule") -> str:
    """By the way of a language, whose tables come by string ids as from a file."""
    by_id = {name: {string_id(key): value for key, value in table.items()} for name, table in tables.items()}
    return WAYS[lang, mode].make(by_id)(text, pos, morph)


@pytest.mark.parametrize(
    ("text", "pos", "expected"),
    [
        ("Chevaux", "NOUN", "cheval"),
        ("souris", "NOUN", "souris"),
        ("donnons", "VERB", "donner"),
        ("dit", "VERB", "dir"),
        ("Suis", "AUX", "être"),
        ("vieilles", "ADJ", "vieux"),
        ("Alpes", "PROPN", "alpe"),
        ("Lyon", "PROPN", "Lyon"),
        ("Rouges", "ADV", "rouge"),
        ("Rouges", "", "rouges"),
    ],
)
@pytest.mark.parametrize("lang", ["fr", "ca"])
def test_known_forms_go_before_the_table_of_words(lang: str, text: str, pos: str, expected: str) -> None:
    """Index, exceptions, rules, table of words, the word; other parts of speech have only the table."""
    assert lemma(lang, FRENCH, text, pos) == expected


@pytest.mark.parametrize(
    ("text", "pos", "expected"),
    [
        ("Delen", "NOUN", "del"),
        ("hand's", "NOUN", "hand"),
        ("gewerkt", "VERB", "werken"),
        ("werkte", "VERB", "werken"),
        ("mijnen", "PRON", "mijn"),
        ("lopen", "PROPN", "lopen"),
        ("tafels", "NOUN", "tafel"),
    ],
)
def test_in_dutch_the_table_of_words_chooses_among_known_forms(text: str, pos: str, expected: str) -> None:
    """Of several forms that the index knows, the one that the table names; else the first."""
    assert lemma("nl", DUTCH, text, pos) == expected
    assert lemma("nl", DUTCH, "Gewerkt", "", mode="lookup") == "werken"


@pytest.mark.parametrize(
    ("text", "pos", "morph", "expected"),
    [
        ("cuento", "VERB", "Person=1|VerbForm=Fin", "contar"),
        ("cunto", "AUX", "Person=1|VerbForm=Fin", "contar"),
        ("como", "VERB", "Person=1|VerbForm=Fin", "comer"),
        ("dándoselos", "VERB", GERUND, "dar él él"),
        ("contando", "VERB", GERUND, "contar "),
        ("Ratones", "NOUN", "Number=Plur", "ratón"),
        ("ratones", "NOUN", "", "ratones"),
        ("muy", "ADV", "", "mucho"),
        ("1.234,5", "NUM", "", "1234.5"),
        ("6.20", "NUM", "", "6.20"),
        ("una", "DET", "", "uno"),
        ("muchas", "DET", "", "mucho"),
        ("raras", "DET", "", "raros"),
        ("rara", "DET", "", "rara"),
        ("rara", "PRON", "", "raro"),
        ("nada", "PRON", "", "nada"),
        ("Las", "DET", "", "el"),
        ("Madrid", "PROPN", "", "Madrid"),
    ],
)
def test_spanish_goes_by_features_vowels_and_pronouns(text: str, pos: str, morph: str, expected: str) -> None:
    """Rules by features; a vowel of the stem may change; a verb's pronouns follow its lemma."""
    assert lemma("es", SPANISH, text, pos, morph) == expected


@pytest.mark.parametrize(
    ("text", "pos", "expected"),
    [
        ("kota", "NOUN", "kot"),
        ("Polski", "NOUN", "Polska"),
        ("Polski", "PROPN", "Polska"),
        ("Niedobrego", "ADJ", "dobry"),
        ("najdobrego", "ADJ", "dobry"),
        ("niewiem", "VERB", "wiedzieć"),
        ("Xyz", "PROPN", "xyz"),
    ],
)
def test_polish_has_a_table_for_each_part_of_speech(text: str, pos: str, expected: str) -> None:
    """Negated words and superlatives are looked up without their prefix, names by their exact text."""
    assert lemma("pl", POLISH, text, pos, mode="pos_lookup") == expected


def test_a_language_says_which_table_it_misses() -> None:
    """The French rules need the table of words, which others do without."""
    component = Lemmatizer("lemmatizer", "rule", False, None)
    component.use_tables({name: table for name, table in FRENCH.items() if name != "lemma_lookup"})
    component.predict(tokenizer_for("en").tokenize(["chevaux"]))
    with pytest.raises(
        EngineError, match="lemma_lookup for 'lemmatizer' in mode 'rule' of the language 'fr'"
    ):
        component.predict(tokenizer_for("fr").tokenize(["chevaux"]))
    assert component.get_lookups_config("rule", "fr")[0][0] == "lemma_lookup"


def test_lemmas_by_part_of_speech_are_there_for_languages_that_have_them() -> None:
    """Mode `pos_lookup` of another language is refused with those that have it."""
    component = Lemmatizer("lemmatizer", "pos_lookup", False, None)
    component.use_tables(POLISH)
    batch = tokenizer_for("pl").tokenize(["kota"])
    component.predict(batch)
    assert batch.columns["lemma"].strings(0, 1) == ["kota"]
    with pytest.raises(EngineError, match="one of it, pl, got 'de'"):
        component.predict(tokenizer_for("de").tokenize(["Katze"]))
