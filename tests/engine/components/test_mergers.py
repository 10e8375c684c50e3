# SPDX-License-Identifier: Apache-2.0
"""Joining tokens: `doc.retokenize`, and the components that join."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import engine
from engine import Doc, EngineError
from engine.components import DocCleaner
from engine.components.mergers import entities, noun_chunks, subtokens
from engine.doc.batch import Batch, join
from engine.doc.token_merge import Merge, merge_tokens
from engine.errors import DocError

WORDS = ["I", "live", "in", "New", "York", "City", ",", "mostly", "."]


def annotated() -> Doc:
    """A document with all layers."""
    doc = engine.blank("en").tokenizer.from_words(
        WORDS, [True, True, True, True, True, False, True, False, False]
    )
    doc.set_tags(["PRP", "VBP", "IN", "JJ", "NNP", "NN", ",", "RB", "."])
    doc.set_pos(["PRON", "VERB", "ADP", "ADJ", "PROPN", "NOUN", "PUNCT", "ADV", "PUNCT"])
    doc.set_lemmas(["I", "live", "in", "new", "York", "city", ",", "mostly", "."])
    doc.set_heads(
        [1, 1, 1, 5, 5, 2, 7, 1, 1],
        ["nsubj", "ROOT", "prep", "amod", "compound", "pobj", "punct", "advmod", "punct"],
    )
    doc.set_sent_starts([1] + [-1] * 8)
    doc.set_ents([(3, 6, "GPE")])
    doc.set_spans("sc", [(0, 2, "A"), (2, 5, "B"), (4, 9, "C")])
    doc.batch.vectors["tok2vec"] = np.arange(9, dtype=np.float32)[:, None]
    return doc


def test_a_joined_token_takes_after_its_root() -> None:
    """Tag, part of speech, label and head are the root's; the lemma is that of all parts; every later layer
    moves along."""
    doc = annotated()
    with doc.retokenize() as changes:
        changes.merge(doc[3:6])
    assert doc.words == ["I", "live", "in", "New York City", ",", "mostly", "."]
    assert (doc[3].tag, doc[3].pos, doc[3].dep, doc[3].lemma, doc[3].norm) == (
        "NN",
        "NOUN",
        "pobj",
        "new York city",
        "new york city",
    )
    assert doc.heads == [1, 1, 1, 2, 5, 1, 1]
    assert [(ent.start, ent.end, ent.label) for ent in doc.ents] == [(3, 4, "GPE")]
    assert [(span.start, span.end, span.label) for span in doc.spans["sc"]] == [
        (0, 2, "A"),
        (2, 4, "B"),
        (3, 7, "C"),
    ]
    assert [token.idx for token in doc] == [0, 2, 7, 10, 23, 25, 31]
    assert doc.batch.vectors["tok2vec"][:, 0].tolist() == [0, 1, 2, 5, 6, 7, 8]
    assert "".join(token.text_with_ws for token in doc) == doc.text


def test_what_is_said_of_the_new_token_goes_before() -> None:
    """Names of attributes may be written as spaCy writes them."""
    doc = annotated()
    with doc.retokenize() as changes:
        changes.merge(doc[3:6], {"LEMMA": "NYC", "pos": "PROPN", "NORM": "nyc", "ENT_TYPE": "LOC"})
        changes.merge(doc[6:8])
    assert (doc[3].lemma, doc[3].pos, doc[3].norm, doc[3].ent_type) == ("NYC", "PROPN", "nyc", "LOC")
    assert (doc[4].text, doc[4].tag) == (", mostly", "RB")


def test_a_joined_token_has_the_ids_of_its_first_part() -> None:
    """The entity's label is the root's, its ids are those of the first token, as in spaCy."""
    doc = annotated()
    doc.set_column("ent_id", ["", "", "", "q1", "q2", "q3", "", "", ""])
    with doc.retokenize() as changes:
        changes.merge(doc[3:6])
    assert (doc[3].tag, doc.ents[0].id) == ("NN", "q1")


@pytest.mark.parametrize(
    ("label", "expected"), [("GPE", [(2, 4, "GPE")]), ("ORG", [(2, 3, "GPE"), (3, 4, "ORG")])]
)
def test_a_token_that_began_inside_an_entity_goes_on_with_it(
    label: str, expected: list[tuple[int, int, str]]
) -> None:
    """Its root belongs to the next entity; with the same label both become one, as in spaCy."""
    doc = annotated()
    doc.set_ents([(2, 5, "GPE"), (5, 6, label)])
    with doc.retokenize() as changes:
        changes.merge(doc[2:4])
        changes.merge(doc[4:6])
    assert [(ent.start, ent.end, ent.label) for ent in doc.ents] == expected


def test_an_entity_is_cut_where_half_of_it_is_joined_to_other_words() -> None:
    """The new token belongs to the entity of its root; what is left of the other begins anew."""
    doc = annotated()
    with doc.retokenize() as changes:
        changes.merge(doc[1:4])
    assert [(ent.text, ent.label) for ent in doc.ents] == [("York City", "GPE")]


def test_sentences_follow_from_the_trees() -> None:
    """Joining over a border of sentences makes one of two roots depend on the other."""
    doc = engine.blank("en").tokenizer.from_words(["a", "b", "c", "d"])
    doc.set_heads([0, 0, 3, 3], ["ROOT", "x", "y", "ROOT"])
    doc.set_sent_starts([1, -1, 1, -1])
    with doc.retokenize() as changes:
        changes.merge(doc[1:3])
    assert doc.heads == [0, 0, 2]
    assert doc.sent_starts == [1, -1, 1]


def test_wrong_requests_change_nothing() -> None:
    """Overlapping tokens and unknown attributes are refused."""
    doc = annotated()
    with pytest.raises(DocError, match=r"0:2 and 1:3"):
        merge_tokens(doc.batch, [Merge(0, 0, 2), Merge(0, 1, 3)])
    with pytest.raises(DocError, match="'head'; there are: tag"), doc.retokenize() as changes:
        changes.merge(doc[0:2], {"HEAD": "x"})
    with pytest.raises(DocError, match="8:10"):
        merge_tokens(doc.batch, [Merge(0, 8, 10)])
    assert doc.words == WORDS


def test_a_document_of_a_larger_batch_leaves_it_when_its_tokens_change() -> None:
    """The other documents, and views of them, stay as they are."""
    batch = join([(annotated().batch, 0), (annotated().batch, 0)])
    one, other = Doc(batch, 0), Doc(batch, 1)
    with other.retokenize() as changes:
        changes.merge(other[0:2])
    assert (one.words, len(other), batch.n_tokens) == (WORDS, len(WORDS) - 1, 2 * len(WORDS))


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 8), st.integers(1, 4)), max_size=6))
def test_batches_are_joined_as_their_documents(wanted: list[tuple[int, int, int]]) -> None:
    """Joining in a batch gives each document what joining in it alone gives, whatever its neighbours."""
    merges: list[Merge] = []
    for doc, start, size in wanted:
        if start + size <= 9 and all(
            m.doc != doc or m.end <= start or start + size <= m.start for m in merges
        ):
            merges.append(Merge(doc, start, start + size))
    parts = [annotated() for _ in range(3)]
    batch = tripled(parts)
    merge_tokens(batch, merges)
    for index, part in enumerate(parts):
        with part.retokenize() as changes:
            for merge in merges:
                if merge.doc == index:
                    changes.merge(part[merge.start : merge.end])
        assert layers(Doc(batch, index)) == layers(part)


def tripled(docs: list[Doc]) -> Batch:
    """The documents, which have equal layers, as one batch."""
    batch = join([(doc.batch, 0) for doc in docs])
    n = len(docs)
    one = docs[0].batch
    for name, column in one.columns.items():
        batch.columns[name] = type(column)(np.tile(column.ids, n), column.labels)
    for key, spans in one.spans.items():
        offsets = np.arange(n + 1) * len(spans.starts)
        arrays = (np.tile(array, n) for array in (spans.starts, spans.ends, spans.label_ids))
        batch.spans[key] = type(spans)(offsets, *arrays, spans.labels)
    assert one.heads is not None
    assert one.sent_starts is not None
    batch.heads, batch.sent_starts = np.tile(one.heads, n), np.tile(one.sent_starts, n)
    batch.vectors = {name: np.tile(rows, (n, 1)) for name, rows in one.vectors.items()}
    return batch


def layers(doc: Doc) -> dict[str, Any]:
    """Everything that was set."""
    columns = {name: doc.column(name) for name in doc.batch.columns}
    spans = {
        key: [(span.start, span.end, span.label) for span in group]
        for key, group in {**doc.spans, "ents": doc.ents}.items()
    }
    rows = slice(doc.start_row, doc.end_row)
    vectors = doc.batch.vectors["tok2vec"][rows].tolist()
    return {
        **columns,
        **spans,
        "words": doc.words,
        "heads": doc.heads,
        "sents": doc.sent_starts,
        "vectors": vectors,
        "starts": doc.starts,
    }


def test_components_find_what_to_join() -> None:
    """Entities and noun chunks; runs of the label with the token behind, at the end without one."""
    batch = annotated().batch
    assert list(entities(batch)) == [Merge(0, 3, 6)]
    assert list(noun_chunks(batch)) == [Merge(0, 0, 1), Merge(0, 3, 6)]
    doc = engine.blank("en").tokenizer.from_words(list("abcdef"))
    assert list(entities(doc.batch)) == list(noun_chunks(doc.batch)) == list(subtokens(doc.batch)) == []
    doc.set_heads([1, 2, 2, 3, 5, 5], ["subtok", "subtok", "ROOT", "x", "x", "subtok"])
    assert list(subtokens(doc.batch)) == [Merge(0, 0, 3), Merge(0, 5, 6)]


def test_components_join_in_a_pipeline() -> None:
    """By config alone, over all documents of a batch."""
    names = ["merge_entities", "merge_noun_chunks", "merge_subtokens", "doc_cleaner"]
    config = {
        "nlp": {"lang": "en", "pipeline": names},
        "components": {name: {"factory": name} for name in names},
    }
    batch = engine.from_config(engine.fill_config(engine.Config(config))).predict_batch(
        tripled([annotated() for _ in range(2)])
    )
    assert [Doc(batch, i).words[3] for i in range(2)] == ["New York City"] * 2
    assert batch.vectors == {}


def test_a_cleaner_takes_away_only_what_it_is_told_to() -> None:
    """Attributes that we do not have are passed over, or refused where that is wanted."""
    doc = annotated()
    doc.set_cats({"x": 1.0})
    DocCleaner("cleaner", {"ents": [], "cats": {}, "_.trf_data": None}, True).predict(doc.batch)
    assert (doc.has("ents"), doc.has("cats"), doc.has("sc"), list(doc.batch.vectors)) == (
        False,
        False,
        True,
        ["tok2vec"],
    )
    DocCleaner("cleaner", {"spans": {}}, False).predict(doc.batch)
    assert not doc.batch.spans
    with pytest.raises(EngineError, match=r"tensor, cats, ents, spans, got '_\.trf_data'"):
        DocCleaner("cleaner", {"_.trf_data": None}, False)
