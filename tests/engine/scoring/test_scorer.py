"""The numbers here were measured on spaCy's scorer with the same documents."""

from __future__ import annotations

import pytest

from engine.doc.doc import Doc
from engine.doc.example import Example
from engine.scoring.categories import area_under_curve, score_cats
from engine.scoring.scorer import (
    score,
    score_ents,
    score_labels,
    score_morphs,
    score_sents,
    score_tokenization,
)
from engine.tokenizers import tokenizer_for

TOKENIZER = tokenizer_for("en")


def doc(words: list[str], glued: tuple[int, ...] = (), **layers: list[object]) -> Doc:
    """A document of words, those in `glued` without a blank after them, with layers such as tags=[...]."""
    made = TOKENIZER.from_words(words, [i not in glued and i + 1 < len(words) for i in range(len(words))])
    for name, values in layers.items():
        getattr(made, f"set_{name}")(values)
    return made


def test_a_joined_token_answers_for_none_of_its_gold_words() -> None:
    """A token over two gold words is no answer; both words count as not found."""
    predicted = doc(["a", "b", "don't", "c"], tags=["A", "B", "X", "C"])
    example = Example(predicted, doc(["a", "b", "do", "n't", "c"], (2,), tags=["A", "B", "D", "N", "C"]))
    assert score_labels([example], "tag")["tag_acc"] == pytest.approx(0.75)
    assert score_tokenization([example]) == pytest.approx(
        {"token_acc": 0.75, "token_p": 0.75, "token_r": 0.6, "token_f": 2 / 3}
    )


def test_pieces_of_a_gold_word_answer_for_it() -> None:
    """Pieces that agree are one answer, pieces that differ are two."""
    gold = doc(["a", "b", "don't", "c"], tags=["A", "B", "D", "C"])
    same = Example(doc(["a", "b", "do", "n't", "c"], (2,), tags=["A", "B", "D", "D", "C"]), gold)
    differing = Example(doc(["a", "b", "do", "n't", "c"], (2,), tags=["A", "B", "D", "N", "C"]), gold)
    assert score_labels([same], "tag")["tag_acc"] == 1.0
    assert score_labels([differing], "tag")["tag_acc"] == pytest.approx(8 / 9)


def test_words_without_gold_label_are_left_out() -> None:
    """A gold word without label does not count; a missing prediction is a wrong one."""
    assert (
        score_labels([Example(doc(["a", "b"], tags=["A", "B"]), doc(["a", "b"], tags=["A", ""]))], "tag")[
            "tag_acc"
        ]
        == 1.0
    )
    assert (
        score_labels([Example(doc(["a", "b"], tags=["A", ""]), doc(["a", "b"], tags=["A", "B"]))], "tag")[
            "tag_acc"
        ]
        == 0.5
    )
    assert score_labels([Example(doc(["a"], tags=["A"]), doc(["a"]))], "tag")["tag_acc"] is None


def test_features_are_scored_whole_and_one_by_one() -> None:
    """Whole analyses count for every word; features only for words that have some in gold."""
    example = Example(
        doc(list("abc"), morphs=["", "A=1", "B=2|C=3"]), doc(list("abc"), morphs=["", "", "B=2|C=4"])
    )
    scores = score_morphs([example])
    assert scores["morph_acc"] == pytest.approx(1 / 3)
    assert scores["morph_micro_f"] == pytest.approx(0.5)
    assert scores["morph_per_feat"] == {
        "B": {"p": 1.0, "r": 1.0, "f": 1.0},
        "C": {"p": 0.0, "r": 0.0, "f": 0.0},
    }


def test_sentences_are_compared_as_spans_of_gold_words() -> None:
    """A sentence is right if it covers the same gold words, whatever the tokens."""
    gold = doc(["a.", "b", "c", "d", "."], (0, 3), sent_starts=[1, 1, 1, -1, -1])
    joined = Example(doc(["a.b", "c", "d."], sent_starts=[1, 1, -1]), gold)
    assert score_sents([joined]) == pytest.approx({"sents_p": 0.5, "sents_r": 1 / 3, "sents_f": 0.4})
    divided = Example(doc(["a", ".", "b", "c", "d."], (0, 1), sent_starts=[1, -1, 1, 1, -1]), gold)
    assert score_sents([divided]) == {"sents_p": 1.0, "sents_r": 1.0, "sents_f": 1.0}


