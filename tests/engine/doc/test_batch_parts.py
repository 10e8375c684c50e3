# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import engine
from engine import Doc
from engine.doc.batch import Batch
from engine.doc.batch_parts import join_layers, part_of, take_over

TEXTS = ("Ada met Grace Hopper. They talked.", "", "Rain fell in Kigali.")


def annotated() -> Batch:
    """Documents with every layer."""
    nlp = engine.blank("en")
    docs = [nlp(text) for text in TEXTS]
    for number, doc in enumerate(docs):
        doc.set_tags([word[:1] for word in doc.words])
        doc.set_heads([0] * len(doc), ["dep"] * len(doc))
        doc.set_cats({"A": 0.25 * number})
        if len(doc):
            doc.set_ents([(0, 1, "PER")])
            doc.set_spans("x", [(0, 2, "L"), (1, 2, "M")])
            doc.set_sent_starts([1] + [-1] * (len(doc) - 1))
    return join_layers([(doc.batch, 0) for doc in docs])


def test_documents_that_are_taken_apart_and_joined_say_the_same() -> None:
    """Every layer of every document is as it was."""
    batch = annotated()
    again = join_layers([(part_of(batch, i), 0) for i in range(batch.n_docs)])
    for i in range(batch.n_docs):
        assert Doc(again, i).to_json() == Doc(batch, i).to_json()
    assert [ent.text for ent in Doc(again, 2).ents] == ["Rain"]
    assert [span.label for span in Doc(again, 0).spans["x"]] == ["L", "M"]


def test_labels_that_documents_share_stand_in_a_joined_column_once() -> None:
    """A thousand documents of one batch do not make a thousand lists of labels."""
    batch = annotated()
    again = join_layers([(part_of(batch, 0), 0)] * 50)
    assert len(again.columns["tag"].labels) == len(batch.columns["tag"].labels)


def test_what_only_some_documents_have_is_unset_for_the_others() -> None:
    """No category, no tag and no span appears where nobody said one."""
    plain, said = engine.blank("en")("No news."), part_of(annotated(), 0)
    said.lexemes = plain.batch.lexemes
    said.lexeme_ids = plain.batch.lexemes.add_keys(Doc(annotated(), 0).words)
    joined = join_layers([(plain.batch, 0), (said, 0)])
    assert Doc(joined, 0).cats == {}
    assert Doc(joined, 0).tags == ["", "", ""]
    assert list(Doc(joined, 0).ents) == []
    assert [ent.label for ent in Doc(joined, 1).ents] == ["PER"]


def test_a_batch_becomes_another_one_in_place() -> None:
    """Whoever holds the batch sees what the other one says."""
    batch, other = annotated(), annotated()
    held, batch.columns = batch, {}
    take_over(batch, other)
    assert Doc(held, 0).tags == Doc(other, 0).tags
