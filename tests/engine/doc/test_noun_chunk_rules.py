# SPDX-License-Identifier: Apache-2.0
"""Noun phrases by the rule of each language."""

from __future__ import annotations

import pytest

import engine
from engine import Doc
from engine.doc.noun_chunk_rules import NOUN_CHUNKS
from engine.doc.tree import Tree


def chunks(lang: str, tokens: str) -> list[str]:
    """Phrases of `word/POS/label/head` tokens."""
    parts = [token.split("/") for token in tokens.split()]
    words, pos, deps, heads = zip(*parts, strict=True)
    found = NOUN_CHUNKS[lang](Tree.of([int(head) for head in heads]), pos, deps)
    return [" ".join(words[start:end]) for start, end in found]


@pytest.mark.parametrize(
    ("lang", "tokens", "expected"),
    [
        (
            "de",
            "Die/DET/nk/1 Frau/NOUN/sb/2 ruft/VERB/ROOT/2 Herrn/NOUN/oa/2 Müller/PROPN/nk/3 in/ADP/mo/2 "
            "Bonn/PROPN/nk/5",
            ["Die Frau", "Herrn Müller", "Bonn"],
        ),
        (
            "fr",
            "Le/DET/det/1 chat/NOUN/nsubj/3 noir/ADJ/amod/1 voit/VERB/ROOT/3 la/DET/det/5 ville/NOUN/obj/3 "
            "de/ADP/case/7 Paris/PROPN/nmod/5 et/CCONJ/cc/9 Lyon/PROPN/conj/7",
            ["Le chat noir", "la ville", "Paris", "Lyon"],
        ),
        (
            "sv",
            "Den/DET/det/1 bilen/NOUN/nsubj/4 i/ADP/case/3 staden/NOUN/nmod/1 gick/VERB/ROOT/4",
            ["Den bilen i staden"],
        ),
        (
            "nl",
            "De/DET/det/1 kat/NOUN/nsubj/2 ziet/VERB/ROOT/2 hij/PRON/nsubj/2 Jan/PROPN/obj/2",
            ["De kat", "hij"],
        ),
        ("el", "το/DET/det/1 σπίτι/NOUN/nsubj/4 του/DET/det/3 Γιάννη/PROPN/nmod/1 είναι/AUX/ROOT/4",
         ["το σπίτι του Γιάννη"]),
        ("da", "en/DET/det/1 bil/NOUN/ROOT/1 af/ADP/case/3 stål/NOUN/nmod/1", ["en bil", "stål"]),
        ("ja", "赤い/ADJ/acl/1 車/NOUN/nsubj/3 が/ADP/case/1 走る/VERB/ROOT/3", ["赤い 車"]),
    ],
)  # fmt: skip
def test_phrases_are_those_of_the_language(lang: str, tokens: str, expected: list[str]) -> None:
    """Names after a noun, adjectives after it, whole subtrees: each language has its own."""
    assert chunks(lang, tokens) == expected


@pytest.mark.parametrize("lang", ["cs", "ro", "xx", "tr"])
def test_a_language_without_a_rule_is_refused(lang: str) -> None:
    """As documented: a NotImplementedError, which lists who has one."""
    nlp = engine.blank(lang)
    doc = Doc(nlp.vocab, words=["a", "b"], pos=["VERB", "NOUN"], deps=["ROOT", "obj"], heads=[0, 0])
    with pytest.raises(NotImplementedError, match=f"got '{lang}'; there are da, de"):
        list(doc.noun_chunks)
    with pytest.raises(engine.EngineError):
        list(doc[0:2].noun_chunks)


def test_a_rule_of_ones_own_takes_the_place() -> None:
    """`vocab.get_noun_chunks`, as the defaults' syntax iterators give it."""
    nlp = engine.blank("cs")
    nlp.vocab.get_noun_chunks = lambda doc: [(1, 2, "OWN")]
    doc = Doc(nlp.vocab, words=["a", "b"], pos=["VERB", "NOUN"], deps=["ROOT", "obj"], heads=[0, 0])
    assert [(chunk.text, chunk.label_) for chunk in doc.noun_chunks] == [("b", "OWN")]
    german = engine.blank("de")
    doc = Doc(german.vocab, words=["a", "b"], pos=["VERB", "NOUN"], deps=["ROOT", "oa"], heads=[0, 0])
    find = german.Defaults.syntax_iterators["noun_chunks"]
    assert [chunk.text for chunk in doc.noun_chunks] == ["b"]
    assert list(find(doc)) == list(find(doc[1:2])) == [(1, 2, "NP")]
    assert list(find(doc[0:1])) == []


def test_one_token_is_a_sentence_without_annotation() -> None:
    """`doc.sents` of a document of one token needs no senter."""
    doc = engine.blank("en")("Rain")
    assert [sent.text for sent in doc.sents] == ["Rain"]