def test_sentences_that_share_a_gold_word_do_not_count() -> None:
    """Two predicted sentences that meet inside one gold word are both left out."""
    example = Example(
        doc(["a", "b", "c"], (0,), sent_starts=[1, 1, -1]), doc(["ab", "c"], sent_starts=[1, -1])
    )
    assert score_sents([example]) == {"sents_p": 0.0, "sents_r": 0.0, "sents_f": 0.0}


def test_entities_are_scored_by_span_and_type() -> None:
    """An entity is right with the same gold words and type; each type has its own scores."""
    gold = doc(["New York", "x"], ents=[(0, 1, "LOC"), (1, 2, "PER")])
    scores = score_ents([Example(doc(["New", "York", "x"], ents=[(0, 1, "LOC"), (2, 3, "ORG")]), gold)])
    assert (scores["ents_p"], scores["ents_r"], scores["ents_f"]) == (0.5, 0.5, 0.5)
    types = scores["ents_per_type"]
    assert isinstance(types, dict)
    assert [(label, values["f"]) for label, values in types.items()] == [
        ("LOC", 1.0),
        ("ORG", 0.0),
        ("PER", 0.0),
    ]


def test_entities_on_unknown_words_do_not_count() -> None:
    """A predicted entity on words of which gold knows nothing is neither right nor wrong; without gold
    entities there is no score."""
    gold = doc(list("abcd"), ents=[(0, 2, "LOC"), (2, 3, "-")])
    scores = score_ents(
        [Example(doc(list("abcd"), ents=[(0, 2, "LOC"), (2, 3, "PER"), (3, 4, "PER")]), gold)]
    )
    assert (scores["ents_p"], scores["ents_r"]) == (0.5, 1.0)
    assert score_ents([Example(doc(["a"], ents=[(0, 1, "LOC")]), doc(["a"]))])["ents_f"] is None


CATS = [({"A": 0.9, "B": 0.1}, {"A": 1.0, "B": 0.0}), ({"A": 0.6, "B": 0.4}, {"A": 0.0, "B": 1.0})]
CATS += [({"A": 0.2, "B": 0.8}, {"A": 0.0, "B": 1.0}), ({"A": 0.3, "B": 0.7}, {"A": 1.0})]


def cat_examples() -> list[Example]:
    """Four texts with scores and gold categories, one of which gold leaves open."""
    return [Example(doc(["a"], cats=predicted), doc(["a"], cats=gold)) for predicted, gold in CATS]  # type: ignore[arg-type]


def test_exclusive_categories_count_the_best_label() -> None:
    """One label a text; a label that gold leaves open counts as no."""
    scores = score_cats(cat_examples(), labels=["A", "B"])
    assert (scores["cats_score"], scores["cats_score_desc"], scores["cats_macro_auc"]) == (
        0.5,
        "macro F",
        pytest.approx(0.75),
    )


def test_separate_categories_count_by_threshold() -> None:
    """Each label by itself; a label that gold leaves open does not count."""
    scores = score_cats(cat_examples(), labels=["A", "B"], exclusive=False)
    assert scores["cats_score"] == pytest.approx(0.875)
    assert (scores["cats_micro_p"], scores["cats_micro_r"]) == (pytest.approx(2 / 3), 0.5)


def test_the_curve_counts_ties_half() -> None:
    """Equal scores of a positive and a negative item count half; without either kind there is no curve."""
    assert area_under_curve([0.5, 0.5], [True, False]) == 0.5
    assert area_under_curve([0.5, 0.4], [True, True]) is None


def test_gold_against_itself_is_perfect() -> None:
    """A document scored against itself has 1 everywhere."""
    layers = {
        "tags": ["A", "B"],
        "pos": ["X", "Y"],
        "morphs": ["F=1", ""],
        "sent_starts": [1, -1],
        "ents": [(0, 1, "E")],
    }
    scores = score([Example(doc(["a", "b"], **layers), doc(["a", "b"], **layers))])  # type: ignore[arg-type]
    assert {value for value in scores.values() if isinstance(value, float)} == {1.0}
