# SPDX-License-Identifier: Apache-2.0
"""Documents as JSON values: key order, what is left out, and the way back."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.doc.batch import Batch, LabelColumn
from engine.doc.doc import Doc
from engine.doc.json import batch_from_json, batch_to_json
from engine.errors import DocError
from engine.tokenizers import tokenizer_for
from engine.vocab.lexemes import LexemeTable
from tests.engine.batches import add_layers, bare_batch

LAYERS = ["tag", "pos", "morph", "lemma", "dep", "heads", "sents", "ents", "places", "cats"]


def gold() -> Doc:
    """A document with every layer."""
    doc = tokenizer_for("xx").from_words(["Kigali", "grew", "."], [True, False, False])
    doc.set_tags(["NNP", "VBD", "."])
    doc.set_pos(["PROPN", "VERB", "PUNCT"])
    doc.set_morphs(["Number=Sing", "", ""])
    doc.set_lemmas(["Kigali", "grow", "."])
    doc.set_heads([1, 1, 1], ["nsubj", "ROOT", "punct"])
    doc.set_sent_starts([1, -1, -1])
    doc.set_ents([(0, 1, "LOC")])
    doc.set_spans("places", [(0, 2, "CITY")])
    doc.set_cats({"news": 0.1})
    return doc


def read(data: dict[str, Any]) -> Doc:
    """The document of JSON values."""
    return Doc(batch_from_json(data, LexemeTable()), 0)


def test_a_full_document_has_its_keys_in_order() -> None:
    """The order of keys and the form of each layer are those that spaCy's tools write."""
    expected = {
        "text": "Kigali grew.",
        "ents": [{"start": 0, "end": 6, "label": "LOC"}],
        "sents": [{"start": 0, "end": 12}],
        "cats": {"news": 0.1},
        "tokens": [
            {
                "id": 0,
                "start": 0,
                "end": 6,
                "tag": "NNP",
                "pos": "PROPN",
                "morph": "Number=Sing",
                "lemma": "Kigali",
                "dep": "nsubj",
                "head": 1,
            },
            {
                "id": 1,
                "start": 7,
                "end": 11,
                "tag": "VBD",
                "pos": "VERB",
                "morph": "",
                "lemma": "grow",
                "dep": "ROOT",
                "head": 1,
            },
            {
                "id": 2,
                "start": 11,
                "end": 12,
                "tag": ".",
                "pos": "PUNCT",
                "morph": "",
                "lemma": ".",
                "dep": "punct",
                "head": 1,
            },
        ],
        "spans": {"places": [{"start": 0, "end": 11, "label": "CITY", "kb_id": ""}]},
    }
    assert json.dumps(gold().to_json()) == json.dumps(expected)


def test_layers_without_a_value_are_left_out() -> None:
    """A fresh document has its text and tokens only; a column of unset labels does not count as a layer."""
    batch = bare_batch([["a", "b"]])
    batch.columns["tag"] = LabelColumn(np.array([-1, -1]), ("NN",))
    assert list(batch_to_json(batch, 0)) == ["text", "tokens"]
    assert list(batch_to_json(batch, 0)["tokens"][0]) == ["id", "start", "end"]


def test_short_documents_always_have_sentences() -> None:
    """One token is a sentence, no token is none; an empty document shows that it has neither sentences nor
    entities."""
    batch = bare_batch([["a"], []])
    assert batch_to_json(batch, 0) == {
        "text": "a",
        "sents": [{"start": 0, "end": 1}],
        "tokens": [{"id": 0, "start": 0, "end": 1}],
    }
    assert batch_to_json(batch, 1) == {"text": "", "ents": [], "sents": [], "tokens": []}


def test_sentences_need_a_start_that_is_known() -> None:
    """Sentence starts that are all unknown are no layer."""
    batch = bare_batch([["a", "b"], ["c", "d"]])
    batch.sent_starts = np.array([1, 0, 1, -1], dtype=np.int8)
    assert ["sents" in batch_to_json(batch, i) for i in range(2)] == [False, True]


words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters=" "), min_size=1, max_size=5)


@settings(deadline=None)
@given(st.lists(words, max_size=10), st.sets(st.sampled_from(LAYERS)), st.integers(0, 2**32 - 1))
def test_reading_undoes_writing(doc: list[str], layers: set[str], seed: int) -> None:
    """What a document shows is the same after a trip through JSON text."""
    batch = add_layers(bare_batch([["before"], doc]), seed, layers)
    data = json.loads(json.dumps(batch_to_json(batch, 1)))
    assert read(data).to_json() == data


@pytest.mark.parametrize(
    "text", ["", " ", "  a  b ", "don't\n\nstop ", "\u05e9\u05dc\u05d5\u05dd \U0001f600", "\ud800 \0"]
)
def test_tokens_rebuild_any_text(text: str) -> None:
    """Words and blanks come back as the tokenizer cut them, lone surrogates included."""
    doc = tokenizer_for("en")(text)
    back = read(json.loads(json.dumps(doc.to_json())))
    assert (back.text, back.words, back.spaces) == (doc.text, doc.words, doc.spaces)


def one_token(**changes: Any) -> dict[str, Any]:
    """A document of the one token "ab", with some keys changed."""
    return {"text": "ab", "tokens": [{"id": 0, "start": 0, "end": 2}], **changes}


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"text": "ab"},
        {"text": 3, "tokens": [{"start": 0, "end": 1}]},
        one_token(text="ab c"),
        one_token(text="ab\n"),
        one_token(text=" ab"),
        one_token(tokens=[{"start": 0}]),
        one_token(tokens=[{"start": 0, "end": 0}, {"start": 0, "end": 2}]),
        one_token(tokens=[{"start": 0, "end": 2**40}]),
        one_token(tokens=[{"start": "x", "end": 2}]),
        one_token(tokens=[{"start": 0, "end": 2, "tag": 3}]),
        one_token(tokens=["ab"]),
        one_token(ents=[{"start": 0, "end": 1, "label": "X"}]),
        one_token(ents=[{"start": 2, "end": 0, "label": "X"}]),
        one_token(ents=[{"label": "X"}]),
        one_token(spans=[]),
        one_token(cats={"a": "x"}),
    ],
)
def test_what_is_no_document_is_refused(data: dict[str, Any]) -> None:
    """Missing fields, wrong types, gaps between tokens and spans inside tokens are a DocError, nothing
    else."""
    with pytest.raises(DocError):
        read(data)


def test_a_batch_is_read_over_the_lexemes_given() -> None:
    """Documents that are read meet the lexeme table of the tokenizer that they will be compared with."""
    tokenizer = tokenizer_for("en")
    batch: Batch = batch_from_json(one_token(), tokenizer.lexemes)
    assert batch.lexemes is tokenizer.lexemes
