# SPDX-License-Identifier: Apache-2.0
"""Token patterns: operators, predicates, keys, callbacks, errors."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from engine import Doc, Pipeline, blank
from engine.matching import Matcher, PatternError, levenshtein_compare


@pytest.fixture(scope="module")
def nlp() -> Pipeline:
    """A pipeline that only tokenizes."""
    return blank("en")


def doc_of(nlp: Pipeline, words: str) -> Doc:
    """A document of these words."""
    return nlp.tokenizer.from_words(words.split())


def pattern_of(text: str) -> list[dict[str, Any]]:
    """`"a b? .*"`: words, a point for any, each with its operator behind it."""
    parts = [(part[0], part[1:]) for part in text.split()]
    return [{**({} if char == "." else {"ORTH": char}), **({"OP": op} if op else {})} for char, op in parts]


def matches(nlp: Pipeline, words: str, *patterns: str, **settings: Any) -> list[tuple[int, int]]:
    """Start and end of what the patterns of one key find."""
    matcher = Matcher()
    matcher.add("KEY", [pattern_of(pattern) for pattern in patterns], **settings)
    return [(start, end) for _, start, end in matcher(doc_of(nlp, words))]


@pytest.mark.parametrize(
    ("words", "pattern", "expected"),
    [
        ("a b a", "a b", [(0, 2)]),
        ("a b a", "a b?", [(0, 1), (0, 2), (2, 3)]),
        ("a b b", "a b*", [(0, 1), (0, 2), (0, 3)]),
        ("a a", "a+", [(0, 1), (0, 2), (1, 2)]),
        ("a c", "a b!", [(0, 2)]),
        ("a", "a b!", []),
        ("a a a", "a{2}", [(0, 2), (1, 3)]),
        ("a a a", "a{1,2}", [(0, 1), (0, 2), (1, 2), (1, 3), (2, 3)]),
        ("a a a", "a{2,}", [(0, 2), (0, 3), (1, 3)]),
        ("a a", "a{,1}", [(0, 1), (1, 2)]),
        ("a b", "a{0} b", [(1, 2)]),
        ("a b", ". .", [(0, 2)]),
        ("", "a*", []),
    ],
)
def test_operators_say_how_many_tokens_a_pattern_takes(
    nlp: Pipeline, words: str, pattern: str, expected: list[Any]
) -> None:
    """Each operator gives every match it allows, by end, and never an empty one."""
    assert matches(nlp, words, pattern) == expected


def test_the_same_match_is_told_once(nlp: Pipeline) -> None:
    """Two patterns, or two ways through one pattern, that take the same tokens are one match of their key."""
    assert matches(nlp, "a a", "a a", "a? a?") == [(0, 1), (0, 2), (1, 2)]


def test_greedy_keeps_the_first_or_the_longest(nlp: Pipeline) -> None:
    """Of overlapping matches of a key, FIRST keeps the leftmost and LONGEST the longest."""
    assert matches(nlp, "a b a a", "a b", "b a a", greedy="FIRST") == [(0, 2)]
    assert matches(nlp, "a b a a", "a b", "b a a", greedy="LONGEST") == [(1, 4)]


def test_many_choices_stay_cheap(nlp: Pipeline) -> None:
    """Twenty stars in a row over two hundred tokens end soon, for states that came to the same place are
    one."""
    assert len(matches(nlp, "a " * 200, "a* " * 20)) == 200 * 201 // 2


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"LOWER": {"IN": ["the", "cats"]}}, ["The", "cats"]),
        ({"LOWER": {"NOT_IN": ["the", "cats", "12"]}}, ["dogs"]),
        ({"TEXT": {"REGEX": "^[a-d]"}}, ["dogs", "cats"]),
        ({"TEXT": {"REGEX": {"IN": ["^T", "2$"]}}}, ["The", "12"]),
        ({"TEXT": {"FUZZY": "dgos"}}, ["dogs"]),
        ({"TEXT": {"FUZZY1": {"IN": ["dog", "cts"]}}}, ["dogs", "cats"]),
        ({"LENGTH": {">=": 3, "<": 4}}, ["The"]),
        ({"LENGTH": {"IN": [2, 3]}}, ["The", "12"]),
        ({"IS_DIGIT": True}, ["12"]),
        ({"IS_SENT_START": True}, ["The"]),
        ({"IS_SENT_START": False, "LIKE_NUM": False}, ["dogs", "cats"]),
        ({"SPACY": False}, ["cats"]),
        ({"SHAPE": "xxxx"}, ["dogs", "cats"]),
        ({"orth": "dogs"}, ["dogs"]),
    ],
)
def test_conditions_choose_tokens(nlp: Pipeline, condition: dict[str, Any], expected: list[str]) -> None:
    """Values and predicates of attributes of the text."""
    matcher = Matcher()
    matcher.add("KEY", [[condition]])
    assert [span.text for span in matcher(nlp("The dogs 12 cats"), as_spans=True)] == expected


def test_features_are_sets(nlp: Pipeline) -> None:
    """Morphology is compared feature by feature."""
    doc = doc_of(nlp, "she runs fast")
    doc.set_morphs(["Case=Nom|Number=Sing", "Number=Sing", "Degree=Pos"])
    found = {}
    for name, features in (
        ("IS_SUPERSET", ["Number=Sing"]),
        ("IS_SUBSET", ["Number=Sing", "Tense=Pres"]),
        ("INTERSECTS", ["Case=Nom", "Degree=Pos"]),
    ):
        matcher = Matcher()
        matcher.add("KEY", [[{"MORPH": {name: features}}]])
        found[name] = [span.text for span in matcher(doc, as_spans=True)]
    assert found == {"IS_SUPERSET": ["she", "runs"], "IS_SUBSET": ["runs"], "INTERSECTS": ["she", "fast"]}


def test_a_layer_that_is_missing_is_an_error_unless_allowed(nlp: Pipeline) -> None:
    """A pattern that asks for tags of documents without any says what to add to the pipeline."""
    matcher = Matcher()
    matcher.add("KEY", [[{"TAG": "NN"}]])
    with pytest.raises(PatternError, match="add a tagger"):
        matcher(nlp("rain"))
    assert matcher(nlp("rain"), allow_missing=True) == []
    assert matcher(nlp("")) == []


def test_keys_have_ids_and_can_be_taken_away(nlp: Pipeline) -> None:
    """A match has the id of its key; keys are counted, looked up, extended and removed."""
    matcher = Matcher()
    matcher.add("ONE", [pattern_of("a")])
    matcher.add("TWO", [pattern_of("b")])
    matcher.add("ONE", [pattern_of("c")])
    assert [matcher.key(key) for key, _, _ in matcher(doc_of(nlp, "a b c"))] == ["ONE", "TWO", "ONE"]
    assert (len(matcher), "ONE" in matcher, "THREE" in matcher, matcher.get("THREE")) == (
        2,
        True,
        False,
        None,
    )
    assert matcher.get("ONE") == (None, [pattern_of("a"), pattern_of("c")])
    matcher.remove("ONE")
    assert [matcher.key(key) for key, _, _ in matcher(doc_of(nlp, "a b c"))] == ["TWO"]
    with pytest.raises(PatternError, match="'ONE'; there are: 'TWO'"):
        matcher.remove("ONE")


def test_callbacks_see_all_matches(nlp: Pipeline) -> None:
    """Each match calls the callback of its key, once everything is found."""
    calls: list[tuple[int, int]] = []
    matcher = Matcher()
    matcher.add("A", [pattern_of("a")], on_match=lambda matcher, doc, i, found: calls.append((i, len(found))))
    matcher.add("B", [pattern_of("b")])
    matcher(doc_of(nlp, "a b a"))
    assert calls == [(0, 3), (2, 3)]


def test_spans_are_searched_on_their_own(nlp: Pipeline) -> None:
    """Positions count from the span's start; spans that come back are of the document."""
    matcher = Matcher()
    matcher.add("KEY", [pattern_of("a b?")])
    part = doc_of(nlp, "a b a b")[2:3]
    assert [(start, end) for _, start, end in matcher(part)] == [(0, 1)]
    assert [(span.start, span.end, span.label) for span in matcher(part, as_spans=True)] == [(2, 3, "KEY")]


