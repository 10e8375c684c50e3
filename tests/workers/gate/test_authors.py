# SPDX-License-Identifier: Apache-2.0
"""Whose corrections count when candidates are judged."""

from __future__ import annotations

from engine import Example
from engine.training.keyed_example import KeyedExample
from tests.engine.toy import shared, toy_pipeline
from workers.gate.authors import NOBODY, author_of, counted


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


def test_a_correction_has_an_author_and_a_document_has_none() -> None:
    """Documents of the fixed holdout belong to nobody."""
    doc = toy_pipeline(shared("tagger"))("Ada met Grace")
    assert author_of(Example(doc, doc)) == NOBODY
    assert author_of(KeyedExample(doc, doc, key="c1", source="", author="ada")) == "ada"
