# SPDX-License-Identifier: Apache-2.0
"""Documents, tokens and spans as views."""

from __future__ import annotations

import numpy as np
import pytest

from engine.doc.batch import LabelColumn, SpanColumn
from engine.doc.doc import Doc
from engine.errors import DocError
from engine.tokenizers import tokenizer_for

TOKENIZER = tokenizer_for("en")


def annotated() -> Doc:
    """A document with every layer."""
    doc = TOKENIZER("Ada's cat sleeps. It dreams!")
    doc.set_tags(["NNP", "POS", "NN", "VBZ", ".", "PRP", "", "."])
    doc.set_pos(["PROPN", "PART", "NOUN", "VERB", "PUNCT", "PRON", "VERB", "PUNCT"])
    doc.set_morphs(["Number=Sing", "", "Number=Sing", "", "", "", "", ""])
    doc.set_lemmas(["Ada", "'s", "cat", "sleep", ".", "it", "dream", "!"])
    doc.set_heads(
        [2, 0, 3, 3, 3, 6, 6, 6], ["poss", "case", "nsubj", "root", "punct", "nsubj", "root", "punct"]
    )
    doc.set_sent_starts([1, -1, -1, -1, -1, 1, -1, -1])
    doc.set_ents([(0, 1, "PERSON"), (5, 6, "THING")])
    doc.set_spans("sc", [(2, 4, "B"), (0, 3, "A")])
    doc.set_cats({"pets": 0.75})
    return doc


def test_tokens_read_every_layer() -> None:
    """A token gives what the columns hold, as plain text."""
    token = annotated()[0]
    assert (token.text, token.tag, token.pos, token.morph, token.lemma, token.dep) == (
        "Ada",
        "NNP",
        "PROPN",
        "Number=Sing",
        "Ada",
        "poss",
    )
    assert (token.i, token.idx, token.norm, token.lower, token.shape, len(token)) == (
        0,
        0,
        "ada",
        "ada",
        "Xxx",
        3,
    )
    assert (token.head.text, token.ent_type, token.is_sent_start, token.whitespace_) == (
        "cat",
        "PERSON",
        True,
        "",
    )
    assert (token.is_space, token.is_punct, str(token), repr(token)) == (False, False, "Ada", "Ada")


def test_list_properties_are_as_long_as_the_document() -> None:
    """Bulk reading gives one value per token, empty strings where unset."""
    doc = annotated()
    lists = (
        doc.words,
        doc.norms,
        doc.starts,
        doc.ends,
        doc.spaces,
        doc.tags,
        doc.pos_tags,
        doc.morphs,
        doc.lemmas,
        doc.deps,
        doc.heads,
    )
    assert {len(values) for values in lists} == {len(doc)} == {8}
    assert doc.tags[6] == ""
    assert doc.is_puncts == [False, False, False, False, True, False, False, True]


def test_a_plain_document_has_empty_layers() -> None:
    """Nothing was set: empty strings, own heads, no spans, unknown sentence starts."""
    doc = TOKENIZER("Two words")
    assert (doc.tags, doc.heads, doc.sent_starts, doc.ents, dict(doc.spans), doc.cats) == (
        ["", ""],
        [0, 1],
        [0, 0],
        (),
        {},
        {},
    )
    assert not any(doc.has(layer) for layer in ("tag", "sents", "heads", "cats", "ents"))
    assert (doc[0].is_sent_start, doc[1].is_sent_start) == (True, None)
    with pytest.raises(DocError, match="sentencizer"):
        _ = doc.sents


def test_entities_sentences_and_groups_are_spans() -> None:
    """Spans know their tokens, characters, text and label."""
    doc = annotated()
    assert [(ent.text, ent.label, ent.start_char, ent.end_char) for ent in doc.ents] == [
        ("Ada", "PERSON", 0, 3),
        ("It", "THING", 18, 20),
    ]
    assert [sent.text for sent in doc.sents] == ["Ada's cat sleeps.", "It dreams!"]
    assert [(span.text, span.label) for span in doc.spans["sc"]] == [("Ada's cat", "A"), ("cat sleeps", "B")]
    assert doc.cats == {"pets": 0.75}


