# SPDX-License-Identifier: Apache-2.0
"""The fast path of the tokenizer: equal to the reference path on any text, bounded, and safe to share between
threads."""

from __future__ import annotations

import threading
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.doc.batch import Batch
from engine.doc.doc import Doc
from engine.tokenizers import RULES, Rules, RuleTokenizer, tokenizer_for
from engine.tokenizers.splitter import MAX_CHUNK

SPANNING = Rules(
    lang="spanning",
    prefix=r"^[(.]",
    suffix=r"[:).]$",
    infix=r"[-.]",
    token_match=r"kk+$",
    exceptions={
        ":)": ((":)", "smile"),),
        ":-)": ((":", None), ("-)", "nose")),
        "a b": (("a", "first"), (" b", None)),
        "a.b": (("a.b", "dots"),),
        "b  c": (("b  c", None),),
        " ": ((" ", "blank"),),
        "c)": (("c", "sea"), (")", None)),
        ") a b": ((") a b", None),),
        "(": (("(", "open"),),
    },
    norms={"b": "bee"},
)
TOKENIZERS = {"en": tokenizer_for("en"), "xx": tokenizer_for("xx"), "spanning": RuleTokenizer(SPANNING)}

ANY_CHAR = st.characters(exclude_categories=())
WORDS = [
    "don't",
    "U.S.",
    ":)",
    "Dr",
    ".",
    "can",
    "not",
    "a-b",
    "(x)",
    "e-mail",
    "é",
    "日本。",
    "\ud800",
    "\x00",
    "\u3000",
    "\x85",
    "\t\n",
    " ",
    "  ",
    "k" * 300,
]
TEXTS = st.one_of(
    st.text(ANY_CHAR, max_size=60),
    st.text(st.sampled_from("abc ().:-k\n"), max_size=40),
    st.lists(st.sampled_from(WORDS), max_size=15).map("".join),
    st.lists(st.sampled_from(WORDS), max_size=15).map(" ".join),
)


def tokens_of(batch: Batch, index: int) -> list[tuple[str, str, bool]]:
    """Tokens of a document as the reference path gives them."""
    doc = Doc(batch, index)
    return list(zip(doc.words, doc.norms, doc.spaces, strict=True))


@pytest.mark.parametrize("name", sorted(TOKENIZERS))
@given(texts=st.lists(TEXTS, max_size=4))
def test_the_fast_path_is_the_reference_path(name: str, texts: list[str]) -> None:
    """Same tokens, norms and blanks on any Unicode, whatever was cached before; offsets point at the
    tokens."""
    tokenizer = TOKENIZERS[name]
    batch = tokenizer.tokenize(texts)
    for index, text in enumerate(texts):
        doc = Doc(batch, index)
        assert tokens_of(batch, index) == tokenizer.tokenize_plain(text)
        assert "".join(word + " " * space for word, space in zip(doc.words, doc.spaces, strict=True)) == text
        assert [text[start:end] for start, end in zip(doc.starts, doc.ends, strict=True)] == doc.words


@pytest.mark.parametrize("name", sorted(TOKENIZERS))
@pytest.mark.parametrize(
    "text",
    [
        " " * 100_000,
        "a" * 100_000,
        "(" * 100_000,
        "x" + "((((;,-" * 14_000,
        "x" + "-" * 50_000 + ";," * 25_000,
        "a.b " * 25_000,
        "\ud800" * 30_000,
        "\x00" * 30_000,
        "é" * (MAX_CHUNK - 1) + "日" * 9_000,
        "\u3000" * MAX_CHUNK + " " + "\u00a0" * (MAX_CHUNK + 1),
        "ع" * 5_000 + "\u0301" * 9_000,
    ],
    ids=lambda text: f"{text[:4]!r}x{len(text)}",
)
def test_hostile_texts_are_cut_alike(name: str, text: str) -> None:
    """Both paths have the same bounds, which keep a text of 100,000 characters from taking quadratic time (or
    this test from ending)."""
    tokenizer = RuleTokenizer(TOKENIZERS[name].rule_set)
    batch = tokenizer.tokenize([text])
    assert tokens_of(batch, 0) == tokenizer.tokenize_plain(text)
    assert "".join(token.text_with_ws for token in Doc(batch, 0)) == text
    assert int(batch.lengths.max()) <= MAX_CHUNK


