# SPDX-License-Identifier: Apache-2.0
"""English rules, by example."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.tokenizers import RULES, tokenizer_for
from engine.tokenizers.splitter import Splitter

MARKS = "$([“\"'’-–/.,:;!?)]”…@&#*_"
STEMS = (
    "Dr",
    "I",
    "a",
    "o",
    "e",
    "re",
    "anti",
    "Non",
    "word",
    "cannot",
    "don",
    "isn",
    "com",
    "D",
    "P",
    "x",
    "US.",
    "e.g.",
)
PARTS = [*MARKS, *STEMS, "1", "12", "2000", "pm", "km", "n't", "'s", "’s", "'ll"]


@pytest.mark.parametrize(
    "tokens",
    [
        "I do n't know , ca n't you ?",
        "Dr. Smith 's e-mail ( smith@example.com ) arrived at 7:30 pm .",
        "It costs $ 1,250.50 , i.e. 5 % more .",
        "The U.S. and Jan. 5 - 10",
        "a well - known and / or pre-war fact",
        "call 713-853-1234 on 9/11/2001 , see http://example.com/a-b?c=d .",
        "“ Great ! ” she said :) ...",
        "they 're gon na win !!!",
        "a 35 mm lens , 10 am",
        "do nt you ? I ca nt",
    ],
)
def test_english_is_cut_as_in_the_treebank(tokens: str) -> None:
    """Clitics, abbreviations, hyphens, numbers, addresses and marks as Universal Dependencies has them."""
    glued = tokens
    for pair in (" n't", " 's", " 're", " na", " nt", " ,", " .", " ?", " !", " %", " )", " ”", " - known"):
        glued = glued.replace(pair, pair.replace(" ", ""))
    for pair in ("( ", "$ ", "“ ", " / ", "5 - 10", "35 mm", "10 am", "7:30 pm"):
        glued = glued.replace(pair, pair.replace(" ", ""))
    assert tokenizer_for("en")(glued).words == tokens.split()


@pytest.mark.parametrize(
    ("text", "norms"),
    [("can't", "can not"), ("I'm", "i am"), ("Won’t", "will not"), ("they've", "they have")],
)
def test_contractions_have_the_norm_of_their_words(text: str, norms: str) -> None:
    """Features see the same word however it is contracted."""
    assert tokenizer_for("en")(text).norms == norms.split()


@pytest.mark.parametrize("lang", ["en", "xx"])
@given(
    chunk=st.lists(
        st.sampled_from(PARTS) | st.characters(categories=["L", "Nd", "No", "Mn"]), min_size=1, max_size=6
    ).map("".join)
)
def test_simple_chunks_are_cut_as_the_rules_would(lang: str, chunk: str) -> None:
    """The promise of `simple` changes nothing but the speed."""
    rules = RULES[lang]()
    assert list(Splitter(rules).split(chunk)) == list(Splitter(replace(rules, simple=None)).split(chunk))
