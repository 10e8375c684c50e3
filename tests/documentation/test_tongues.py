# SPDX-License-Identifier: Apache-2.0
"""Languages and tokenizers as the documentation has them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import engine as spacy
from engine.lang.char_classes import (
    ALPHA,
    ALPHA_LOWER,
    ALPHA_UPPER,
    CONCAT_QUOTES,
    LIST_ELLIPSES,
    LIST_ICONS,
)
from engine.lang.de import German
from engine.lang.de.stop_words import STOP_WORDS
from engine.lang.en import English
from engine.symbols import NORM, ORTH
from engine.tokenizer import Tokenizer
from engine.tokens import Doc
from engine.util import compile_infix_regex, compile_prefix_regex, compile_suffix_regex
from workers.cli.init import app as init_app

from .rows import row

LANGUAGES = (
    "af am ar az bg bn bo ca cs da de dsb el en es et eu fa fi fo fr ga gd grc gu he hi hr hsb ht hu hy id "
    "is it ja kmr kn ko ky la lb lg lij lt lv mk ml mr ms nb ne nl nn pl pt ro ru sa si sk sl sq sr sv ta "
    "te th ti tl tn tr tt uk ur vi xx yo zh"
)


@row("E06.1", "E06.2", "E06.3", "E06.4", "E06.5", "E06.6")
@pytest.mark.parametrize("code", ["de", "fr", "es", "fi", "zh", "xx"])
def test_a_config_of_any_language_is_written(code: str) -> None:
    """`init config - --lang CODE --pipeline ner`."""
    written = CliRunner().invoke(init_app, ["config", "-", "--lang", code, "--pipeline", "ner"])
    assert written.exit_code == 0
    assert f'lang = "{code}"' in written.stdout


@row("N07")
def test_every_language_is_built() -> None:
    """`spacy.blank` knows all 79 codes, and `meta` says whose rules cut the texts."""
    assert len(LANGUAGES.split()) == 79
    for code in LANGUAGES.split():
        nlp = spacy.blank(code)
        assert nlp.lang == code
        assert nlp("Abc 12.").text == "Abc 12."
    assert spacy.blank("de").meta["tokenizer_rules"] == "own rules for de"
    assert spacy.blank("cs").meta["tokenizer_rules"].startswith("neutral rules")


@row("K10.31")
def test_language_classes_are_imported_by_name() -> None:
    """A class per language, with its defaults and modules."""
    assert German().lang == German.lang == "de"
    assert spacy.util.get_lang_class("de") is German
    assert "und" in German.Defaults.stop_words
    assert "und" in STOP_WORDS
    assert English.Defaults.writing_system == {"direction": "ltr", "has_case": True, "has_letters": True}
    assert [token.text for token in English()("Don't!")] == ["Do", "n't", "!"]
    assert spacy.blank("ar").vocab.writing_system["direction"] == "rtl"


def test_special_cases() -> None:
    """A special case is split wherever affixes leave it alone, and may hold affixes itself."""
    nlp = spacy.blank("en")
    assert [w.text for w in nlp("gimme that")] == ["gimme", "that"]
    special_case = [{ORTH: "gim"}, {ORTH: "me", NORM: "me"}]
    nlp.tokenizer.add_special_case("gimme", special_case)
    assert [w.text for w in nlp("gimme that")] == ["gim", "me", "that"]
    assert "gimme" not in [w.text for w in nlp("gimme!")]
    assert "gimme" not in [w.text for w in nlp('("...gimme...?")')]
    nlp.tokenizer.add_special_case("...gimme...?", [{"ORTH": "...gimme...?"}])
    assert len(nlp("...gimme...?")) == 1
    assert nlp.tokenizer.rules["gimme"] == special_case
    with pytest.raises(ValueError, match="spell"):
        nlp.tokenizer.add_special_case("gonna", [{ORTH: "gon"}])
    with pytest.raises(ValueError, match="NORM"):
        nlp.tokenizer.add_special_case("gonna", [{ORTH: "gonna", "TAG": "X"}])


def test_the_tokenizer_explains_itself() -> None:
    """Which rule made each token."""
    nlp = English()
    text = '''"Let's go!"'''
    doc = nlp(text)
    tok_exp = nlp.tokenizer.explain(text)
    assert [t.text for t in doc if not t.is_space] == [t[1] for t in tok_exp]
    assert [f"{t[1]} {t[0]}" for t in tok_exp] == [
        '" PREFIX', "Let SPECIAL-1", "'s SPECIAL-2", "go TOKEN", "! SUFFIX", '" SUFFIX',
    ]  # fmt: skip


def test_a_tokenizer_of_ones_own_rules(tmp_path: Path) -> None:
    """Built from its searches, put into a pipeline, saved and read again."""
    special_cases = {":)": [{"ORTH": ":)"}]}
    prefix_re = re.compile(r"""^[\[\("']""")
    suffix_re = re.compile(r"""[\]\)"']$""")
    infix_re = re.compile(r"""[-~]""")
    simple_url_re = re.compile(r"""^https?://""")
    nlp = spacy.blank("en")
    nlp.tokenizer = Tokenizer(
        nlp.vocab,
        rules=special_cases,
        prefix_search=prefix_re.search,
        suffix_search=suffix_re.search,
        infix_finditer=infix_re.finditer,
        url_match=simple_url_re.match,
    )
    doc = nlp("hello-world. :)")
    assert [t.text for t in doc] == ["hello", "-", "world.", ":)"]
    assert nlp.tokenizer.vocab is nlp.vocab is doc.vocab
    tokenizer = nlp.tokenizer
    assert (tokenizer.find_prefix("(a"), tokenizer.find_suffix("a)")) == (1, 1)
    assert tokenizer.find_infix("a-b")[0].start() == 1
    assert [len(doc) for doc in tokenizer.pipe(["a b", "c"])] == [2, 1]
    tokenizer.to_disk(tmp_path / "tokenizer")
    for again in (
        Tokenizer(nlp.vocab).from_disk(tmp_path / "tokenizer"),
        Tokenizer(nlp.vocab).from_bytes(tokenizer.to_bytes()),
    ):
        assert [t.text for t in again("(hello-world. :)")] == ["(", "hello", "-", "world.", ":)"]
    nlp.to_disk(tmp_path / "pipeline")
    assert len(spacy.load(tmp_path / "pipeline")("hello-world. :)")) == 4


def test_rules_are_extended_and_taken_out() -> None:
    """Lists of the defaults, changed and compiled anew."""
    nlp = spacy.blank("en")
    suffixes = nlp.Defaults.suffixes + [r"""-+$"""]  # noqa: RUF005  # as documented
    nlp.tokenizer.suffix_search = compile_suffix_regex(suffixes).search
    assert [t.text for t in nlp("hello---")] == ["hello", "---"]
    suffixes = list(nlp.Defaults.suffixes)
    suffixes.remove("\\[")
    nlp.tokenizer.suffix_search = spacy.util.compile_suffix_regex(suffixes).search
    assert [t.text for t in nlp("hello[ hello(")] == ["hello[", "hello", "("]
    prefixes = ("§", "%", "=", r"\+")
    nlp.tokenizer.prefix_search = compile_prefix_regex(prefixes).search
    assert [t.text for t in nlp("+5 §3")] == ["+", "5", "§", "3"]
    nlp.tokenizer.token_match = re.compile(r"\+5").match
    assert [t.text for t in nlp("+5")] == ["+5"]


def test_infixes_with_character_classes() -> None:
    """Words with hyphens stay whole where the rule that splits them is left out."""
    nlp = spacy.blank("en")
    assert [t.text for t in nlp("mother-in-law")] == ["mother", "-", "in", "-", "law"]
    infixes = (
        LIST_ELLIPSES
        + LIST_ICONS
        + [
            r"(?<=[0-9])[+\-\*^](?=[0-9-])",
            rf"(?<=[{ALPHA_LOWER}{CONCAT_QUOTES}])\.(?=[{ALPHA_UPPER}{CONCAT_QUOTES}])",
            rf"(?<=[{ALPHA}]),(?=[{ALPHA}])",
            rf"(?<=[{ALPHA}0-9])[:<>=/](?=[{ALPHA}])",
        ]
    )
    nlp.tokenizer.infix_finditer = compile_infix_regex(infixes).finditer
    assert [t.text for t in nlp("mother-in-law")] == ["mother-in-law"]


class WhitespaceTokenizer:
    """As the documentation has it."""

    def __init__(self, vocab: Any) -> None:
        self.vocab = vocab

    def __call__(self, text: str) -> Any:
        """Words between single blanks."""
        words = text.split(" ")
        return Doc(self.vocab, words=words, spaces=[*[True] * (len(words) - 1), False])


@row("H32")
def test_a_custom_tokenizer_takes_the_place(tmp_path: Path) -> None:
    """Any function of a text that returns a Doc; registered, the config makes it, on loading too."""
    text = "What's happened to me? he thought."
    nlp = spacy.blank("en")
    nlp.tokenizer = WhitespaceTokenizer(nlp.vocab)
    assert [token.text for token in nlp(text)] == text.split(" ")
    assert [len(doc) for doc in nlp.pipe(["a, b", "c."])] == [2, 1]

    @spacy.registry.tokenizers("tongues_whitespace_tokenizer")
    def create_whitespace_tokenizer() -> Any:
        def create_tokenizer(nlp: Any) -> Any:
            return WhitespaceTokenizer(nlp.vocab)

        return create_tokenizer

    config = {"nlp": {"tokenizer": {"@tokenizers": "tongues_whitespace_tokenizer"}}}
    nlp = spacy.blank("en", config=config)
    assert [token.text for token in nlp(text)] == text.split(" ")
    nlp.to_disk(tmp_path)
    assert [token.text for token in spacy.load(tmp_path)(text)] == text.split(" ")


@row("H02", "H03")
def test_language_data_is_customized_before_creation() -> None:
    """A callback changes the class's defaults, for its own pipeline alone."""

    @spacy.registry.callbacks("tongues_customize_language_data")
    def create_callback(extra_stop_words: list[str], debug: bool = False) -> Any:
        def customize_language_data(lang_cls: Any) -> Any:
            lang_cls.Defaults.suffixes = lang_cls.Defaults.suffixes + (r"-+$",)  # noqa: RUF005
            lang_cls.Defaults.stop_words.update(extra_stop_words)
            assert lang_cls.lang == "en"
            return lang_cls

        return customize_language_data

    callback = {"@callbacks": "tongues_customize_language_data", "extra_stop_words": ["ooh", "aah"]}
    nlp = spacy.blank("en", config={"nlp": {"before_creation": callback}})
    assert isinstance(nlp, English)
    assert [t.text for t in nlp("hello---")] == ["hello", "---"]
    assert [t.is_stop for t in nlp("ooh the boat")] == [True, True, False]
    assert not spacy.blank("en")("ooh")[0].is_stop


@row("H05", "H07")
def test_a_callback_customizes_the_tokenizer() -> None:
    """After creation, or before initialisation, as printed."""

    @spacy.registry.callbacks("tongues_customize_tokenizer")
    def make_customize_tokenizer() -> Any:
        def customize_tokenizer(nlp: Any) -> Any:
            suffixes = [s for s in nlp.Defaults.suffixes if s not in (r"\)",)]
            nlp.tokenizer.suffix_search = compile_suffix_regex(suffixes).search
            nlp.tokenizer.add_special_case("_SPECIAL_", [{ORTH: "_SPECIAL_"}])
            return nlp

        return customize_tokenizer

    made = {"nlp": {"after_creation": {"@callbacks": "tongues_customize_tokenizer"}}}
    assert [t.text for t in spacy.blank("en", config=made)("_SPECIAL_ a)")] == ["_SPECIAL_", "a)"]
    nlp = spacy.blank(
        "en", config={"initialize": {"before_init": {"@callbacks": "tongues_customize_tokenizer"}}}
    )
    nlp.initialize()
    assert [t.text for t in nlp("_SPECIAL_ a)")] == ["_SPECIAL_", "a)"]


def test_a_language_of_ones_own() -> None:
    """A subclass with its own defaults, registered under its own code."""

    class CustomEnglishDefaults(English.Defaults):
        stop_words = {"custom", "stop"}  # noqa: RUF012

    @spacy.registry.languages("tongues_custom_en")
    class CustomEnglish(English):
        lang = "tongues_custom_en"
        Defaults = CustomEnglishDefaults

    assert CustomEnglish().lang == "tongues_custom_en"
    nlp = spacy.blank("tongues_custom_en")
    assert [t.is_stop for t in nlp("custom the stop")] == [True, False, True]
    assert [t.text for t in nlp("don't")] == ["do", "n't"]