def test_slices_are_spans() -> None:
    """A slice gives a span; positions may be negative; steps are refused."""
    doc = annotated()
    span = doc[2:4]
    assert (span.text, len(span), [token.text for token in span], span[-1].text) == (
        "cat sleeps",
        2,
        ["cat", "sleeps"],
        "sleeps",
    )
    assert doc[-1].text == "!"
    assert (doc[3:3].text, doc[3:3].start_char) == ("", 10)
    assert doc[2:4] == doc[2:4] != doc[2:5]
    assert doc[1] == doc[1] != annotated()[1]
    assert len({doc[1], doc[1], doc[2]}) == 2
    with pytest.raises(DocError, match="step"):
        doc[::2]
    with pytest.raises(IndexError):
        doc[8]


@pytest.mark.parametrize(
    ("start", "end", "alignment", "text"),
    [
        (6, 9, "strict", "cat"),
        (6, 10, "strict", None),
        (5, 8, "strict", None),
        (5, 17, "contract", "cat sleeps."),
        (7, 8, "contract", None),
        (7, 12, "expand", "cat sleeps"),
        (0, 28, "strict", "Ada's cat sleeps. It dreams!"),
    ],
)
def test_char_span_finds_tokens(start: int, end: int, alignment: str, text: str | None) -> None:
    """Offsets that do not fit token borders give nothing, or the tokens inside, or those touched."""
    span = annotated().char_span(start, end, "X", alignment)
    assert (None if span is None else span.text) == text
    assert span is None or span.label == "X"


def test_documents_of_a_batch_read_their_own_rows() -> None:
    """Views of one batch see their part of every array."""
    batch = TOKENIZER.tokenize(["a b", "", "c d e"])
    batch.columns["tag"] = LabelColumn(np.array([0, 1, 1, 0, -1]), ("X", "Y"))
    batch.spans["ents"] = SpanColumn(
        np.array([0, 1, 1, 2]), np.array([0, 1]), np.array([1, 3]), np.array([0, 0]), ("E",)
    )
    batch.cats["c"] = np.array([0.5, np.nan, 1.0], dtype=np.float32)
    docs = [Doc(batch, i) for i in range(3)]
    assert [doc.tags for doc in docs] == [["X", "Y"], [], ["Y", "X", ""]]
    assert [[ent.text for ent in doc.ents] for doc in docs] == [["a"], [], ["d e"]]
    assert [doc.cats for doc in docs] == [{"c": 0.5}, {}, {"c": 1.0}]
    docs[0].set_tags(["", "Z"])
    docs[2].set_ents([(0, 1, "F")])
    assert [doc.tags for doc in docs] == [["", "Z"], [], ["Y", "X", ""]]
    assert [[ent.label_ for ent in Doc(batch, i).ents] for i in range(3)] == [["E"], [], ["F"]]


@pytest.mark.parametrize(
    "wrong",
    [
        lambda doc: doc.set_tags(["X"]),
        lambda doc: doc.set_sent_starts([2, 0]),
        lambda doc: doc.set_heads([0, 5], ["", ""]),
        lambda doc: doc.set_ents([(0, 2, "A"), (1, 2, "B")]),
        lambda doc: doc.set_spans("sc", [(1, 1, "A")]),
        lambda doc: doc.set_spans("sc", [(0, 3, "A")]),
    ],
)
def test_layers_that_do_not_fit_are_refused(wrong: object) -> None:
    """Wrong lengths, positions and overlaps are errors that say what was expected."""
    with pytest.raises(DocError, match="expected"):
        wrong(TOKENIZER("Two words"))  # type: ignore[operator]


def test_json_goes_there_and_back() -> None:
    """`from_json` of `to_json` gives an equal document."""
    doc = annotated()
    data = doc.to_json()
    assert Doc.from_json(data, TOKENIZER.lexemes).to_json() == data
    assert data["text"] == doc.text
    assert repr(doc) == "Ada's cat sleeps. It dreams!"  # as documented: people print lists of documents
