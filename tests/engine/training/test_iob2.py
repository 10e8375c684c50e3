from __future__ import annotations

import pytest

from engine.errors import EngineError
from engine.training.iob2 import TaggedSentence, parse_iob2
from tests.engine.training.little_corpus import IOB2


def test_universal_ner_lines_are_read() -> None:
    """Words and tags of the numbered form, sentence by sentence, with their ids."""
    first, second = parse_iob2(IOB2.splitlines())
    assert (first.sent_id, first.tags) == ("a-1", ("B-PER", "O", "O", "O", "B-LOC", "O"))
    assert second.words == ("Rain", "fell", ".")


def test_two_column_lines_are_read() -> None:
    """A word and its tag, whatever stands between them."""
    (sentence,) = parse_iob2(["Ada\tB-person", "left O", ""])
    assert sentence == TaggedSentence("", ("Ada", "left"), ("B-person", "O"))


def test_tags_move_to_another_division_of_the_words() -> None:
    """A word that an entity touches belongs to it, whether the other side joins words or cuts them."""
    tagged = TaggedSentence("s", ("#", "Kigali", "-", "Rwanda"), ("O", "B-LOC", "I-LOC", "I-LOC"))
    assert tagged.tags_for(("#Kigali", "-Rwanda")) == ("B-LOC", "I-LOC")
    assert tagged.tags_for(("#", "Kig", "ali-", "Rwanda")) == ("O", "B-LOC", "I-LOC", "I-LOC")


def test_another_text_has_no_tags() -> None:
    """Where the characters differ nothing is known."""
    assert TaggedSentence("s", ("a", "b"), ("O", "O")).tags_for(("a", "c")) == ()


def test_a_line_without_tag_is_refused_with_its_place() -> None:
    """A word without a tag raises an error with source and line number."""
    with pytest.raises(EngineError, match="corpus:2: expected a word and a tag"):
        list(parse_iob2(["Ada\tB-PER", "left"], "corpus"))


def test_a_line_without_word_is_refused_whatever_stood_before_it() -> None:
    """Its tag was seen already."""
    with pytest.raises(EngineError, match="corpus:2: expected a word and a tag"):
        list(parse_iob2(["1\tRain\tO\n", "2\t\tO\n", "\n"], "corpus"))
