# SPDX-License-Identifier: Apache-2.0
"""Golden bytes of every message version: what was once written stays readable, and is still written so."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from schemas import (
    Annotation,
    Answer,
    AnswerKind,
    CharSpan,
    Confidence,
    Correction,
    DeadLetter,
    LabelledSpan,
    Layer,
    ModelRef,
    Route,
    Source,
    TextMessage,
    dead_letter_headers,
    decode_annotation,
    decode_answer,
    decode_correction,
    decode_text,
    encode_annotation,
    encode_answer,
    encode_correction,
    encode_text,
    parse_dead_letter,
)

GOLDEN = Path(__file__).parent / "golden"

TEXTS = {
    "text-1": TextMessage(
        "m-1",
        'Caf\u00e9 \U0001f600 \u201cquoted\u201d "and" \\ tab\t nul\0 end.\n',
        "en",
        {"shop": 7, "tags": ["a", None]},
    ),
    "text-1-least": TextMessage("m-2", ""),
}
MODEL = ModelRef(
    "en_starter",
    "1.2.3",
    "sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef",
    {"0": 17, "1": 4},
)
ANNOTATIONS = {
    "annotation-1": Annotation(
        id="m-1",
        text='\U0001f600 Kigali "grew".',
        lang="en",
        tokens={
            "start": [0, 2, 9, 10, 14, 15],
            "end": [1, 8, 10, 14, 15, 16],
            "tag": ["NFP", "NNP", "``", "VBD", "''", "."],
            "pos": ["SYM", "PROPN", "PUNCT", "VERB", "PUNCT", "PUNCT"],
            "morph": ["", "Number=Sing", "", "Mood=Ind|Tense=Past|VerbForm=Fin", "", ""],
            "lemma": ["\U0001f600", "Kigali", '"', "grow", '"', "."],
            "head": [3, 3, 3, 3, 3, 3],
            "dep": ["dep", "nsubj", "punct", "ROOT", "punct", "punct"],
        },
        model=MODEL,
        source=Source("texts", 3, 4_294_967_296),
        sents=[CharSpan(0, 16)],
        ents=[LabelledSpan(2, 8, "LOC")],
        spans={"places": [LabelledSpan(2, 8, "CITY")], "none": []},
        cats={"news": 0.5, "\u00e9": 0.000001},
    ),
    "annotation-1-least": Annotation(
        "texts:0:0", "", None, {"start": [], "end": []}, ModelRef("m", "0", ""), Source("texts", 0, 0)
    ),
    "annotation-1-sure": Annotation(
        "m-3",
        "Ada",
        None,
        {"start": [0], "end": [3]},
        ModelRef("m", "0", ""),
        Source("texts", 0, 1),
        sents=[CharSpan(0, 3)],
        ents=[LabelledSpan(0, 3, "PER")],
        cats={"news": 0.9},
        confidence=Confidence(["text", "ents"], ["ents", "cats"], 0.8125, [0.9876], [1.0], {"news": 0.75}),
        route=Route.AUDIT,
    ),
}
CORRECTIONS = {
    "correction-1": Correction(
        correction_id="c-2",
        supersedes="c-1",
        author="ada",
        created="2026-11-21T05:00:00+00:00",
        id="m-1",
        text="\U0001f600 Kigali grew. Caf\u00e9!",
        source=Source("texts", 3, 4_294_967_296),
        model_version="17",
        tokens=[CharSpan(2, 8), CharSpan(9, 13), CharSpan(13, 14)],
        layers={
            "ents": Layer(
                "partial", [LabelledSpan(2, 8, "LOC"), LabelledSpan(15, 19, "")], [LabelledSpan(9, 13, "PER")]
            ),
            "spans": Layer(
                "complete", [LabelledSpan(2, 8, "CITY"), LabelledSpan(2, 13, "\u00e9")], key="places"
            ),
            "sents": Layer("complete", [LabelledSpan(0, 14, ""), LabelledSpan(15, 20, "")]),
            "cats": Layer("partial", scores={"news": 1.0, "sport": 0.0}),
            "tags": Layer("partial", values=["NNP", None, "."]),
            "pos": Layer("complete", values=["PROPN", "VERB", "PUNCT"]),
            "morphs": Layer("complete", values=["Number=Sing", "Mood=Ind|Tense=Past", ""]),
            "lemmas": Layer("partial", values=["Kigali", "grow", None]),
            "deps": Layer("partial", heads=[1, 1, None], labels=["nsubj", "ROOT", None]),
        },
    ),
    "correction-1-least": Correction("c-3", "ada", "", "m-2", "", {"ents": Layer("complete", [])}),
}
ANSWERS = {
    "answer-1": Answer(
        answer_id="0193a7c5-1f2e-7a00-8000-000000000001",
        author="ada",
        created="2026-11-21T05:00:00.250+00:00",
        id="m-1",
        answer=AnswerKind.ACCEPT,
        text="\U0001f600 Kigali grew.",
        source=Source("texts", 3, 4_294_967_296),
        model_version="17",
        queue="random",
        blind=True,
        overlap=True,
        shown_ms=2_400,
        keys=7,
        edits=2,
        layers={"ents": Layer("complete", [LabelledSpan(2, 8, "LOC")])},
        tokens=[CharSpan(2, 8), CharSpan(9, 13)],
        correction_id="c-2",
        supersedes="a-0",
        review=("a-1", "a-2"),
        comment="a town",
    ),
    "answer-1-least": Answer("a-3", "ada", "", "m-2", AnswerKind.IGNORE, ""),
}
LETTER = DeadLetter(
    Source("texts", 3, 41), "type", "expected str in field \"text\", got int '17'", "decode", "", 2, "1.2.3"
)


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_text_messages_keep_their_bytes(name: str) -> None:
    """The golden bytes decode to the message and the message encodes to the golden bytes."""
    value = (GOLDEN / f"{name}.json").read_bytes()
    assert decode_text(value, default_id="") == TEXTS[name]
    assert encode_text(TEXTS[name]) == value


@pytest.mark.parametrize("name", sorted(ANNOTATIONS))
def test_annotations_keep_their_bytes(name: str) -> None:
    """The golden bytes decode to the annotation and the annotation encodes to the golden bytes."""
    value = (GOLDEN / f"{name}.json").read_bytes()
    assert decode_annotation(value) == ANNOTATIONS[name]
    assert encode_annotation(ANNOTATIONS[name]) == value


@pytest.mark.parametrize("name", sorted(ANSWERS))
def test_answers_keep_their_bytes(name: str) -> None:
    """The golden bytes decode to the answer and the answer encodes to the golden bytes."""
    value = (GOLDEN / f"{name}.json").read_bytes()
    assert decode_answer(value) == ANSWERS[name]
    assert encode_answer(ANSWERS[name]) == value


@pytest.mark.parametrize("name", sorted(CORRECTIONS))
def test_corrections_keep_their_bytes(name: str) -> None:
    """The golden bytes decode to the correction and the correction encodes to the golden bytes."""
    value = (GOLDEN / f"{name}.json").read_bytes()
    assert decode_correction(value) == CORRECTIONS[name]
    assert encode_correction(CORRECTIONS[name]) == value


def test_dead_letters_keep_their_headers() -> None:
    """The golden headers are those that are written, and are read back."""
    golden = orjson.loads((GOLDEN / "dead_letter-1.json").read_bytes())
    headers = dead_letter_headers(LETTER, (("freshet-schema", b"text/1"), ("key", b"value")))
    assert [[name, value.decode()] for name, value in headers] == golden.pop("headers")
    assert parse_dead_letter(headers) == LETTER
    assert golden == {
        name: value.decode()
        for name, value in headers
        if name.startswith(("__streams", "freshet-")) and name != "freshet-schema"
    }
