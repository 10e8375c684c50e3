# SPDX-License-Identifier: Apache-2.0
"""Edit trees: what turns a form into its lemma."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import EngineError
from engine.components.edit_trees import MAX_DEPTH, NO_TREE, EditTrees, Match, Replace, longest_common

WORDS = st.text("abcé", max_size=8)


@given(WORDS, WORDS)
def test_a_tree_makes_the_lemma_that_it_was_made_from(form: str, lemma: str) -> None:
    """Whatever the two are, the tree turns the one into the other, and is found again."""
    trees = EditTrees()
    number = trees.add(form, lemma)
    assert trees.apply(number, form) == lemma
    assert trees.add(form, lemma) == number == trees.find(form, lemma)
    assert EditTrees.from_json(trees.to_json()).apply(number, form) == lemma


def test_equal_edits_of_other_words_are_one_tree() -> None:
    """What is cut and put counts, not what stays; looking for a tree adds none."""
    trees = EditTrees()
    number = trees.add("gegangen", "gehen")
    assert trees.add("walked", "walk") == trees.add("talked", "talk")
    size = len(trees)
    assert trees.find("ran", "run") is None
    assert len(trees) == size
    assert trees.apply(number, "walked") is None


def test_trees_are_those_of_the_peer() -> None:
    """Parts come before the trees that use them, prefix before suffix, and equal ones are shared."""
    trees = EditTrees()
    assert [
        trees.add(*pair) for pair in (("Forest", "forest"), ("cats", "cat"), ("Is", "be"), ("Runs", "run"))
    ] == [1, 3, 4, 6]
    assert trees.to_json() == [
        ["F", "f"],
        [1, 0, 0, NO_TREE],
        ["s", ""],
        [0, 1, NO_TREE, 2],
        ["Is", "be"],
        ["R", "r"],
        [1, 1, 5, 2],
    ]


@pytest.mark.parametrize(
    ("form", "lemma", "found"),
    [
        ("abcab", "xabyab", (0, 1, 2)),
        ("abab", "ab", (0, 0, 2)),
        ("ab", "ba", (0, 1, 1)),
        ("a", "b", (0, 0, 0)),
        ("", "", (0, 0, 0)),
    ],
)
def test_of_common_parts_the_first_longest_is_kept(
    form: str, lemma: str, found: tuple[int, int, int]
) -> None:
    """First in the form, then in the lemma."""
    assert longest_common(form, lemma) == found


def test_a_tree_fits_only_words_that_are_long_enough() -> None:
    """Prefix and suffix may not overlap; what is cut off without a tree is lost."""
    trees = EditTrees([Match(2, 1, NO_TREE, NO_TREE), Replace("a", "b"), Match(1, 0, 1, NO_TREE)])
    assert trees.apply(0, "ab") is None
    assert trees.apply(0, "abc") == ""
    assert trees.apply(0, "abXc") == "X"
    assert trees.apply(2, "ac") == "bc"
    assert trees.apply(2, "cc") is None


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([["a", 1]], "two texts or four numbers"),
        ([[0, 0, 0, -1]], "earlier ones"),
        ([[-1, 0, -1, -1]], "two texts or four numbers"),
        ([[1, 0, 1, -1], ["a", "b"]], "earlier ones"),
        ([["a", "b"]] + [[0, 0, i, i] for i in range(20)], "at most"),
        ([["a", "b"]] + [[0, 0, i, -1] for i in range(MAX_DEPTH)], "deep"),
    ],
)
def test_trees_that_do_not_end_are_refused(rows: list[Any], message: str) -> None:
    """A file may not hold trees within themselves, nor such that grow beyond all words when they are put to
    work."""
    with pytest.raises(EngineError, match=message):
        EditTrees.from_json(rows)
