# SPDX-License-Identifier: Apache-2.0
"""Span categorizers: what is looked at, what is kept, what is learned."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from thinc.types import Ragged

import engine
from engine import Doc, EngineError, Example, Pipeline, registry
from engine.components import SpanCategorizer
from engine.layers.span_vectors import rows_of_spans

from ..toy import alone, toy_examples, toy_pipeline


def categorizer(factory: str = "spancat", **settings: Any) -> tuple[Pipeline, SpanCategorizer]:
    """An initialized pipeline of one categorizer with these settings."""
    section = alone(factory)
    section[factory].update(settings)
    nlp = toy_pipeline(section)
    component = nlp.component(factory)
    assert isinstance(component, SpanCategorizer)
    return nlp, component


def chosen(
    component: SpanCategorizer, spans: list[tuple[int, int]], scores: list[list[float]]
) -> list[tuple[int, int, str]]:
    """What is kept of spans of one document with these scores."""
    places = np.array(spans).reshape(-1, 2)
    which, labels = component._choose(
        places, np.zeros(len(places), dtype=np.int64), np.array(scores, dtype=np.float32)
    )
    return [
        (*spans[row], component.labels[label])
        for row, label in zip(which.tolist(), labels.tolist(), strict=True)
    ]


def test_suggesters_give_all_spans_of_their_sizes() -> None:
    """Document after document, size after size; a document that is too short has none."""
    docs = [engine.blank("en")(text) for text in ("a b c", "", "x")]
    found = registry.get("misc", "spacy.ngram_suggester.v1")([2, 1])(docs)
    assert found.dataXd.tolist() == [[0, 2], [1, 3], [0, 1], [1, 2], [2, 3], [0, 1]]
    assert found.lengths.tolist() == [5, 0, 1]
    assert registry.get("misc", "spacy.ngram_range_suggester.v1")(2, 3)(docs).dataXd.tolist() == [
        [0, 2],
        [1, 3],
        [0, 3],
    ]
    docs[0].set_spans("sc", [(1, 3, "X")])
    assert registry.get("misc", "spacy.preset_spans_suggester.v1")("sc")(docs).dataXd.tolist() == [[1, 3]]
    with pytest.raises(EngineError, match="from 1 on"):
        registry.get("misc", "freshet.ngram_suggester.v1")([0])
    with pytest.raises(EngineError, match="3 to 2"):
        registry.get("misc", "freshet.ngram_range_suggester.v1")(3, 2)


def test_a_suggester_of_ones_own_is_used_and_checked() -> None:
    """It is named in the config like any other; spans beyond the document are refused."""
    found = {"end": 1}

    @registry.misc("test_first_token.v1")
    def configure() -> Any:
        return lambda docs, ops=None: Ragged(
            np.array([[0, found["end"]]] * len(docs), dtype="i"), np.ones(len(docs), dtype="i")
        )

    nlp, component = categorizer(suggester={"@misc": "test_first_token.v1"}, threshold=0.0)
    assert [(span.start, span.end, span.label) for span in nlp("Ada met").spans["sc"]] == [
        (0, 1, label) for label in component.labels
    ]
    found["end"] = 9
    with pytest.raises(EngineError, match="spans of tokens"):
        nlp("Ada met")


def test_labels_that_reach_the_threshold_are_kept() -> None:
    """The best `max_positive` of each span, in order of labels; the score goes with the span."""
    _, component = categorizer(threshold=0.5)
    assert component.labels == ("PER", "LOC")
    spans, scores = [(0, 1), (0, 2)], [[0.6, 0.5], [0.4, 0.9]]
    assert chosen(component, spans, scores) == [(0, 1, "PER"), (0, 1, "LOC"), (0, 2, "LOC")]
    component.max_positive = 1
    assert chosen(component, spans, scores) == [(0, 1, "PER"), (0, 2, "LOC")]


def test_exclusive_labels_compete_with_no_label_and_with_each_other() -> None:
    """The last class is "no label"; without overlap the surest spans stay, in order of how sure they are."""
    _, component = categorizer("spancat_singlelabel")
    spans = [(0, 2), (1, 3), (3, 4), (4, 5)]
    scores = [[0.6, 0.1, 0.3], [0.1, 0.8, 0.1], [0.5, 0.3, 0.2], [0.2, 0.2, 0.6]]
    assert chosen(component, spans, scores) == [(0, 2, "PER"), (1, 3, "LOC"), (3, 4, "PER")]
    component.allow_overlap = False
    assert chosen(component, spans, scores) == [(1, 3, "LOC"), (3, 4, "PER")]


def test_spans_carry_their_scores() -> None:
    """One score for each span of the group, also in a batch with empty documents."""
    nlp, _ = categorizer(threshold=0.0)
    batch = nlp.predict(["", "Ada met Grace", " "])
    doc = Doc(batch, 1)
    assert len(doc.span_scores("sc")) == len(doc.spans["sc"]) == 12
    assert all(0.0 <= score <= 1.0 for score in doc.span_scores("sc"))
    assert Doc(batch, 0).span_scores("sc") == Doc(batch, 0).span_scores("nothing") == []


@pytest.mark.parametrize("factory", ["spancat", "spancat_singlelabel"])
def test_it_learns_the_spans_of_a_small_corpus(factory: str) -> None:
    """After some steps the toy corpus is known by heart, and scores say so."""
    nlp, _ = categorizer(factory)
    optimizer = registry.resolve({"o": {"@optimizers": "Adam.v1", "learn_rate": 0.02}})["o"]
    for _ in range(40):
        nlp.update(toy_examples(nlp), optimizer=optimizer)
    assert nlp.evaluate(toy_examples(nlp))["spans_sc_f"] == 1.0


def test_a_document_without_gold_spans_teaches_nothing() -> None:
    """Where people did not look, nothing is wrong; where they found nothing, everything is."""
    nlp, component = categorizer("spancat_singlelabel", negative_weight=0.25)
    unseen, empty, full = nlp.tokenizer("a"), nlp.tokenizer("b"), nlp.tokenizer("c")
    empty.set_spans("sc", [])
    full.set_spans("sc", [(0, 1, "LOC")])
    examples = [Example(nlp.tokenizer(gold.text), gold) for gold in (unseen, empty, full)]
    batch = nlp.tokenizer.tokenize(["a", "b", "c"])
    truths, weights, denied = component.targets(batch, examples, *component.suggest(batch))
    assert not denied.any()
    assert weights[:, 0].tolist() == [0.0, 0.25, 1.0]
    assert truths.tolist() == [[0, 0, 1], [0, 0, 1], [0, 1, 0]]


def test_gold_spans_must_fit_the_tokens() -> None:
    """A span that begins inside a token of ours is not learned."""
    nlp = engine.blank("en")
    gold = nlp.tokenizer.from_words(["foo", "bar", "x"], [False, True, False])
    gold.set_spans("sc", [(0, 2, "A"), (1, 3, "B"), (2, 3, "C")])
    assert Example(nlp.tokenizer("foobar x"), gold).aligned_spans("sc") == [(0, 1, "A"), (1, 2, "C")]


def test_rows_of_spans_follow_one_another() -> None:
    """Overlapping spans repeat rows."""
    assert rows_of_spans(np.array([[0, 2], [1, 4]])).tolist() == [0, 1, 1, 2, 3]
    assert rows_of_spans(np.zeros((0, 2), dtype=np.int64)).tolist() == []


@pytest.mark.parametrize("factory", ["spancat", "spancat_singlelabel", "span_ruler"])
def test_the_key_of_entities_is_not_for_groups(factory: str) -> None:
    """A group under it would take the entities' place."""
    section = alone(factory) if factory != "span_ruler" else {factory: {"factory": factory}}
    section[factory] |= {"spans_key": "ents"}
    with pytest.raises(EngineError, match="another spans_key"):
        toy_pipeline(section)
