# SPDX-License-Identifier: Apache-2.0
"""Lemmas by learned edit trees."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import engine
from engine import EngineError, Example, Pipeline, registry
from engine.components import TrainableLemmatizer
from engine.components.label_columns import write_column
from engine.components.trainable_lemmatizer import frequent_pairs
from engine.doc.batch import UNSET, LabelColumn

from ..toy import alone, toy_examples, toy_pipeline


def lemmatizer(**settings: Any) -> tuple[Pipeline, TrainableLemmatizer]:
    """An initialized pipeline of one lemmatizer with these settings."""
    section = alone("trainable_lemmatizer")
    section["trainable_lemmatizer"].update(settings)
    nlp = toy_pipeline(section)
    component = nlp.component("trainable_lemmatizer")
    assert isinstance(component, TrainableLemmatizer)
    return nlp, component


def test_classes_are_the_trees_that_are_seen_often_enough() -> None:
    """In order of first appearance; rare ones and words without a lemma do not count."""
    nlp = engine.blank("en")
    gold = nlp.tokenizer.from_words(["Sun", "walked", "talked", "Moon", "ran", "fell", "x"])
    gold.set_lemmas(["Sun", "walk", "talk", "Moon", "run", "fall", ""])
    assert frequent_pairs([Example(nlp.tokenizer(gold.text), gold)], 2) == [
        ("Sun", "Sun"),
        ("walked", "walk"),
    ]


def test_it_learns_the_lemmas_of_a_small_corpus() -> None:
    """After some steps the toy corpus is known by heart, and scores say so."""
    nlp, _ = lemmatizer()
    optimizer = registry.resolve({"o": {"@optimizers": "Adam.v1", "learn_rate": 0.02}})["o"]
    for _ in range(25):
        nlp.update(toy_examples(nlp), optimizer=optimizer)
    assert nlp("Ada met Grace Hopper .").lemmas == ["ada", "meet", "grace", "hopper", "."]
    assert nlp.evaluate(toy_examples(nlp))["lemma_acc"] == 1.0


def test_lemmas_that_no_tree_makes_teach_nothing() -> None:
    """The target of an unseen edit is unknown, and asking for it adds no tree."""
    nlp, component = lemmatizer()
    gold = nlp.tokenizer.from_words(["Ada", "xyz"])
    gold.set_lemmas(["ada", "qqq"])
    n_trees = len(component.trees)
    assert component.targets(Example(nlp.tokenizer("Ada xyz"), gold))[1] == -1
    assert len(component.trees) == n_trees


@pytest.mark.parametrize(
    ("top_k", "backoff", "lemma"),
    [
        (1, "orth", "Grass"),
        (1, "lower", "grass"),
        (1, "norm", "grass"),
        (1, "shape", "Xxxxx"),
        (1, None, ""),
        (50, "orth", "Gras"),
    ],
)
def test_where_the_best_tree_does_not_fit_others_may(top_k: int, backoff: str | None, lemma: str) -> None:
    """The next best of `top_k` classes is tried, then the backoff; null leaves the lemma unset."""
    nlp, component = lemmatizer(top_k=top_k, backoff=backoff)
    numbers = component.label_state()["labels"]
    made = np.array([component.trees.apply(number, "Grass") or "" for number in numbers])
    output = component.model.get_ref("output_layer")
    output.set_param("W", np.zeros_like(output.get_param("W")))
    output.set_param("b", np.select([made == "", made == "Gras"], [1.0, 0.5], 0.0).astype(np.float32))
    component.weights_changed()
    assert nlp("Grass").lemmas == [lemma]


@pytest.mark.parametrize(
    ("setting", "value", "message"), [("backoff", "tag", "orth, norm"), ("top_k", 0, "1 or more")]
)
def test_settings_without_meaning_are_refused(setting: str, value: object, message: str) -> None:
    """The error says what there is."""
    with pytest.raises(EngineError, match=message):
        lemmatizer(**{setting: value})


def test_settings_of_saved_trees_are_checked() -> None:
    """A class without its tree is no class."""
    _, component = lemmatizer()
    state = component.label_state()
    with pytest.raises(EngineError, match="edit trees below"):
        component.load_labels({**state, "labels": [len(state["trees"])]})


def test_overwriting_with_an_empty_lemma_takes_the_old_one_away() -> None:
    """A tree that takes the whole word away makes a lemma, too; only where no tree fits does the old one
    stay."""
    batch = engine.blank("xx").tokenizer.tokenize(["one two"])
    batch.columns["lemma"] = LabelColumn(np.array([0, 0]), ("old",))
    new = LabelColumn(np.array([0, UNSET]), ("",))
    write_column(batch, "lemma", new.ids, new.labels, overwrite=True)
    write_column(batch, "lemma", np.array([0, 0]), ("old",), overwrite=False, empty_is_set=True)
    assert batch.columns["lemma"].strings(0, 2) == ["", "old"]
