# SPDX-License-Identifier: Apache-2.0
"""Corrections as examples: exactly what a person said, and unknown where nothing was said."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.annotation import example_of, misaligned
from engine.doc.example import Example, entities_of
from engine.doc.partial_gold import WRONG_ENTS, PartialGold
from engine.errors import EngineError
from engine.tokenizers import tokenizer_for
from schemas import CharSpan, Correction, LabelledSpan, Layer, check_correction, read_task

TOKENIZER = tokenizer_for("en")
TEXT = "Ada Lovelace went to Kigali. She can't swim."
WORDS = TOKENIZER(TEXT).words


def example(
    text: str = TEXT,
    places: list[tuple[int, int]] | None = None,
    categories: tuple[str, ...] = (),
    **layers: Layer,
) -> Example:
    """The example of a correction with these layers."""
    tokens = None if places is None else [CharSpan(*place) for place in places]
    correction = check_correction(Correction("c", "ada", "", "m", text, layers, tokens=tokens))
    return example_of(correction, TOKENIZER, categories=categories)


def place(word: str, text: str = TEXT) -> tuple[int, int]:
    """Where a word stands."""
    return text.index(word), text.index(word) + len(word)


def span(words: str, label: str, text: str = TEXT) -> LabelledSpan:
    """A labelled span of the text."""
    return LabelledSpan(*place(words, text), label)


def test_complete_entities_deny_all_others() -> None:
    """Every token outside of them is outside of any entity."""
    found = example(ents=Layer("complete", [span("Ada Lovelace", "PER"), span("Kigali", "LOC")]))
    assert found.aligned_ner() == ["B-PER", "L-PER", "O", "O", "U-LOC", *["O"] * (len(WORDS) - 5)]


def test_partial_entities_leave_the_rest_unknown() -> None:
    """Only the named spans are known; one without a label is known to be nothing."""
    found = example(ents=Layer("partial", [span("Kigali", "LOC"), span("She", "")]))
    assert found.aligned_ner() == ["-", "-", "-", "-", "U-LOC", "-", "O", *["-"] * (len(WORDS) - 7)]


def test_wrong_entities_say_nothing_about_their_tokens() -> None:
    """They may be of another type; which span is wrong stands in a group of its own."""
    found = example(ents=Layer("partial", wrong=[span("Ada Lovelace", "LOC")]))
    assert set(found.aligned_ner()) == {"-"}
    assert [(s.text, s.label) for s in found.reference.spans[WRONG_ENTS]] == [("Ada Lovelace", "LOC")]


def test_a_layer_that_is_not_there_is_missing() -> None:
    """Tags alone teach no recognizer that there are no entities."""
    found = example(places=[place("went")], tags=Layer("partial", values=["VBD"]))
    assert set(found.aligned_ner()) == {"-"}
    assert found.cats == {}
    assert not found.has("sents")
    assert found.aligned_labels("tag") == [None, None, "VBD", *[None] * (len(WORDS) - 3)]
    assert set(found.aligned_labels("pos")) == {None}


def test_a_word_without_features_differs_from_an_unknown_one() -> None:
    """The empty string is a value of morphology, and of nothing else."""
    found = example(
        places=[place("Ada"), place("to"), place("She")],
        morphs=Layer("partial", values=["Number=Sing", "", None]),
    )
    assert found.aligned_labels("morph") == ["Number=Sing", None, None, "", *[None] * (len(WORDS) - 4)]


def test_a_partial_tree_has_only_the_arcs_that_were_said() -> None:
    """Heads are positions among the correction's tokens, whatever stands between them."""
    places = [place("Ada"), place("Lovelace"), place("went")]
    found = example(
        places=places, deps=Layer("partial", heads=[1, 2, None], labels=["compound", "nsubj", None])
    )
    heads, labels = found.aligned_parse()
    assert heads == [1, 2, *[-1] * (len(WORDS) - 2)]
    assert labels == ["compound", "nsubj", *[None] * (len(WORDS) - 2)]


