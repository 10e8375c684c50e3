# SPDX-License-Identifier: Apache-2.0
"""Languages: each is cut by facts of its own, and all that are documented are there."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.languages import NAMES, OWN_RULES, has_own_rules, language_data
from engine.tokenizers import RULES, tokenizer_for
from engine.tokenizers.splitter import Splitter

CUT = {
    "ca": "L' home d' aquí va anar -se 'n , dóna 'm l' aigua , col·legi dels EE.UU.",
    "da": "D. 3. maj kl. 5 , f.eks. EU's , bl.a. H.C. Andersen .",
    "de": "Am 3. Oktober fuhr Dr. Müller , z.B. nach Baden-Württemberg ( ca. 20 km ) : Haupt- und Nebensatz",
    "el": "Απ' το σπίτι , π.χ. στον κ. Παπά ; « Ναι » .",
    "es": "¿ Qué dijo el Sr. García ? ¡ EE.UU. ganó 1.234,5 € !",
    "fi": "EU:n maat 3. lokakuuta , esim. 5 km .",
    "fr": "L' homme n' a -t-il pas dit « qu' aujourd'hui » , c' est « l' U.E. » ? Celui-là , dit -il .",
    "hr": "Godine 2010. je dr. Horvat , npr. 3. mjesto .",
    "id": "Anak-anak pergi ke Jl. Sudirman No. 5 , dll.",
    "it": "L' uomo dell' est c' è , un po' d' acqua : dott. Rossi .",
    "ko": "서울에서 열린 「 회의 」 는 끝났다 . 3,000명이 왔다 …",
    "lt": "2010 m. sausio 5 d. , t.y. 3 mln. litų .",
    "nb": "Den 3. mai kl. 5 , f.eks. NATOs , bl.a. i Oslo .",
    "nl": "'s Avonds eet hij foto's van z'n auto's , bijv. in 's-Gravenhage .",
    "pl": "Polsko - niemiecki , np . w 1941 - 1945 r .",
    "pt": "Tornou -se rei , deu -lhe 5 % do guarda-chuva ao Sr. Silva .",
    "ro": "S- a dus într- o zi , nu- i așa ? Văzându -l , mi- am zis : dintr- un nord-est .",
    "ru": "Кто-то из-за , т.е. в 1941 - 1945 гг. сказал : « Да » и т.д. 5 км",
    "sv": "T.ex. den 3:e maj kl. 5 , bl.a. EU:s .",
    "tl": "Ako 'y kumain , ngunit siya 't ikaw ay mag-aral .",
    "tr": "Ankara'da 3. kez T.C. geldi , vb. Dr. Ali'nin .",
    "uk": "П'ять , будь-який , вул. Шевченка , м. Київ .",
}
"""Tokens, as the language's treebank has them."""

_AFTER = ("(", "«", "「", "„", "¿", "¡", "'", "’", "- ")
_GLUED = (",", ".", "?", "!", ":", ";", ")", "»", "」", "…", "km", "км", "%")


def glued(tokens: str) -> str:
    """The text that these tokens were cut from: marks, clitics and units without the blank."""
    words = tokens.split()
    text = words[0]
    for left, right in pairwise(words):
        no_blank = (
            right in _GLUED
            or left in ("(", "«", "「", "¿", "¡")
            or (left[-1:] in "'’-" and len(left) > 1 and left not in ("'s", "Απ'", "po'", "Haupt-"))
            or (right[:1] in "'’-" and len(right) > 1 and right != "'s-Gravenhage")
            or (left, right)
            in {("」", "는"), ("1941", "-"), ("-", "1945"), ("Polsko", "-"), ("-", "niemiecki")}
        )
        text += right if no_blank else f" {right}"
    return text


@pytest.mark.parametrize("lang", sorted(CUT))
def test_a_language_is_cut_as_in_its_treebank(lang: str) -> None:
    """Abbreviations, clitics, apostrophes, hyphens, quotes, units and numbers, by what the language does."""
    assert tokenizer_for(lang)(glued(CUT[lang])).words == CUT[lang].split()


def test_every_documented_language_is_there() -> None:
    """79 codes; those without a file are cut by the neutral rules and say so."""
    assert len(NAMES) == len(RULES) == 79
    assert set(CUT) | {"en"} == OWN_RULES
    assert not has_own_rules("sw")
    assert not has_own_rules("cs")
    assert tokenizer_for("cs")("Dobrý den, světe!").words == ["Dobrý", "den", ",", "světe", "!"]
    assert tokenizer_for("cs").rule_set.prefix == tokenizer_for("xx").rule_set.prefix


@pytest.mark.parametrize("lang", ["en", "xx", "de", "sv", "ru"])
def test_emoji_are_tokens_of_their_own(lang: str) -> None:
    """Pictures are cut from the words that they are glued to, and from each other; what belongs to one stays
    together."""
    words = tokenizer_for(lang)("it😍😘thanks 👍🏽ok 👩‍👩‍👧 🇩🇪🇫🇷!").words
    assert words == ["it", "😍", "😘", "thanks", "👍🏽", "ok", "👩‍👩‍👧", "🇩🇪", "🇫🇷", "!"]


@pytest.mark.parametrize(
    ("lang", "number", "stop_word"),
    [("de", "dreißig", "Nicht"), ("fr", "deuxième", "Les"), ("ru", "сорок", "Как")],
)
def test_words_of_a_language_have_its_flags(lang: str, number: str, stop_word: str) -> None:
    """Words for numbers look like numbers, and common words are stop words, in their own language."""
    table = tokenizer_for(lang)(f"{number} {stop_word} 17").batch.lexemes
    ids = [table.add(text) for text in (number, stop_word, "17")]
    assert table.flag("LIKE_NUM")[ids].tolist() == [True, False, True]
    assert table.flag("IS_STOP")[ids].tolist() == [False, True, False]


def test_languages_say_how_they_are_written() -> None:
    """Direction, case and letters, as documented."""
    assert language_data("ar").writing_system.direction == "rtl"
    assert not language_data("zh").writing_system.has_letters
    assert not language_data("am").writing_system.has_case
    assert language_data("de").writing_system.has_case


PARTS = [*"$([“\"'’-–/.,:;!?)]”«»„…@&#*_·", "a", "Dr", "l", "qu", "U.E.", "3", "12", "km", "'s", "-il", "de"]


@pytest.mark.parametrize("lang", ["fr", "de", pytest.param("ALL", marks=pytest.mark.nightly)])
@given(
    chunk=st.lists(
        st.sampled_from(PARTS) | st.characters(categories=["L", "Nd", "No", "Mn"]), min_size=1, max_size=6
    ).map("".join)
)
def test_simple_chunks_are_cut_as_the_rules_would(lang: str, chunk: str) -> None:
    """The promise of `simple` changes nothing but the speed."""
    for code in sorted(OWN_RULES) if lang == "ALL" else [lang]:
        rules = _rules(code)
        assert list(rules[0].split(chunk)) == list(rules[1].split(chunk))


def _rules(code: str, known: dict[str, tuple[Splitter, Splitter]] = {}) -> tuple[Splitter, Splitter]:  # noqa: B006
    if code not in known:
        rules = RULES[code]()
        known[code] = Splitter(rules), Splitter(replace(rules, simple=None))
    return known[code]
