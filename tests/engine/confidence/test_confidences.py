# SPDX-License-Identifier: Apache-2.0
"""Confidences of a batch: made of the decisions that heads took, and only where somebody asks."""

from __future__ import annotations

import numpy as np
import pytest

from engine import Pipeline
from engine.confidence import Calibration, RiskCurve, Scale, confidences_of
from engine.doc.batch import Batch
from engine.doc.token_merge import Merge, merge_tokens
from tests.engine.batches import add_layers, bare_batch
from tests.engine.toy import alone, shared, toy_pipeline, trained_toy

TEXTS = ["Ada met Grace Hopper in New York City.", "", "Rain fell. They live in Kigali."]


def annotate(nlp: Pipeline, *, ask: bool = True) -> Batch:
    """The texts, by a pipeline that is asked how sure it is."""
    batch = nlp.tokenizer.tokenize(TEXTS)
    batch.surprises = {} if ask else None
    return nlp.predict_batch(batch)


def test_asking_changes_no_answer() -> None:
    """Entities and categories are the same whether somebody asks or not, and nobody who did not ask gets an
    answer."""
    nlp = toy_pipeline(shared("ner", "textcat"))
    asked, silent = annotate(nlp), annotate(nlp, ask=False)
    assert silent.surprises is None
    assert confidences_of(silent) is None
    assert [asked.spans_of("ents", i) for i in range(3)] == [silent.spans_of("ents", i) for i in range(3)]
    assert all((asked.cats[label] == silent.cats[label]).all() for label in silent.cats)


def test_both_decoders_say_the_same() -> None:
    """The compiled decoder and the plain one leave the same surprises."""
    nlp = trained_toy(alone("ner"))
    compiled, plain = annotate(nlp), nlp.tokenizer.tokenize(TEXTS)
    plain.surprises = {}
    nlp.component("ner").predict_plain(plain)  # type: ignore[attr-defined]  # the recogniser's own
    assert compiled.surprises is not None
    np.testing.assert_allclose(compiled.surprises["ents"], plain.surprises["ents"], rtol=1e-3, atol=1e-4)
    assert compiled.surprises["ents"].max() > 0.01


def test_a_text_is_as_sure_as_all_its_decisions() -> None:
    """Its surprise is the sum over all tokens and its categories; a text without tokens is sure of them."""
    batch = annotate(toy_pipeline(shared("ner", "textcat")))
    assert batch.surprises is not None
    found = confidences_of(batch)
    assert found is not None
    tokens = np.split(batch.surprises["ents"], batch.doc_offsets[1:-1])
    np.testing.assert_allclose(
        found.surprises, [t.sum() for t in tokens] + batch.surprises["cats"], rtol=1e-5
    )
    np.testing.assert_allclose(found.text, np.exp(-found.surprises), rtol=1e-2)


def test_an_entity_that_was_nearly_found_lowers_its_sentence_and_its_text_alone() -> None:
    """A token at which the head was in doubt, outside of all entities, moves no entity's confidence, but that
    of the sentence and the text that hold it."""
    batch = add_layers(bare_batch([["a"] * 6, ["b"] * 3]), 1, {"ents"})
    batch.sent_starts = np.array([1, -1, -1, 1, -1, -1, 1, -1, -1], dtype=np.int8)
    spans = batch.spans["ents"]
    spans.doc_offsets, spans.starts, spans.ends, spans.label_ids = (
        np.array([0, 1, 1]),
        np.array([0]),
        np.array([2]),
        np.array([0]),
    )
    batch.surprises = {"ents": np.array([0.1, 0.1, 0, 0, 2.0, 0, 0.3, 0, 0], dtype=np.float32)}
    found = confidences_of(batch)
    assert found is not None
    assert found.ents is not None
    assert found.sents is not None
    np.testing.assert_allclose(found.ents.values, np.exp([-0.2]), rtol=1e-5)
    np.testing.assert_allclose(found.sents.values, np.exp([-0.2, -2.0, -0.3]), rtol=1e-3)
    assert found.sents.doc_offsets.tolist() == [0, 2, 3]
    np.testing.assert_allclose(found.text, np.exp([-2.2, -0.3]), rtol=1e-3)


def test_what_is_calibrated_says_so() -> None:
    """Names of what held-out documents stand behind; the rest is the model's own word."""
    batch = annotate(toy_pipeline(shared("ner", "textcat")))
    calibration = Calibration("", ("ents",), {"ents": Scale(1, -1), "sents": Scale()}, RiskCurve(0, 0, ()))
    raw, found = confidences_of(batch), confidences_of(batch, calibration)
    assert raw is not None
    assert found is not None
    assert (raw.calibrated, raw.layers) == ((), ("ents", "cats"))
    assert (found.calibrated, found.layers) == (("ents",), ("ents",))
    assert raw.ents is not None
    assert found.ents is not None
    assert (found.ents.values < raw.ents.values).all()
    assert found.sents is None  # no component sets sentences


def test_a_calibration_of_layers_that_are_not_there_gives_no_confidence() -> None:
    """Better none than one that leaves a layer out."""
    batch = annotate(toy_pipeline(shared("ner")))
    assert confidences_of(batch, Calibration("", ("ents", "cats"))) is None


@pytest.mark.parametrize("factory", ["textcat", "textcat_multilabel"])
def test_categories_say_how_sure_they_are(factory: str) -> None:
    """Of one that excludes the others its probability, of many the product over all of them."""
    batch = annotate(toy_pipeline(shared(factory)))
    assert batch.surprises is not None
    scores = np.stack(list(batch.cats.values()), axis=1)
    sure = scores.max(axis=1) if factory == "textcat" else np.maximum(scores, 1 - scores).prod(axis=1)
    np.testing.assert_allclose(np.exp(-batch.surprises["cats"]), np.maximum(sure, 1e-6), rtol=1e-4)


def test_merged_tokens_keep_what_was_decided() -> None:
    """Of several tokens that become one the surprises are summed, so that nothing is lost of the text's."""
    batch = bare_batch([["New", "York", "sleeps"], ["a"]])
    batch.surprises = {"ents": np.array([0.5, 0.25, 1, 2], dtype=np.float32)}
    merge_tokens(batch, [Merge(0, 0, 2)])
    assert batch.surprises["ents"].tolist() == [0.75, 1, 2]