def test_a_root_is_its_own_head() -> None:
    """And its label is written as the parser writes it."""
    found = example("Go", places=[(0, 2)], deps=Layer("complete", heads=[0], labels=["root"]))
    assert found.aligned_parse() == ([0], ["ROOT"])


@pytest.mark.parametrize(("status", "other"), [("complete", -1), ("partial", 0)])
def test_sentences_are_known_within_what_was_said(status: str, other: int) -> None:
    """A partial layer knows the tokens of its sentences; a complete one knows all."""
    found = example(sents=Layer(status, [LabelledSpan(TEXT.index("She"), len(TEXT), "")]))  # type: ignore[arg-type]  # pytest gives strings
    begins = WORDS.index("She")
    assert found.aligned_sent_starts().tolist()[1:begins] == [other] * (begins - 1)
    assert found.aligned_sent_starts().tolist()[begins:] == [1] + [-1] * (len(WORDS) - begins - 1)


def test_complete_categories_deny_those_that_are_not_named() -> None:
    """A partial layer leaves them out."""
    scores = {"news": 1.0}
    assert example(cats=Layer("complete", scores=scores), categories=("news", "sport")).cats == {
        "news": 1.0,
        "sport": 0.0,
    }
    assert example(cats=Layer("partial", scores=scores), categories=("news", "sport")).cats == scores


def test_categories_of_later_are_denied_too() -> None:
    """Who names all that apply has said no to those that come to be known afterwards."""
    assert example(cats=Layer("complete", scores={"news": 1.0})).gold_cat("later") == 0.0
    assert example(cats=Layer("partial", scores={"news": 1.0})).gold_cat("later") is None


def test_partial_span_groups_stand_beside_the_group() -> None:
    """Candidates that a group does not name are wrong ones, so a partial group would deny what nobody denied:
    single spans that are right or wrong have groups of their own."""
    said = Layer("partial", [span("Ada", "X")], wrong=[span("Ada Lovelace", "Y")], key="k")
    found = example(spans=said).reference.spans
    assert {key: [(s.text, s.label) for s in group] for key, group in found.items()} == {
        "correct_spans:k": [("Ada", "X")],
        "incorrect_spans:k": [("Ada Lovelace", "Y")],
    }
    found = example(
        spans=Layer("complete", [span("Ada", "X"), span("Ada Lovelace", "Y")], key="k")
    ).reference.spans
    assert [(s.text, s.label) for s in found["k"]] == [("Ada", "X"), ("Ada Lovelace", "Y")]


def test_entities_inside_our_tokens_are_unknown_and_reported() -> None:
    """The gold side can say them, the pipeline's tokens cannot, and nobody pretends that nothing is there."""
    text = "The Kigali/Huye-Road"
    found = example(text, ents=Layer("complete", [LabelledSpan(4, 9, "X")]))
    assert entities_of(found.reference) == [(1, 2, "X")]
    assert found.aligned_ner()[0] == "O"
    assert found.aligned_ner()[1] == "-"
    assert misaligned(found) == ["the entity 4:9 (X) does not begin and end with a token of the pipeline"]
    assert misaligned(example(ents=Layer("complete", [span("Kigali", "LOC")]))) == []


def test_whitespace_at_the_ends_of_a_span_is_left_out() -> None:
    """People's mouse selections often hold a blank."""
    found = example(ents=Layer("complete", [LabelledSpan(0, 4, "PER")]))
    assert found.aligned_ner()[:2] == ["U-PER", "O"]


def test_other_tokens_than_ours_are_kept_on_the_gold_side() -> None:
    """One word of theirs over two of ours gives neither of ours a label; the reverse gives ours the one that
    all agree on."""
    found = example(places=[place("can't"), place("swim")], tags=Layer("partial", values=["MD", "VB"]))
    assert "can't" in found.reference.words
    assert found.aligned_labels("tag")[WORDS.index("ca") : WORDS.index("swim") + 1] == ["MD", "MD", "VB"]


