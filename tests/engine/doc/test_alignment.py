from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.doc.alignment import align, comparable_spans
from engine.errors import EngineError
from engine.tokenizers import tokenizer_for

TOKENIZER = tokenizer_for("en")


def ranges(ours: list[str], theirs: list[str], spaces: list[bool] | None = None) -> list[tuple[int, int]]:
    """Ranges of the second words that the first ones overlap."""
    a = TOKENIZER.from_words(ours, spaces)
    b = TOKENIZER.from_words(theirs, None if spaces is None else [False] * len(theirs))
    return list(align(*comparable_spans(a, b)).ranges())


def glued(words: list[str]) -> list[bool]:
    """No blank after any word."""
    return [False] * len(words)


def test_equal_words_align_one_to_one() -> None:
    """Where both sides have the same words, each aligns to its own position."""
    assert ranges(["rain", "fell"], ["rain", "fell"]) == [(0, 1), (1, 2)]


def test_one_token_overlaps_many() -> None:
    """A token that gold divides aligns to all its pieces, and each piece to the token."""
    assert ranges(["don't"], ["do", "n't"], [False]) == [(0, 2)]
    assert ranges(["do", "n't"], ["don't"], glued(["do", "n't"])) == [(0, 1), (0, 1)]


def test_halves_that_cross_align_to_both() -> None:
    """A token whose border lies inside two others aligns to both."""
    assert ranges(["ab", "cd"], ["a", "bc", "d"], glued(["ab", "cd"])) == [(0, 2), (1, 3)]


def test_whitespace_tokens_align_to_nothing() -> None:
    """A whitespace token has an empty range, and the tokens around it keep theirs."""
    ours, theirs = TOKENIZER("a  b"), TOKENIZER.from_words(["a", "b"])
    assert [token.text for token in ours] == ["a", " ", "b"]
    assert [last - first for first, last in align(*comparable_spans(ours, theirs)).ranges()] == [1, 0, 1]


def test_case_and_blanks_may_differ() -> None:
    """Texts that differ in blanks and case alone are one text."""
    ours, theirs = TOKENIZER.from_words(["Rain", "fell"]), TOKENIZER.from_words(["rainf", "ell"])
    assert list(align(*comparable_spans(ours, theirs)).ranges()) == [(0, 1), (0, 2)]


def test_other_texts_are_refused_with_the_place() -> None:
    """Texts with other letters raise an error that shows both from the first difference on."""
    with pytest.raises(EngineError, match=r"character 4 .* 'fell' and the annotation 'ends'"):
        comparable_spans(TOKENIZER.from_words(["rain", "fell"]), TOKENIZER.from_words(["rain", "ends"]))


letters = st.text(alphabet="abcXYZ.é", min_size=1, max_size=24)


@given(letters, st.sets(st.integers(1, 23)), st.sets(st.integers(1, 23)))
def test_alignment_is_symmetric_and_covers_every_character(
    text: str, cuts_a: set[int], cuts_b: set[int]
) -> None:
    """For any two divisions of a text, a token overlaps another exactly where they share a character, both
    ways."""
    a, b = divide(text, cuts_a), divide(text, cuts_b)
    docs = TOKENIZER.from_words(a, glued(a)), TOKENIZER.from_words(b, glued(b))
    ours, theirs = comparable_spans(*docs)
    forth, back = list(align(ours, theirs).ranges()), list(align(theirs, ours).ranges())
    spans_a, spans_b = spans_of(a), spans_of(b)
    for i, (start, end) in enumerate(spans_a):
        shared = [j for j, (s, e) in enumerate(spans_b) if s < end and start < e]
        assert forth[i] == (shared[0], shared[-1] + 1)
        assert all(back[j][0] <= i < back[j][1] for j in shared)


def divide(text: str, cuts: set[int]) -> list[str]:
    """The text cut at these places."""
    places = [0, *sorted(cut for cut in cuts if cut < len(text)), len(text)]
    return [text[a:b] for a, b in itertools.pairwise(places)]


def spans_of(words: list[str]) -> list[tuple[int, int]]:
    """Character spans of words without blanks."""
    spans, at = [], 0
    for word in words:
        spans.append((at, at + len(word)))
        at += len(word)
    return spans
