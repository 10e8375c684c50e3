# SPDX-License-Identifier: Apache-2.0
"""Whose corrections count when candidates are judged."""

from __future__ import annotations

from engine import Example
from engine.training.keyed_example import KeyedExample
from workers.gate.authors import author_of, counted


def test_one_author_among_several_has_his_share_at_most() -> None:
    """Of 400 corrections nine tenths are one author's: with a share of one half, and some that are always
    free, two thirds of those that count are; all of the others' count."""
    authors = ["mallory" if i % 10 else "ada" for i in range(400)]
    kept = [author for author, counts in zip(authors, counted(authors, 0.5), strict=True) if counts]
    assert kept.count("ada") == 40
    assert kept.count("mallory") < 0.72 * len(kept)


def test_who_is_alone_counts_whole() -> None:
    """One person's corrections are all there is; documents of the fixed holdout are nobody's, and count."""
    assert all(counted(["ada"] * 500, 0.5))
    assert all(counted(["ada", ""] * 250, 0.5))


def test_a_large_share_limits_nobody() -> None:
    """At 1 every correction counts."""
    assert all(counted(["mallory"] * 90 + ["ada"] + ["mallory"] * 90, 1.0))


def test_the_author_is_read_from_what_an_example_was_made_of() -> None:
    """A correction's message names him; documents have none."""
    doc = Example.__new__(Example)
    assert author_of(doc) == ""
    example = KeyedExample.__new__(KeyedExample)
    example.source = 'c{"author": "ada", "id": "m"}'
    assert author_of(example) == "ada"
    example.source = 'd{"text": "a"}'
    assert author_of(example) == ""