def test_alignments_say_which_token_pattern_took_which_token(nlp: Pipeline) -> None:
    """Positions of token patterns, one for each token of a match."""
    matcher = Matcher()
    matcher.add("KEY", [pattern_of("a b* c")])
    assert [found[1:] for found in matcher(doc_of(nlp, "a b b c"), with_alignments=True)] == [
        (0, 4, [0, 1, 1, 2])
    ]


def test_batches_are_searched_document_by_document(nlp: Pipeline) -> None:
    """No match reaches over the end of a document; what one finds alone, one finds in a batch."""
    matcher = Matcher()
    matcher.add("KEY", [[{"LOWER": "rain"}, {"OP": "?"}]])
    batch = nlp.predict(["Rain", "rain again", "", "no rain"])
    alone = [[found[1:] for found in matcher(Doc(batch, i))] for i in range(batch.n_docs)]
    keys, found = matcher.find(batch)
    assert [matcher.key(key) for key in keys] == ["KEY"]
    rows = [
        (int(batch.doc_offsets[i]) + start, int(batch.doc_offsets[i]) + end)
        for i, part in enumerate(alone)
        for start, end in part
    ]
    assert list(zip(found.rows.tolist(), found.ends.tolist(), strict=True)) == rows


def test_matching_is_safe_from_several_threads(nlp: Pipeline) -> None:
    """Threads that share a matcher, and a table of words that grows, find what one finds."""
    matcher = Matcher()
    matcher.add("KEY", [[{"TEXT": {"REGEX": "1"}}, {"LOWER": {"FUZZY1": "rain"}, "OP": "+"}]])
    texts = [f"{i} rain rains {i * 7}x" for i in range(200)]
    expected = [matcher(nlp(text)) for text in texts]
    results: dict[int, Any] = {}

    def work(number: int) -> None:
        own = blank("en")
        results[number] = [matcher(own(text)) for text in texts]

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(results[i] == expected for i in range(4))


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ([], "at least one token"),
        ("abc", "a list of one map per token"),
        ([5], "token 0: expected a map"),
        ([{"FOO": 1}], "got 'FOO'; there are: .*LEMMA.*and OP"),
        ([{"_": 1}], "a map from attributes of Token._"),
        ([{"LOWER": "a", "lower": "b"}], "each attribute once"),
        ([{"TEXT": 5}], "token 0, TEXT: expected a text"),
        ([{"IS_ALPHA": "yes"}], "true or false"),
        ([{"LENGTH": "3"}], "a whole number"),
        ([{"ENT_IOB": "X"}], "one of '', 'I', 'O', 'B'"),
        ([{"TEXT": {"FOO": "a"}}], "got 'FOO'; there are: IN, NOT_IN"),
        ([{"TEXT": {"==": "a"}}], "there are: IN"),
        ([{"LENGTH": {"REGEX": "a"}}], "there are: .*=="),
        ([{"LENGTH": {">": "a"}}], "expected a number for >"),
        ([{"TEXT": {"IN": "abc"}}], "a list for IN"),
        ([{"TEXT": {"REGEX": "("}}], "a regular expression"),
        ([{"TEXT": {"REGEX": {"IS_SUBSET": ["a"]}}}], "IN or NOT_IN inside REGEX"),
        ([{"OP": "x"}], "one of the operators"),
        ([{"OP": "{2,1}"}], "n up to m"),
        ([{"OP": "{99999}"}], "up to 10000"),
        ([{"OP": "{,}"}], "one of the operators"),
    ],
)
def test_a_bad_pattern_says_where_and_what_exists(pattern: Any, message: str) -> None:
    """The error names the key, the pattern, the token and what there is; nothing is added."""
    matcher = Matcher()
    with pytest.raises(PatternError, match=message) as error:
        matcher.add("KEY", [[{"ORTH": "fine"}], pattern])
    assert "pattern 1 of 'KEY'" in str(error.value)
    assert len(matcher) == 0


