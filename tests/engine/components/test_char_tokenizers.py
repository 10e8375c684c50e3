# SPDX-License-Identifier: Apache-2.0
"""Components that learn to tokenize."""

from __future__ import annotations

import pytest
from thinc.api import Adam, fix_random_seed

import engine
from engine import Example, Pipeline
from engine.config.config import parse_config
from engine.doc.regroup import regroup

WORDS = ("This", "is", "it", ".", "Do", "n't", "go", "!")
SPACES = (True, True, False, True, False, True, False, False)


def learned(kind: str) -> tuple[Pipeline, list[Example]]:
    """A pipeline of single characters that has learned one text."""
    fix_random_seed(0)
    nlp = engine.from_config(
        engine.fill_config(
            parse_config(
                f"""
[nlp]
lang = "en"
pipeline = ["words"]
tokenizer = {{"@tokenizers":"spacy-experimental.char_pretokenizer.v1"}}

[components]

[components.words]
factory = "experimental_char_{kind}_tokenizer"
"""
            )
        )
    )
    gold = nlp.tokenizer.from_words(WORDS, SPACES)
    gold.set_sent_starts([1, -1, -1, -1, 1, -1, -1, -1])
    examples = [Example(nlp.tokenizer(gold.text), gold)] * 2
    nlp.initialize(lambda: examples)
    optimizer = Adam(0.01)
    for _ in range(15):
        nlp.update(examples, optimizer=optimizer)
    return nlp, examples


@pytest.mark.parametrize("kind", ["ner", "tagger"])
def test_words_are_learned_from_characters(kind: str) -> None:
    """The text comes back in gold's words and blanks, alone and amid empty texts."""
    nlp, examples = learned(kind)
    text = examples[0].text
    doc = nlp(text)
    assert (doc.words, doc.spaces, doc.text) == (list(WORDS), list(SPACES), text)
    assert [one.words for one in nlp.pipe(["", text])] == [[], list(WORDS)]
    scores = nlp.evaluate(examples)
    assert scores["token_f"] == 1.0
    if kind == "tagger":
        assert doc.sent_starts == [1, -1, -1, -1, 1, -1, -1, -1]
        assert scores["sents_f"] == 1.0


def test_what_stands_between_words_is_kept() -> None:
    """Other characters and white space become tokens, but for one blank behind a word: the text is spelt."""
    tokenizer = engine.blank("en").tokenizer
    batch = tokenizer.tokenize([" a,  bc d\n", "", "xy"])
    regroup(batch, [[(1, 2), (5, 7)], [], [(0, 1)]])
    docs = [engine.Doc(batch, i) for i in range(3)]
    assert docs[0].words == [" ", "a", ",", " ", "bc", "d", "\n"]
    assert docs[0].spaces == [False, False, True, False, True, False, False]
    assert (docs[1].words, docs[2].words) == ([], ["x", "y"])
    for doc in docs:
        spelt = "".join(word + " " * space for word, space in zip(doc.words, doc.spaces, strict=True))
        assert spelt == doc.text
