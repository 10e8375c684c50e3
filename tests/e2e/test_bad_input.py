# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

import orjson
import pytest

import engine
from schemas import decode_annotation, parse_dead_letter
from tests.workers.support import Outcome, annotate_all, memory_log, send, settings_for_tests, texts
from workers.serving.model import Model
from workers.serving.pipeline_model import PipelineModel

STARTER = Path(__file__).parents[2] / "models" / "en_starter"

ANNOTATED = {
    "empty": "",
    "blank": " ",
    "nul": "a\0b \0",
    "spaces": " " * 100_000,
    "one token": "x" * 100_000,
    "right to left": "שלום עולם، مرحبا بالعالم \u202eabc\u202c",
    "combining": "e\u0301" * 500 + " Z̸̢̛͍̗̎a̴͇̓l̶g̵o̷ \u200d\u200d\ufeff",
    "emoji": "👩‍👩‍👧‍👦 🇷🇼 👍🏽 " * 50,
    "astral": "\U0010ffff\U0001d4d0 𝓐𝓑𝓒",
    "line ends": "one\r\ntwo\u2028three\u0085four\v\f five",
    "punctuation": "...!!!???((([[[{{{" * 300,
    "quotes": '"\\"\\\\ \u0000\u001f "' * 50,
    "url": "https://example.com/" + "a/" * 5000,
}

REFUSED = {
    "encoding": b'{"text": "\xff\xfe"}',
    "json": b"not json",
    "type": b'{"text": ["a"]}',
    "missing-text": b'{"id": "x", "txt": "a"}',
    "surrogate": b'{"text": "\\ud83d alone"}',
    "too-long": orjson.dumps({"text": "a " * 1_000_000}),
}


@pytest.fixture(scope="module")
def model() -> Model:
    """The starter pipeline where it has been trained, else a tokenizer alone."""
    return PipelineModel(engine.load(STARTER) if STARTER.exists() else engine.blank("en"))


@pytest.fixture(scope="module")
def found(model: Model) -> Outcome:
    """What a worker makes of all strange texts among good ones."""
    log = memory_log(1, max_record_bytes=50_000_000)
    strange = [orjson.dumps({"id": name, "text": text}) for name, text in ANNOTATED.items()]
    send(log, [*texts(20), *strange, *REFUSED.values(), *texts(20)], key=lambda i: b"k")
    result, code = annotate_all(log, settings_for_tests(), model, timeout=90)
    assert (result.exact, code) == (True, 0)
    return result


@pytest.mark.parametrize("name", ANNOTATED)
def test_strange_texts_are_annotated(name: str, found: Outcome) -> None:
    """Whatever Unicode can say is annotated; the tokens lie within the text, in order, and leave out nothing
    but blanks."""
    (annotation,) = [a for a in (decode_annotation(r.value) for r in found.annotations) if a.id == name]
    text, starts, ends = ANNOTATED[name], annotation.tokens["start"], annotation.tokens["end"]
    assert annotation.text == text
    assert all(a < b for a, b in zip(starts, ends, strict=True))
    assert all(end <= start for end, start in zip(ends, starts[1:], strict=False))
    outside = "".join(text[a:b] for a, b in zip([0, *ends], [*starts, len(text)], strict=True))
    assert not outside.strip(" ")


@pytest.mark.parametrize("reason", REFUSED)
def test_what_is_no_text_message_becomes_a_dead_letter(reason: str, found: Outcome) -> None:
    """Bytes that are no text message are dead letters with their value kept and the reason named."""
    (letter,) = [r for r in found.dead_letters if r.value == REFUSED[reason]]
    assert parse_dead_letter(letter.headers).exception == reason


def test_good_texts_beside_strange_ones_are_annotated(found: Outcome) -> None:
    """The 40 good texts around the strange ones are annotated, and nothing else is refused."""
    assert (len(found.annotations), len(found.dead_letters)) == (40 + len(ANNOTATED), len(REFUSED))
