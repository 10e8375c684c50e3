# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import engine
from engine import EngineError, Example
from engine.components import Morphologizer, SentenceRecognizer, Sentencizer, Tagger, TextCategorizer
from engine.components.label_columns import write_column
from engine.components.morphologizer import (
    aligned_labels,
    extend_features,
    gold_labels,
    join_label,
    split_label,
)
from engine.components.sentencizer import DEFAULT_PUNCT_CHARS
from engine.doc.batch import LabelColumn

from ..batches import bare_batch
from ..toy import alone, shared, toy_config, toy_examples, toy_pipeline


def test_tags_are_sorted_and_without_the_negative_mark() -> None:
    """Class order is that of the sorted tags; `!X` only says that a word is not an X."""
    nlp = engine.build(toy_config(alone("tagger")))
    gold = nlp.tokenizer.from_words(["a", "b", "c"])
    gold.set_tags(["Z", "!B", "A"])
    example = Example(nlp.tokenizer("a b c"), gold)
    nlp.initialize(lambda: [example])
    assert nlp.labels == {"tagger": ["A", "B", "Z"]}
    tagger = nlp.component("tagger")
    assert isinstance(tagger, Tagger)
    targets, negative = tagger.targets([example])
    assert targets.tolist() == [2, 1, 0]
    assert negative.tolist() == [False, True, False]


@pytest.mark.parametrize(
    ("overwrite", "expected"), [(False, ["old", "new", "new"]), (True, ["new", "new", "new"])]
)
def test_set_values_stay_unless_overwritten(overwrite: bool, expected: list[str]) -> None:
    """A value that an earlier component wrote stays; an empty one does not count."""
    batch = bare_batch([["a", "b", "c"]])
    batch.columns["tag"] = LabelColumn(np.array([0, -1, 1]), ("old", ""))
    write_column(batch, "tag", np.array([0, 0, 0]), ("new",), overwrite=overwrite)
    assert batch.columns["tag"].strings(0, 3) == expected


PARTS = st.lists(
    st.tuples(st.sampled_from(["Case", "Number", "Tense"]), st.sampled_from(["A", "B", "A,B"])),
    unique_by=lambda pair: pair[0],
)


@given(st.sampled_from(["", "NOUN", "X"]), PARTS)
def test_label_joins_and_splits(pos: str, parts: list[tuple[str, str]]) -> None:
    """Part of speech and sorted features come back out of their class."""
    morph = "|".join(sorted(f"{name}={value}" for name, value in parts))
    assert split_label(join_label(pos, morph)) == (pos, morph)


@pytest.mark.parametrize(
    ("pos", "morph", "label"),
    [
        ("", "", "_"),
        ("NOUN", "_", "POS=NOUN"),
        ("X", "b=2|a=1", "POS=X|a=1|b=2"),
        ("VERB", "T=B,A|A=P", "A=P|POS=VERB|T=A,B"),
    ],
)
def test_label_has_the_stored_normal_form(pos: str, morph: str, label: str) -> None:
    """Pairs are sorted as strings with the part of speech among them; values of one feature are sorted."""
    assert join_label(pos, morph) == label


def test_labels_come_in_order_of_first_appearance() -> None:
    """Class order of features is that of the corpus."""
    nlp = toy_pipeline(alone("morphologizer"))
    seen = [label for example in toy_examples(nlp) for label in gold_labels(example)]
    assert nlp.labels["morphologizer"] == list(dict.fromkeys(seen))


def test_word_without_gold_value_is_not_learned() -> None:
    """Where one of the annotated columns says nothing, there is no class."""
    nlp = engine.blank("en")
    gold = nlp.tokenizer.from_words(["a", "b"])
    gold.set_pos(["X", ""])
    assert aligned_labels(Example(nlp.tokenizer("a b"), gold)) == ["POS=X", None]


