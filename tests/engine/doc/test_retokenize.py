# SPDX-License-Identifier: Apache-2.0
"""Splitting tokens with `doc.retokenize`."""

from __future__ import annotations

import numpy as np
import pytest

import engine
from engine import Doc
from engine.errors import DocError


def annotated() -> Doc:
    """A document whose fourth token is two words."""
    doc = engine.blank("en").tokenizer.from_words(
        ["I", "saw", "old", "LosAngeles", "."], [True, True, True, False, False]
    )
    doc.set_pos(["PRON", "VERB", "ADJ", "PROPN", "PUNCT"])
    doc.set_lemmas(["I", "see", "old", "LosAngeles", "."])
    doc.set_heads([1, 1, 3, 1, 1], ["nsubj", "ROOT", "amod", "obj", "punct"])
    doc.set_sent_starts([1, -1, -1, -1, -1])
    doc.set_ents([(3, 4, "LOC")])
    doc.set_spans("sc", [(2, 4, "A"), (4, 5, "B")])
    doc.batch.vectors["tok2vec"] = np.arange(5, dtype=np.float32)[:, None]
    return doc


def test_pieces_spell_the_token_and_all_layers_follow() -> None:
    """The first piece keeps what the token had; the others have what is said, and their text as lemma."""
    doc = annotated()
    with doc.retokenize() as changes:
        changes.split(
            doc[3],
            ["Los", "Angeles"],
            heads=[(doc[3], 1), doc[1]],
            attrs={"DEP": ["compound", "obj"], "pos": ["PROPN", ""]},
        )
    assert doc.words == ["I", "saw", "old", "Los", "Angeles", "."]
    assert doc.heads == [1, 1, 3, 4, 1, 1]
    assert (doc.deps[3:5], doc.pos_tags[3:5], doc.lemmas[3:5]) == (
        ["compound", "obj"],
        ["PROPN", ""],
        ["Los", "Angeles"],
    )
    assert [(token.idx, token.whitespace_) for token in doc][3:] == [(10, ""), (13, ""), (20, "")]
    assert [(ent.start, ent.end) for ent in doc.ents] == [(3, 5)]
    assert [(span.start, span.end) for span in doc.spans["sc"]] == [(2, 5), (5, 6)]
    assert doc.sent_starts == [1, -1, -1, -1, -1, -1]
    assert doc.batch.vectors["tok2vec"][:, 0].tolist() == [0, 1, 2, 3, 3, 4]
    assert "".join(token.text_with_ws for token in doc) == doc.text


def test_splitting_needs_no_trees() -> None:
    """Without heads, sentences stay; a piece behind the first starts none."""
    doc = engine.blank("en").tokenizer.from_words(["ab", "c"])
    doc.set_sent_starts([1, 1])
    with doc.retokenize() as changes:
        changes.split(doc[0], ["a", "b"], heads=[doc[0], doc[0]], attrs={"LEMMA": ["x", "y"]})
    assert (doc.words, doc.sent_starts, doc.lemmas) == (["a", "b", "c"], [1, -1, 1], ["x", "y", ""])


def test_joining_puts_pieces_together_again() -> None:
    """What was split can be joined."""
    doc = annotated()
    with doc.retokenize() as changes:
        changes.split(doc[3], ["Los", "Angeles"], heads=[doc[1], (doc[3], 0)])
    with doc.retokenize() as changes:
        changes.merge(doc[3:5])
    assert (doc.words, doc.heads, doc.lemmas) == (annotated().words, annotated().heads, annotated().lemmas)


@pytest.mark.parametrize(
    ("pieces", "n_heads", "attrs", "message"),
    [
        (["Los", "Angele"], 2, {}, "spell 'LosAngeles'"),
        (["LosAngeles", ""], 2, {}, "spell 'LosAngeles'"),
        (["Los", "Angeles"], 1, {}, "2 heads"),
        (["Los", "Angeles"], 2, {"TAG": ["X"]}, "2 tag"),
        (["Los", "Angeles"], 2, {"NORM": ["x", "y"]}, "'norm'; there are: tag"),
    ],
)
def test_wrong_pieces_are_refused(
    pieces: list[str], n_heads: int, attrs: dict[str, list[str]], message: str
) -> None:
    """The error says what was expected, and nothing changes."""
    doc = annotated()
    with pytest.raises(DocError, match=message), doc.retokenize() as changes:
        changes.split(doc[3], pieces, heads=[doc[1]] * n_heads, attrs=attrs)
    assert doc.words == annotated().words
