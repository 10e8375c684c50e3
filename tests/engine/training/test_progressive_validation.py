# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json

from engine.doc.example import Example
from engine.scoring.units import Counts
from engine.tokenizers import tokenizer_for
from engine.training.progressive_validation import ProgressiveValidation

from ..toy import shared, toy_examples, toy_pipeline

TOKENIZER = tokenizer_for("en")


def annotated(found: str | None, gold: str) -> Example:
    """One name, of which pipeline and people say these entity types."""
    predicted, reference = TOKENIZER("Ada met"), TOKENIZER("Ada met")
    predicted.set_ents([(0, 1, found)] if found else [])
    reference.set_ents([(0, 1, gold)])
    return Example(predicted, reference)


def test_counts_are_kept_by_layer_and_label_and_fade() -> None:
    """Every example halves what was known before it, if so set."""
    progressive = ProgressiveValidation(fading=0.5)
    progressive.add(annotated("PER", "PER"))
    progressive.add(annotated("LOC", "PER"))
    assert progressive.counts["ents"] == {"PER": Counts(0.5, 0.0, 1.0), "LOC": Counts(0.0, 1.0, 0.0)}
    scores = progressive.scores()
    assert scores["ents"] == 1.0 / 3.0
    assert scores["ents_per_label"] == {"LOC": 0.0, "PER": 0.5}


def test_layers_that_people_left_out_are_not_scored() -> None:
    """Missing annotation is no error."""
    progressive = ProgressiveValidation()
    predicted = TOKENIZER("Ada met")
    predicted.set_ents([(0, 1, "PER")])
    progressive.add(Example(predicted, TOKENIZER("Ada met")))
    assert progressive.scores() == {}
    assert progressive.n_examples == 1


def test_a_drift_of_the_error_is_told() -> None:
    """Right answers that become wrong ones raise one alarm for the layer."""
    progressive = ProgressiveValidation()
    told = [progressive.add(annotated("PER", "PER")) for _ in range(200)]
    assert not any(told)
    told = [progressive.add(annotated(None, "PER")) for _ in range(100)]
    assert ["ents"] in told
    assert progressive.drifts["ents"] >= 1


def test_texts_are_annotated_anew_and_the_state_goes_through_json() -> None:
    """Scores come from the present weights; a restored one goes on alike."""
    nlp = toy_pipeline(shared("tagger", "ner", "textcat"))
    first, second = ProgressiveValidation(), ProgressiveValidation()
    first.score(nlp, toy_examples(nlp))
    assert {"tag", "ents", "cats"} <= set(first.scores())
    second.load_state(json.loads(json.dumps(first.state())))
    for progressive in (first, second):
        progressive.score(nlp, toy_examples(nlp))
    assert first.state() == second.state()
