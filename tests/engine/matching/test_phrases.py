# SPDX-License-Identifier: Apache-2.0
"""Phrases: attributes, keys, overlaps, errors."""

from __future__ import annotations

import pytest

from engine import Pipeline, blank
from engine.matching import PatternError, PhraseMatcher


@pytest.fixture(scope="module")
def nlp() -> Pipeline:
    """A pipeline that only tokenizes."""
    return blank("en")


def test_phrases_are_found_wherever_their_tokens_are(nlp: Pipeline) -> None:
    """Overlapping phrases are all found, by start and then by end."""
    matcher = PhraseMatcher()
    matcher.add("KEY", [nlp("New York"), nlp("York"), nlp("New York City")])
    assert [found[1:] for found in matcher(nlp("in New York City"))] == [(1, 3), (1, 4), (2, 3)]


def test_the_attribute_decides_what_is_the_same(nlp: Pipeline) -> None:
    """By text, by lower-cased text, by shape."""
    found = {}
    for attr in ("TEXT", "LOWER", "SHAPE"):
        matcher = PhraseMatcher(attr=attr)
        matcher.add("KEY", [nlp("Rome")])
        found[attr] = [span.text for span in matcher(nlp("Rome rome Oslo"), as_spans=True)]
    assert found == {"TEXT": ["Rome"], "LOWER": ["Rome", "rome"], "SHAPE": ["Rome", "Oslo"]}


def test_a_phrase_may_have_several_keys(nlp: Pipeline) -> None:
    """Each key of a phrase gives a match; an empty phrase gives none; removing a key leaves the others."""
    matcher = PhraseMatcher()
    matcher.add("CITY", [nlp("Rome"), nlp("")])
    matcher.add("NAME", [nlp("Rome")])
    assert sorted(matcher.key(key) for key, _, _ in matcher(nlp("Rome"))) == ["CITY", "NAME"]
    matcher.remove("CITY")
    assert [matcher.key(key) for key, _, _ in matcher(nlp("Rome"))] == ["NAME"]
    assert (len(matcher), "CITY" in matcher, "NAME" in matcher) == (1, False, True)
    with pytest.raises(PatternError, match="there are: 'NAME'"):
        matcher.remove("CITY")


def test_callbacks_and_spans(nlp: Pipeline) -> None:
    """Callbacks are called for each match; positions in a part of a document are those in the document."""
    calls: list[int] = []
    matcher = PhraseMatcher()
    matcher.add("KEY", [nlp("rain")], on_match=lambda matcher, doc, i, found: calls.append(i))
    assert [found[1:] for found in matcher(nlp("rain and rain")[1:])] == [(2, 3)]
    assert calls == [0]


def test_many_phrases_stay_apart(nlp: Pipeline) -> None:
    """Ten thousand phrases over a few words are found exactly where they are."""
    matcher = PhraseMatcher()
    words = [f"w{i}" for i in range(100)]
    matcher.add("KEY", [nlp.tokenizer.from_words([one, other]) for one in words for other in words])
    doc = nlp.tokenizer.from_words(["w1", "w99", "x", "w5", "w5"])
    assert [found[1:] for found in matcher(doc)] == [(0, 2), (3, 5)]


def test_bad_calls_say_what_is_expected(nlp: Pipeline) -> None:
    """An unknown attribute, a text in place of documents, a layer that the phrases lack."""
    with pytest.raises(PatternError, match=r"got 'FOO'; there are: .*LOWER"):
        PhraseMatcher(attr="FOO")
    with pytest.raises(PatternError, match="put a single one in a list"):
        PhraseMatcher().add("KEY", nlp("Rome"))  # type: ignore[arg-type]
    with pytest.raises(PatternError, match="add a tagger"):
        PhraseMatcher(attr="TAG").add("KEY", [nlp("Rome")])
