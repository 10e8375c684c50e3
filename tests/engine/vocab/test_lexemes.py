# SPDX-License-Identifier: Apache-2.0
"""The lexeme table."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.vocab.lexeme_features import CodePointFlags, shape_of
from engine.vocab.lexemes import ATTRIBUTES, LexemeTable
from engine.vocab.strings import string_id

ANY_TEXT = st.text(st.characters(exclude_categories=()), min_size=1, max_size=120)


@given(ANY_TEXT)
def test_attributes_follow_their_definitions(text: str) -> None:
    """Every feature id is the string id of the feature's text."""
    table = LexemeTable()
    row = table.add(text)
    norm = table.norm(row)
    expected = {
        "ORTH": text,
        "NORM": norm,
        "PREFIX": text[0],
        "SUFFIX": text[-3:],
        "SHAPE": shape_of(text),
        "LOWER": text.lower(),
    }
    found = {name: int(table.attribute(name)[row]) for name in ATTRIBUTES}
    assert found == {name: string_id(value) for name, value in expected.items()} | {"LENGTH": len(text)}
    assert bool(table.is_space[row]) == text.isspace()


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("Hello", "Xxxxx"),
        ("iPhone14", "xXxxxxdd"),
        ("ABCDEFG", "XXXX"),
        ("12345,6", "dddd,d"),
        ("!!!!!!", "!!!!"),
        ("ǅ²Ⅷ", "xdⅧ"),
        ("a" * 100, "LONG"),
    ],
)
def test_shape_cuts_runs_to_four(text: str, shape: str) -> None:
    """Runs of one output character are cut to four; very long words share one shape."""
    assert shape_of(text) == shape


@pytest.mark.parametrize(
    ("text", "norm"),
    [
        ("Word", "word"),
        ("’s", "'s"),
        ("“", '"'),
        ("—", "-"),
        ("€", "$"),
        ("。", "."),
        ("US$", "$"),
        ("İ", "i̇"),
    ],
)
def test_norm_comes_from_the_base_table_or_is_lower_case(text: str, norm: str) -> None:
    """Without tables of the language, quotes and dashes fold and all else is lower-cased."""
    table = LexemeTable()
    assert table.norm(table.add(text)) == norm


def test_norms_of_the_language_go_before_the_base_table() -> None:
    """A language's norm table is asked first."""
    table = LexemeTable({"—": "dash", "gr8": "great"})
    assert [table.norm(table.add(text)) for text in ("—", "gr8", "–")] == ["dash", "great", "-"]


def test_an_exceptions_norm_makes_another_lexeme() -> None:
    """The same text with another norm has its own row, and the same row each time."""
    table = LexemeTable()
    plain, special = table.add("ca"), table.add("ca", "can")
    assert plain != special
    assert (table.add("ca"), table.add("ca", "can")) == (plain, special)
    assert (table.text(special), table.norm(special), table.norm(plain)) == ("ca", "can", "ca")
    assert table.attribute("NORM")[special] == string_id("can")


def test_views_stay_when_the_table_grows() -> None:
    """A reader's array keeps its length and values while rows are added."""
    table = LexemeTable()
    table.add_many(["one", "two"])
    view, values = table.attribute("ORTH"), table.attribute("ORTH").tolist()
    ids = table.add_many([f"word{i}" for i in range(5000)])
    assert ids == list(range(2, 5002))
    assert view.tolist() == values
    assert table.attribute("ORTH")[:2].tolist() == values
    assert len(table) == len(table.is_space) == len(table.is_punct) == 5002


def test_an_unknown_attribute_is_refused_with_the_known_ones() -> None:
    """A miss lists what exists."""
    with pytest.raises(KeyError, match="ORTH, NORM"):
        LexemeTable().attribute("POS")


def test_is_punct_asks_every_character() -> None:
    """Only texts that are punctuation throughout count."""
    table = LexemeTable()
    rows = table.add_many(["...", "“", "a.", "$", " "])
    assert table.is_punct[rows].tolist() == [True, True, False, False, False]


def test_threads_agree_on_ids() -> None:
    """Two threads that add the same texts get the same ids, each text once."""
    table = LexemeTable()
    words = [f"w{i}" for i in range(3000)]
    found: dict[int, list[int]] = {}
    threads = [
        threading.Thread(target=lambda k=k: found.update({k: [table.add(word) for word in words]}))
        for k in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found[0] == found[1] == found[2]
    assert len(table) == len(words)
    assert table.texts(table.attribute("LENGTH")[:0]) == []


def test_lexemes_move_to_another_table_with_their_norms() -> None:
    """An adopted lexeme has the same text and norm under its new id."""
    old, new = LexemeTable(), LexemeTable()
    ids = np.array(old.add_many(["ca", "ca", "n't"], [None, "can", "not"]))
    new.add_many(["other", "ca"])
    moved = new.adopt(old, ids)
    assert (new.texts(moved), new.norms(moved)) == (["ca", "ca", "n't"], ["ca", "can", "not"])
    assert new.adopt(new, ids) is ids
    with pytest.raises(ValueError, match="one tokenizer"):
        LexemeTable({"x": "y"}).adopt(old, ids)


def test_what_a_code_point_is_is_found_out_as_far_as_texts_come() -> None:
    """A text from far up in Unicode is seen as it is after texts that were not, and before them."""
    late, early = "\U00010400\U00010428\U0001d7d8 \U0001f600", "Ab1 ,"
    for texts in ([early, late, early], [late, early]):
        flags = CodePointFlags()
        for text in texts:
            found = flags.of(np.array([ord(char) for char in text], dtype=np.uint32))
            assert [bool(found[ord(char)] & 1) for char in text] == [char.isalpha() for char in text]
            assert [bool(found[ord(char)] & 2) for char in text] == [char.isupper() for char in text]
            assert [bool(found[ord(char)] & 4) for char in text] == [char.isdigit() for char in text]
            assert [bool(found[ord(char)] & 8) for char in text] == [char.isspace() for char in text]
