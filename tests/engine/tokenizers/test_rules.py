# SPDX-License-Identifier: Apache-2.0
"""Tokenizer rules: the steps of the algorithm, one by one, on small rule sets; the way to JSON and back."""

from __future__ import annotations

import pytest

from engine.errors import TokenizerError
from engine.tokenizers import RULES, Rules, RuleTokenizer, tokenizer_for

SMALL = Rules(
    lang="test",
    prefix=r"^(?:[(\"$]|\.\.)",
    suffix=r"(?:[)\",.!]|'s)$",
    infix=r"[-/~]",
    token_match=r"keep-\w+[.!]?$",
    url_match=r"https?://\S+",
    exceptions={
        "don't": (("do", None), ("n't", "not")),
        ":)": ((":)", None),),
        "a.": (("a.", None),),
        "mr-x": (("mr", "mister"), ("-x", None)),
    },
    norms={"gr8": "great"},
)


def words(text: str, rules: Rules = SMALL) -> list[str]:
    """Token texts by the fast path."""
    return RuleTokenizer(rules)(text).words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("(word).", ["(", "word", ")", "."]),
        ('"(a-b)!"', ['"', "(", "a", "-", "b", ")", "!", '"']),
        ("(don't)", ["(", "do", "n't", ")"]),
        ("(a.", ["(", "a."]),
        ("x.", ["x", "."]),
        ("keep-it.", ["keep-it."]),
        ("(keep-it.)", ["(", "keep-it.", ")"]),
        ("https://a-b.c/d", ["https://a-b.c/d"]),
        ("-a--b-", ["-a", "-", "-", "b", "-"]),
        ("...", ["..", "."]),
        ("(mr-x)", ["(", "mr", "-x", ")"]),
        ("Bob's!", ["Bob", "'s", "!"]),
    ],
)
def test_a_chunk_is_taken_apart_step_by_step(text: str, expected: list[str]) -> None:
    """Affixes round by round, exceptions and whole-token patterns first, then infixes."""
    assert words(text) == expected
    assert [token[0] for token in RuleTokenizer(SMALL).tokenize_plain(text)] == expected


@pytest.mark.parametrize(("letters", "dots"), [(400, 400), (3, 900), (200, 129)])
def test_a_suffix_of_any_length_is_one_token(letters: int, dots: int) -> None:
    """A long run of dots after a word is cut off whole."""
    batch = tokenizer_for("en").tokenize(["\u0627" * letters + "." * dots])
    assert batch.lengths.tolist() == [letters, dots]


@pytest.mark.parametrize(
    ("text", "tokens", "spaces"),
    [
        ("a b", ["a", "b"], [True, False]),
        ("a  b", ["a", " ", "b"], [True, False, False]),
        (" a", [" ", "a"], [False, False]),
        ("a ", ["a"], [True]),
        ("a  ", ["a", " "], [True, False]),
        ("a \n b", ["a", "\n ", "b"], [True, False, False]),
        ("a\n b", ["a", "\n ", "b"], [False, False, False]),
        ("a\u3000\u00a0b\u2009", ["a", "\u3000\u00a0", "b", "\u2009"], [False, False, False, False]),
        ("\x1c\x85x\u200b", ["\x1c\x85", "x\u200b"], [False, False]),
        ("", [], []),
    ],
)
def test_white_space_is_kept_in_tokens_beyond_the_first_blank(
    text: str, tokens: list[str], spaces: list[bool]
) -> None:
    """One blank after a word is a flag; all other white space makes tokens of its own."""
    doc = RuleTokenizer(SMALL)(text)
    assert (doc.words, doc.spaces) == (tokens, spaces)


def test_an_exceptions_norm_is_the_tokens_norm() -> None:
    """The piece of an exception has its norm; the same text found otherwise has the lexeme's."""
    tokenizer = RuleTokenizer(SMALL)
    assert tokenizer("don't n't gr8 Mr").norms == ["do", "not", "n't", "great", "mr"]


def test_an_exception_is_found_across_tokens_of_a_chunk() -> None:
    """Tokens that together spell an exception with an affix in it become its pieces."""
    rules = Rules(
        "test",
        suffix=r"[):]$",
        infix=r"[-]",
        exceptions={":)": ((":)", "smile"),), "a-b": (("a-", None), ("b", "bee"))},
    )
    tokenizer = RuleTokenizer(rules)
    assert tokenizer("hi:) x-a-b").words == ["hi", ":)", "x", "-", "a-", "b"]
    assert tokenizer("hi:)").norms == ["hi", "smile"]


def test_an_exception_with_a_blank_is_found_across_chunks() -> None:
    """An exception may hold single blanks; its last piece takes over the flag of the last token."""
    rules = Rules("test", exceptions={"New York": (("New York", "ny"),)})
    doc = RuleTokenizer(rules)("In New York now, New  York")
    assert doc.words == ["In", "New York", "now,", "New", " ", "York"]
    assert doc.spaces == [True, True, True, True, False, False]


def test_of_overlapping_exceptions_the_longest_then_the_leftmost_wins() -> None:
    """A match whose border is covered by an earlier one is dropped."""
    rules = Rules(
        "test", exceptions={"a b": (("a b", None),), "b c d": (("b c d", None),), "d e": (("d e", None),)}
    )
    assert RuleTokenizer(rules)("a b c d e").words == ["a", "b c d", "e"]


@pytest.mark.parametrize("lang", sorted(RULES))
def test_rules_survive_json(lang: str) -> None:
    """What is saved with a pipeline is all there is to know."""
    tokenizer = tokenizer_for(lang)
    assert RuleTokenizer.from_json(tokenizer.to_json()).rule_set == tokenizer.rule_set


def test_exceptions_must_spell_their_key() -> None:
    """Pieces that lose characters are refused."""
    with pytest.raises(TokenizerError, match="spell"):
        Rules("test", exceptions={"don't": (("do", None), ("not", None))})


@pytest.mark.parametrize(
    "source",
    ["", "[]", "{}", '{"version": 99, "exceptions": {}}', '{"version": 1, "exceptions": {}, "colour": 1}'],
)
def test_other_files_are_no_rules(source: str) -> None:
    """A file of another kind or version is refused, not guessed at."""
    with pytest.raises(TokenizerError):
        Rules.from_json(source)


def test_a_bad_pattern_is_named() -> None:
    """A pattern that does not compile is one error with its name."""
    with pytest.raises(TokenizerError, match="infix"):
        Rules("test", infix="(")


def test_an_unknown_language_is_refused_with_the_known_ones() -> None:
    """A miss lists what exists."""
    with pytest.raises(TokenizerError, match="de, dsb, el, en"):
        tokenizer_for("tlh")
