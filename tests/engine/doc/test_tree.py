# SPDX-License-Identifier: Apache-2.0
"""Trees as users read them: children, subtrees, spans' roots, noun phrases."""

from __future__ import annotations

import pytest

from engine.doc.doc import Doc
from engine.doc.noun_chunks import UD_ROLES, noun_chunks
from engine.doc.tree import edges_of
from engine.errors import DocError
from engine.tokenizers import Tokenizer, tokenizer_for

WORDS = [
    "The",
    "small",
    "boat",
    "and",
    "its",
    "crew",
    "reached",
    "the",
    "far",
    "shore",
    "of",
    "a",
    "quiet",
    "lake",
]
POS = [
    "DET",
    "ADJ",
    "NOUN",
    "CCONJ",
    "PRON",
    "NOUN",
    "VERB",
    "DET",
    "ADJ",
    "NOUN",
    "ADP",
    "DET",
    "ADJ",
    "NOUN",
]
HEADS = [2, 2, 6, 2, 5, 2, 6, 9, 9, 6, 9, 13, 13, 10]
DEPS = [
    "det",
    "amod",
    "nsubj",
    "cc",
    "poss",
    "conj",
    "ROOT",
    "det",
    "amod",
    "dobj",
    "prep",
    "det",
    "amod",
    "pobj",
]


@pytest.fixture(scope="module")
def english() -> Tokenizer:
    """The tokenizer of English."""
    return tokenizer_for("en")


@pytest.fixture
def doc(english: Tokenizer) -> Doc:
    """One sentence with its tree."""
    made = english.from_words(WORDS)
    made.set_pos(POS)
    made.set_heads(HEADS, DEPS)
    return made


def test_children_stand_left_and_right_of_their_head(doc: Doc) -> None:
    """Children come in order of position, and can be asked for by side."""
    boat, reached = doc[2], doc[6]
    assert [t.text for t in boat.children] == ["The", "small", "and", "crew"]
    assert [t.text for t in boat.lefts] == ["The", "small"]
    assert [t.text for t in boat.rights] == ["and", "crew"]
    assert (reached.n_lefts, reached.n_rights) == (1, 1)


def test_a_subtree_reaches_from_edge_to_edge(doc: Doc) -> None:
    """A token's subtree holds it and all below it; its ends are the token's edges."""
    shore = doc[9]
    assert [t.text for t in shore.subtree] == WORDS[7:]
    assert (shore.left_edge.text, shore.right_edge.text) == ("the", "lake")


def test_ancestors_lead_to_the_root(doc: Doc) -> None:
    """The chain of heads ends with the root, which has none itself."""
    assert [t.text for t in doc[11].ancestors] == ["lake", "of", "shore", "reached"]
    assert not list(doc[6].ancestors)
    assert doc[9].is_ancestor(doc[11])
    assert not doc[2].is_ancestor(doc[11])


def test_root_of_a_span_is_its_highest_token(doc: Doc) -> None:
    """Of tokens equally high the first is taken; an empty span has no root."""
    assert doc[0:3].root.text == "boat"
    assert doc[7:9].root.text == "the"
    with pytest.raises(DocError, match="empty"):
        _ = doc[3:3].root


@pytest.mark.parametrize(("last_head", "root"), [(6, 1), (2, 2)])
def test_marks_that_nothing_hangs_on_are_no_root(english: Tokenizer, last_head: int, root: int) -> None:
    """Punctuation and whitespace count as other words only where they have children, even where they are
    nearer to the root."""
    doc = english.from_words(["far", "word", "!", "\n", "near", "ROOT", "ROOT"], [False] * 7)
    doc.set_heads([4, 0, 5, 5, 5, 5, last_head], [""] * 7)
    assert doc[1:4].root.i == root


def test_noun_chunks_are_flat(doc: Doc) -> None:
    """Phrases end with their noun, joined nouns count like the first of them, and none lies inside
    another."""
    assert [chunk.text for chunk in doc.noun_chunks] == [
        "The small boat",
        "its crew",
        "the far shore",
        "a quiet lake",
    ]


def test_noun_chunks_know_universal_dependencies_on_request(doc: Doc) -> None:
    """With the roles of another label scheme its phrases are found."""
    deps = [{"dobj": "obj", "pobj": "obl"}.get(dep, dep) for dep in DEPS]
    doc.set_heads(HEADS, deps)
    assert [chunk.text for chunk in doc.noun_chunks] == ["The small boat", "its crew"]
    assert len(list(noun_chunks(doc.tree, doc.pos_tags, doc.deps, UD_ROLES))) == 4


def test_noun_chunks_need_a_tree(english: Tokenizer) -> None:
    """Without dependencies the error says which component is missing."""
    with pytest.raises(DocError, match="parser"):
        _ = english.from_words(["Rain"]).noun_chunks


def test_without_heads_every_token_is_a_root(english: Tokenizer) -> None:
    """A document that nobody parsed has tokens without children."""
    assert [list(token.children) for token in english.from_words(["Rain", "fell"])] == [[], []]


def test_edges_settle_as_spacy_has_them() -> None:
    """Passes end when all heads lie within their sentences; the last token is not asked, so its crossing arc
    changes nothing."""
    assert edges_of([0, 0, 7, 7, 4, 4, 7, 4, 8, 6])[1] == [1, 1, 2, 3, 7, 5, 9, 9, 8, 9]
