# SPDX-License-Identifier: Apache-2.0
"""String ids."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.vocab.strings import SYMBOL_IDS, SYMBOLS, string_id, string_ids

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=40)
MASK = (1 << 64) - 1


def reference_hash(data: bytes, seed: int) -> int:
    """MurmurHash64A in Python integers."""
    m = 0xC6A4A7935BD1E995
    state = seed ^ (len(data) * m & MASK)
    for at in range(0, len(data) // 8 * 8, 8):
        block = int.from_bytes(data[at : at + 8], "little") * m & MASK
        state = (state ^ ((block ^ (block >> 47)) * m & MASK)) * m & MASK
    tail = data[len(data) // 8 * 8 :]
    if tail:
        state = (state ^ int.from_bytes(tail, "little")) * m & MASK
    state = (state ^ (state >> 47)) * m & MASK
    return state ^ (state >> 47)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", 0),
        ("hello", 5983625672228268878),
        ("Hello", 15777305708150031551),
        ("Xxxxx", 16072095006890171862),
    ],
)
def test_ids_are_those_of_spacy(text: str, expected: int) -> None:
    """Trained tables are addressed by these very numbers."""
    assert string_id(text) == expected


@pytest.mark.parametrize(
    ("name", "number"),
    [("ORTH", 65), ("SPACE", 103), ("PERSON", 380), ("root", 449), ("relcl", 447), ("_", 456)],
)
def test_a_symbol_has_its_number(name: str, number: int) -> None:
    """A text that is exactly a symbol's name has the symbol's number, case mattering."""
    assert string_id(name) == SYMBOL_IDS[name] == number
    assert string_id(name + "x") > len(SYMBOLS)


def test_there_are_457_distinct_symbols() -> None:
    """The table of symbols is complete."""
    assert len(SYMBOLS) == len(set(SYMBOLS)) == 457


@given(st.lists(ANY_TEXT, max_size=8))
def test_many_ids_at_once_are_the_single_ones(texts: list[str]) -> None:
    """Ids come from the UTF-8 bytes with seed 1, whatever the code points, lone surrogates too."""
    expected = [
        SYMBOL_IDS.get(text, reference_hash(text.encode("utf-8", "surrogatepass"), 1)) for text in texts
    ]
    assert string_ids(texts).tolist() == expected
