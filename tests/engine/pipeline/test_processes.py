# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import copy

import pytest

import engine
from engine import Doc, Language
from tests.documentation.rows import row


@Language.component("processes_component")
def picky(doc: Doc) -> Doc:
    """Fails for one text; leaves something with the others."""
    if doc.text == "bad":
        raise RuntimeError("no")
    doc.user_data["length"] = len(doc)
    return doc


@pytest.mark.nightly
@row("K10.09")
def test_several_processes_annotate_a_stream_in_order() -> None:
    """Documents come with contexts and the pipeline's vocabulary."""
    nlp = engine.blank("en")
    nlp.add_pipe("sentencizer")
    texts = [(f"Number {n}. Again.", n) for n in range(30)]
    docs = list(nlp.pipe(texts, as_tuples=True, n_process=2, batch_size=7))
    assert [number for _, number in docs] == list(range(30))
    assert [sent.text for sent in docs[3][0].sents] == ["Number 3.", "Again."]
    assert docs[0][0].vocab is nlp.vocab


def test_a_pipeline_is_copied_as_it_is() -> None:
    """A copy has components of its own, which do the same."""
    nlp = engine.blank("de")
    nlp.add_pipe("processes_component")
    nlp.add_pipe("entity_ruler").add_patterns([{"label": "LOC", "pattern": "Bonn"}])
    again = copy.deepcopy(nlp)
    nlp.get_pipe("entity_ruler").add_patterns([{"label": "LOC", "pattern": "Ulm"}])
    assert [ent.text for ent in again("Von Bonn nach Ulm").ents] == ["Bonn"]
    assert type(again) is type(nlp)
    assert again("gut").user_data == {"length": 1}