def test_long_texts_with_many_tokens_and_spans_take_no_long_time() -> None:
    """Work grows with the length of a text, not with its square: nobody can stop a trainer with one
    correction."""
    text = "ab " * 40_000
    places = [(3 * i, 3 * i + 2) for i in range(40_000)]
    spans = [LabelledSpan(start, end, "X") for start, end in places]
    found = example(
        text, places=places, ents=Layer("partial", spans), tags=Layer("complete", values=["NN"] * len(places))
    )
    assert found.aligned_ner()[:2] == ["U-X", "U-X"]


def test_unchecked_contradictions_are_errors() -> None:
    """The codec refuses them; whoever builds a correction by hand hears of it here."""
    with pytest.raises(EngineError, match="begin and end with a token"):
        example_of(
            Correction(
                "c",
                "a",
                "",
                "m",
                "abc",
                {"ents": Layer("complete", [LabelledSpan(0, 1, "X")])},
                tokens=[CharSpan(0, 2)],
            ),
            TOKENIZER,
        )
    with pytest.raises(EngineError, match="tokens in order"):
        PartialGold(TOKENIZER, "abc", [(0, 2), (1, 3)])


texts = st.text(st.sampled_from("aB.'- \n\t\u00e9\u3000(1"), max_size=30)


@settings(deadline=None, max_examples=200)
@given(texts, st.lists(st.integers(0, 30), max_size=8), st.lists(st.integers(0, 30), max_size=6))
def test_any_text_with_any_tokens_and_spans_makes_an_example(
    text: str, edges: list[int], span_edges: list[int]
) -> None:
    """The gold tokens make the text again, hold the given tokens, and say every span."""
    cuts = sorted({edge for edge in edges if edge <= len(text)})
    places = [(a, b) for a, b in zip(cuts[::2], cuts[1::2], strict=False)]
    inside = {i for a, b in places for i in range(a + 1, b)}
    borders = sorted({edge for edge in span_edges if edge <= len(text) and edge not in inside})
    spans = [
        (a, b, "X")
        for a, b in zip(borders[::2], borders[1::2], strict=False)
        if text[a:b].strip() == text[a:b]
    ]
    gold = PartialGold(TOKENIZER, text, places, [(a, b) for a, b, _ in spans])
    assert gold.doc.text == text
    assert set(places) <= set(zip(gold.doc.starts, gold.doc.ends, strict=True))
    gold.set_ents(spans, complete=False)
    assert [(s.start_char, s.end_char) for s in gold.doc.ents if s.label == "X"] == [
        (a, b) for a, b, _ in spans
    ]
    made = Example(TOKENIZER(text), gold.doc)
    assert len(made.aligned_ner()) == len(made)
    assert all(
        word.isspace()
        for word, action in zip(made.predicted.words, made.aligned_ner(), strict=True)
        if action == "O"
    )


def test_a_real_stream_of_prodigy_tasks_becomes_examples() -> None:
    """Every task of a public data set: the entities that our tokens can say are said, the others are
    reported."""
    if not os.environ.get("FRESHET_DATA"):
        pytest.skip("FRESHET_DATA names no folder with public data sets")
    lines = (Path(os.environ["FRESHET_DATA"]) / "fashion_brands/dev.jsonl").read_bytes().splitlines()
    corrections = [correction for line in lines if (correction := read_task(line)) is not None]
    examples = [example_of(correction, TOKENIZER) for correction in corrections]
    n_gold = sum(len(correction.layers["ents"].spans) for correction in corrections)
    n_said = sum(len(found.aligned_ents()) for found in examples)
    assert n_said + sum(len(misaligned(found)) for found in examples) == n_gold
    assert n_said >= 0.98 * n_gold
    assert all(
        np.array(
            [
                found.reference.text == correction.text
                for found, correction in zip(examples, corrections, strict=True)
            ]
        )
    )