def test_other_bad_calls_say_what_is_expected(nlp: Pipeline) -> None:
    """A single pattern without its list, an unknown way with overlaps, something that is no document."""
    matcher = Matcher()
    with pytest.raises(PatternError, match="put a single one in a list"):
        matcher.add("KEY", [{"ORTH": "a"}])  # type: ignore[list-item]
    with pytest.raises(PatternError, match="FIRST, LONGEST"):
        matcher.add("KEY", [[{"ORTH": "a"}]], greedy="ALL")  # type: ignore[arg-type]
    with pytest.raises(PatternError, match="a Doc or a Span"):
        matcher("text")  # type: ignore[call-overload]
    with pytest.raises(PatternError, match="id of a rule"):
        matcher.key(5)


def test_fuzzy_allows_two_edits_or_a_third_of_the_pattern() -> None:
    """Without a number the pattern's length decides; a number is exact."""
    assert levenshtein_compare("color", "colour")
    assert not levenshtein_compare("cat", "dog", 2)
    assert levenshtein_compare("abcdefghij", "abcdefgxyz") is True
    assert levenshtein_compare("abcdefghij", "abcdefgxyz", 2) is False
    assert levenshtein_compare("", "") is True


def test_another_comparison_can_be_given(nlp: Pipeline) -> None:
    """FUZZY means what the given function says."""
    matcher = Matcher(fuzzy_compare=lambda text, pattern, edits: text[0] == pattern[0])
    matcher.add("KEY", [[{"ORTH": {"FUZZY": "rain"}}]])
    assert [span.text for span in matcher(nlp("red sun"), as_spans=True)] == ["red"]