def test_a_full_table_is_replaced_and_old_batches_keep_theirs() -> None:
    """Ids mean rows of the batch's own table, also after the tokenizer has taken a fresh one."""
    tokenizer = RuleTokenizer(RULES["en"](), max_lexemes=100)
    first = tokenizer.tokenize(["alpha beta"])
    tables = [tokenizer.lexemes]
    for i in range(50):
        tokenizer.tokenize([" ".join(f"w{i}x{k}" for k in range(30))])
        if tokenizer.lexemes is not tables[-1]:
            tables.append(tokenizer.lexemes)
        assert len(tokenizer.lexemes) < 150
    assert len(tables) > 5
    assert first.lexemes is not tokenizer.lexemes
    assert Doc(first, 0).words == ["alpha", "beta"]
    assert tokenizer("alpha beta").words == ["alpha", "beta"]


def test_a_table_is_full_by_bytes_too() -> None:
    """Few but long tokens cannot fill the memory."""
    tokenizer = RuleTokenizer(RULES["en"](), max_bytes=100_000)
    for i in range(100):
        tokenizer.tokenize([f"{i}" * 900])
    assert tokenizer.lexemes.n_chars < 110_000


def test_given_words_are_bounded_too() -> None:
    """Pre-tokenised text cannot grow the table without end."""
    tokenizer = RuleTokenizer(RULES["en"](), max_lexemes=50)
    docs = [tokenizer.from_words([f"w{i}", "x"]) for i in range(200)]
    assert len(tokenizer.lexemes) <= 51
    assert docs[0].words == ["w0", "x"]


def test_threads_share_a_tokenizer() -> None:
    """Several threads on new and old chunks, with tables replaced under way, all get the reference tokens."""
    tokenizer = RuleTokenizer(RULES["en"](), max_lexemes=3000)
    texts = [f"It's no. {i}, isn't it{i % 97}? (Dr. X{i * 7 % 1009})" for i in range(3000)]
    expected = [tokenizer.tokenize_plain(text) for text in texts]
    wrong: list[str] = []

    def work(step: int) -> None:
        for start in range(0, len(texts), 50):
            at = (start * step) % len(texts)
            batch = tokenizer.tokenize(texts[at : at + 50])
            wrong.extend(texts[at + k] for k in range(50) if tokens_of(batch, k) != expected[at + k])

    threads = [threading.Thread(target=work, args=(step,)) for step in (1, 7, 11)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_the_table_grows_without_mixing_up_chunks() -> None:
    """Many more chunks than there were slots at first, all found again."""
    tokenizer = RuleTokenizer(Rules("test"))
    words = [f"{i:x}" for i in range(30_000)]
    assert tokenizer(" ".join(words)).words == words
    assert tokenizer(" ".join(words)).words == words
    assert len(tokenizer.lexemes) == len(words)


def test_an_exception_over_chunks_sends_the_text_to_the_reference_path() -> None:
    """A neighbour can change a chunk's tokens, so what the chunk gives alone does not count there."""
    tokenizer = TOKENIZERS["spanning"]
    batch = tokenizer.tokenize(["x c) y", "x c) a b", "b  c", "x a b"])
    assert [Doc(batch, i).words for i in range(4)] == [
        ["x", "c", ")", "y"],
        ["x", "c", ") a b"],
        ["b  c"],
        ["x", "a", " b"],
    ]


def test_long_chunks_of_the_reference_path_are_not_kept() -> None:
    """They have as many pieces as code points; some thousands of the longest would be a gigabyte."""
    tokenizer = RuleTokenizer(SPANNING)
    hostile = ["." * (600 - i) for i in range(8)]
    tracemalloc.start()
    tokenizer.tokenize([f"x a b {chunk}" for chunk in hostile[:2]])
    before = tracemalloc.get_traced_memory()[0]
    words = Doc(tokenizer.tokenize([f"x a b {chunk}" for chunk in hostile]), 0).words
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert words[:4] == ["x", "a", " b", "."]
    assert grown < 150_000


def test_given_words_make_a_document() -> None:
    """Words and blanks given by hand spell the text."""
    tokenizer = tokenizer_for("xx")
    doc = tokenizer.from_words(["Hello", ",", "world"], [False, True, False])
    assert (doc.text, doc.starts, doc.words) == ("Hello, world", [0, 5, 7], ["Hello", ",", "world"])
    assert tokenizer.from_words(["a", "b"]).text == "a b"
    assert len(tokenizer.from_words([])) == 0


def test_an_empty_batch_is_a_batch() -> None:
    """No texts, and texts without tokens, are fine."""
    tokenizer = tokenizer_for("en")
    assert tokenizer.tokenize([]).n_docs == 0
    batch = tokenizer.tokenize(["", "", "a", ""])
    assert batch.doc_offsets.tolist() == [0, 0, 0, 1, 1]
