# SPDX-License-Identifier: Apache-2.0
"""Yes-or-no attributes of tokens: what each means, and where the language decides."""

from __future__ import annotations

import numpy as np
import pytest

from engine import blank
from engine.vectors import KeyedVectors
from engine.vocab.flags import FLAGS, flags_of
from engine.vocab.lexemes import LexemeTable

YES = {
    "IS_ALPHA": ["é", "Abc"],
    "IS_ASCII": ["a", "~"],
    "IS_BRACKET": ["(", ">"],
    "IS_CURRENCY": ["€", "$$"],
    "IS_DIGIT": ["12", "²"],
    "IS_LEFT_PUNCT": ["``", "«", "'"],
    "IS_LOWER": ["a1"],
    "IS_PUNCT": ["...", "«"],
    "IS_QUOTE": ["''", "`", "”"],
    "IS_RIGHT_PUNCT": ["''", "»", ")"],
    "IS_SPACE": ["\n ", "\u3000"],
    "IS_STOP": ["The", "n’t", "otherwise"],
    "IS_TITLE": ["Ab-Cd"],
    "IS_UPPER": ["A1"],
    "LIKE_EMAIL": ["a.b+c@d-e.org", "a@b.c/x"],
    "LIKE_NUM": ["-1,000.5", "1/2", "Ten", "±first", "11st", "1,000TH"],
    "LIKE_URL": [
        "http://",
        "www.x",
        "X.foo",
        "x.foo:80/a",
        "8.8.8.8",
        "ftp://x.foo",
        "foo..com",
        "a.b/",
        "x.éa",
    ],
}
NO = {
    "IS_ALPHA": ["a1"],
    "IS_ASCII": ["é"],
    "IS_BRACKET": ["()"],
    "IS_CURRENCY": ["€1"],
    "IS_DIGIT": ["½", "1."],
    "IS_LEFT_PUNCT": [")", "`"],
    "IS_LOWER": ["1", "Ab"],
    "IS_PUNCT": ["$", "a."],
    "IS_QUOTE": ["(", "'''"],
    "IS_RIGHT_PUNCT": ["(", "``"],
    "IS_SPACE": ["a b"],
    "IS_STOP": ["shall", "freshet"],
    "IS_TITLE": ["ab"],
    "IS_UPPER": ["1", "Ab"],
    "LIKE_EMAIL": ["a@b", "<a@b.c>", "é@b.c"],
    "LIKE_NUM": ["--5", "1/2/3", "/2", "twenty-one", "IV", "½", "th", "+"],
    "LIKE_URL": [
        "HTTP://x",
        "www.",
        "x.Foo",
        "x.foo:8",
        "10.1.1.1",
        "192.168.0.1",
        "224.1.1.1",
        "a@x.foo",
        "x.foo.",
        ".com",
        "x..foo",
        "a/b",
    ],
}


@pytest.mark.parametrize("name", sorted(FLAGS))
def test_a_flag_tells_the_texts_that_have_it_from_those_that_have_not(name: str) -> None:
    """Every flag is true of texts with the property and false of texts that only come near it."""
    flag = flags_of("en")[name]
    assert [text for text in YES[name] if not flag(text)] == []
    assert [text for text in NO[name] if flag(text)] == []


def test_words_of_a_language_count_only_in_that_language() -> None:
    """Stop words and numbers in words are the language's; digits are numbers everywhere."""
    none = flags_of("xx")
    assert not none["IS_STOP"]("the")
    assert not none["LIKE_NUM"]("ten")
    assert none["LIKE_NUM"]("10")


def test_tokens_and_the_lexeme_table_agree_on_flags() -> None:
    """A token's attribute is its lexeme's entry in the column of that flag, which follows the table as it
    grows."""
    doc = blank("en")("The second (ten) e-mails to a@b.org cost €5 .")
    for name in FLAGS:
        column = doc.batch.lexemes.flag(name)[doc.batch.lexeme_ids].tolist()
        assert [getattr(token, name.lower()) for token in doc] == column == doc.flags(name)
    assert [token.text for token in doc if token.like_num] == ["second", "ten", "5"]


def test_an_unknown_flag_names_those_that_there_are() -> None:
    """A look-up that fails lists the flags."""
    with pytest.raises(KeyError, match="LIKE_NUM"):
        LexemeTable().flag("IS_NICE")


def test_words_without_a_static_vector_are_out_of_vocabulary() -> None:
    """All words are, until the pipeline gets vectors; then those that the table does not have."""
    pipeline = blank("en")
    assert [token.is_oov for token in pipeline("ab cd")] == [True, True]
    keys = pipeline.tokenizer.lexemes.attribute("ORTH")[pipeline("ab").batch.lexeme_ids]
    pipeline.use_vectors(
        KeyedVectors.of(np.ones((1, 2), dtype=np.float32), keys, np.zeros(1, dtype=np.int64))
    )
    assert [token.is_oov for token in pipeline("ab cd")] == [False, True]
