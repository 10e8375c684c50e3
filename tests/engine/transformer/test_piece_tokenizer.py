# SPDX-License-Identifier: Apache-2.0
"""Tokenizers with their cache of units: always what the library says."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.transformer import PieceTokenizer, TransformerError, tokenizer_from_files, unit_cache

from .tiny_tokenizers import KINDS, SENTENCES, byte_bpe_files, wordpiece_files

HOSTILE = (
    *" abcdefgAB.,'!-0129",
    *"éñüßıİªﬁ½①\u00a8\u00b4\u0301\u0308\u200d\u200b\u2581\u00a0\u3000\t\n\r\x00\x7f\u2028\u2029\ufeff\ud800",
    *"日本語中русский😀👍🏽",
    " the",
    "don't",
    "  ",
    "[CLS]",
    "[mask]",
    "<mask>",
    "<s>",
    "</s>",
)
texts = st.lists(st.sampled_from(HOSTILE), max_size=12).map("".join)


@cache
def made(kind: str) -> PieceTokenizer:
    """A tokenizer of a kind, its cache kept between examples."""
    return tokenizer_from_files(KINDS[kind]())


def assert_same(tokenizer: PieceTokenizer, some: list[str]) -> None:
    """Ids, offsets and lengths with the cache are those without."""
    got, expected = tokenizer.encode(some), tokenizer.encode_uncached(some)
    for name in ("ids", "starts", "ends", "cu_seq_lens"):
        np.testing.assert_array_equal(getattr(got, name), getattr(expected, name), err_msg=repr((name, some)))


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=150)
@given(some=st.lists(texts, max_size=4))
def test_units_give_what_whole_texts_give(kind: str, some: list[str]) -> None:
    """Whatever a text holds: blanks, marks, controls, special pieces, half characters."""
    assert_same(made(kind), some)


@pytest.mark.parametrize("kind", KINDS)
def test_ordinary_texts_come_from_the_cache(kind: str) -> None:
    """The tokenizer itself is not asked a second time."""
    tokenizer = tokenizer_from_files(KINDS[kind]())
    plain = [sentence for sentence in SENTENCES if sentence.isascii()]
    assert_same(tokenizer, plain)
    assert tokenizer._cache is not None
    _, _, whole = tokenizer._cache.pieces_of(plain)
    assert not whole.any()


def test_the_cache_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A full one begins anew; long units are never kept."""
    monkeypatch.setattr(unit_cache, "MAX_UNITS", 50)
    tokenizer = tokenizer_from_files(wordpiece_files())
    for i in range(20):
        assert_same(tokenizer, [" ".join(f"{i}x{j}" for j in range(20)), "y" * 200])
    assert tokenizer._cache is not None
    assert len(tokenizer._cache._table.numbers) <= 50


def test_threads_share_a_cache() -> None:
    """Several threads at once, units new to all of them."""
    tokenizer = tokenizer_from_files(byte_bpe_files())
    many = [[f"word{i} and word{(i * j) % 97} again{j}" for j in range(50)] for i in range(8)]
    expected = [tokenizer.encode_uncached(some).ids for some in many]
    with ThreadPoolExecutor(8) as threads:
        for got, ids in zip(threads.map(tokenizer.encode, many), expected, strict=True):
            np.testing.assert_array_equal(got.ids, ids)


def test_padding_and_limit_of_the_last_call_are_dropped() -> None:
    """A saved tokenizer carries both; nothing is padded and nothing is cut."""
    tokenizer = tokenizer_from_files(wordpiece_files())
    assert tokenizer.encode(["", "a b c d e f g h"]).lengths.tolist() == [2, 10]
    assert tokenizer.model_max_length == 128


def test_pieces_have_names_and_offsets() -> None:
    """Special pieces stand at 0 to 0."""
    tokenizer = tokenizer_from_files(wordpiece_files())
    found = tokenizer.encode(["The  fox?"])
    assert tokenizer.strings(found.ids) == ["[CLS]", "the", "fox", "?", "[SEP]"]
    assert list(zip(found.starts.tolist(), found.ends.tolist(), strict=True)) == [
        (0, 0),
        (0, 3),
        (5, 8),
        (8, 9),
        (0, 0),
    ]


def test_a_slow_tokenizer_is_made_of_its_vocabulary() -> None:
    """`vocab.txt` alone gives what `tokenizer.json` gives; unknown words belong to no token."""
    files = wordpiece_files()
    vocab = json.loads(files["tokenizer.json"])["model"]["vocab"]
    lines = "\n".join(sorted(vocab, key=vocab.get)).encode()
    slow = tokenizer_from_files(
        {"vocab.txt": lines, "tokenizer_config.json": files["tokenizer_config.json"]}, use_fast=False
    )
    some = ["The quick ☃ fox", "[UNK] spelled"]
    found = slow.encode(some)
    np.testing.assert_array_equal(found.ids, tokenizer_from_files(files).encode(some).ids)
    aligned = slow.aligned(some, found)
    unknown = found.ids == vocab["[UNK]"]
    in_first = np.arange(len(found.ids)) < found.cu_seq_lens[1]
    assert not aligned[unknown & in_first].any()
    assert aligned[~in_first].all()


def test_settings_count() -> None:
    """`tokenizer_config` says how long, and in which case."""
    files = wordpiece_files(False)
    assert tokenizer_from_files(files, settings={"model_max_length": 32}).model_max_length == 32
    assert tokenizer_from_files(files, settings={"use_fast": False}).use_fast is False


def test_a_tokenizer_without_vocabulary_is_refused() -> None:
    """With the names of files that would do."""
    with pytest.raises(
        TransformerError, match=r"tokenizer\.json, vocab\.txt, .* got special_tokens_map\.json"
    ):
        tokenizer_from_files({"special_tokens_map.json": b"{}"})


def test_the_digest_is_that_of_what_counts() -> None:
    """The same for the same files, another one for another limit."""
    first, again = tokenizer_from_files(wordpiece_files()), tokenizer_from_files(wordpiece_files())
    other = tokenizer_from_files(wordpiece_files(), settings={"model_max_length": 12})
    assert first.digest == again.digest != other.digest