@pytest.mark.parametrize(("new_wins", "expected"), [(True, "a=2|b=1|c=3"), (False, "a=1|b=1|c=3")])
def test_extending_joins_features(new_wins: bool, expected: str) -> None:
    """Features of both columns are kept; where both name one, the setting decides."""
    joined = extend_features(
        LabelColumn(np.array([0]), ("a=1|b=1",)), LabelColumn(np.array([0]), ("a=2|c=3",)), new_wins=new_wins
    )
    assert joined.strings(0, 1) == [expected]


def test_morphologizer_extends_what_is_there() -> None:
    """`extend` adds features to those of an earlier component."""
    sections = shared("morphologizer")
    sections["morphologizer"] |= {"extend": True, "overwrite": False}
    nlp = toy_pipeline(sections)
    component = nlp.component("morphologizer")
    assert isinstance(component, Morphologizer)
    batch = nlp.tokenizer.tokenize(["Ada met"])
    batch.columns["morph"] = LabelColumn(np.array([0, 0]), ("Old=Yes",))
    nlp.predict_batch(batch)
    assert all("Old=Yes" in morph for morph in batch.columns["morph"].strings(0, 2))


def test_first_token_always_starts_a_sentence() -> None:
    """Whatever the classifier says, a document begins with a sentence; known starts stay."""
    nlp = toy_pipeline(alone("senter"))
    assert isinstance(nlp.component("senter"), SentenceRecognizer)
    batch = nlp.tokenizer.tokenize(["", "Ada met Grace", "Rain"])
    batch.sent_starts = np.array([0, 0, 1, 0], dtype=np.int8)
    nlp.predict_batch(batch)
    assert batch.sent_starts.tolist()[0] == 1
    assert batch.sent_starts.tolist()[2:] == [1, 1]
    assert set(batch.sent_starts.tolist()) <= {1, -1}


def _by_hand(words: list[str], marks: frozenset[str]) -> list[int]:
    """Token 0 starts; after a mark, the first token that is neither one nor punctuation starts."""
    starts, seen = [-1] * len(words), False
    for i, word in enumerate(words):
        if word in marks:
            seen = True
        elif seen and word not in (",", ")"):
            starts[i], seen = 1, False
    return [1, *starts[1:]] if starts else []


@given(
    st.lists(
        st.lists(st.sampled_from(["a", "b", ".", "?", ",", ")", "\u3002"]), max_size=12),
        min_size=1,
        max_size=4,
    )
)
def test_sentencizer_starts_after_marks(docs: list[list[str]]) -> None:
    """On any documents the array form agrees with the rule, document by document."""
    batch = bare_batch(docs)
    Sentencizer("s", DEFAULT_PUNCT_CHARS, False, None).predict(batch)
    assert batch.sent_starts is not None
    expected = [start for words in docs for start in _by_hand(words, frozenset(DEFAULT_PUNCT_CHARS))]
    assert batch.sent_starts.tolist() == expected


def test_category_without_gold_has_no_gradient() -> None:
    """A document that names only some categories teaches only those."""
    nlp = toy_pipeline(alone("textcat_multilabel"))
    component = nlp.component("textcat_multilabel")
    assert isinstance(component, TextCategorizer)
    gold = nlp.tokenizer.from_words(["rain"])
    gold.set_cats({"nature": 1.0})
    truths, known = component.targets([Example(nlp.tokenizer("rain"), gold)])
    assert truths.tolist() == [[0.0, 1.0]]
    assert known.tolist() == [[0.0, 1.0]]


def test_exclusive_categories_need_two_labels() -> None:
    """One category that always applies says nothing."""
    nlp = engine.build(toy_config(alone("textcat")))
    with pytest.raises(EngineError, match="two or more labels for 'textcat'"):
        nlp.component("textcat").initialize(lambda: [], nlp.tokenizer.tokenize(["a"]), labels=["one"])


def test_positive_label_must_be_a_label() -> None:
    """A misspelt positive label names the labels."""
    config = toy_config(alone("textcat"))
    config["initialize"]["components"] = {"textcat": {"positive_label": "natur"}}
    nlp = engine.build(config)
    with pytest.raises(EngineError, match="one of people, nature, got 'natur'"):
        nlp.initialize(lambda: toy_examples(nlp))
