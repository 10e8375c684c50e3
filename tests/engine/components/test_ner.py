# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import itertools

import numpy as np
import pytest
from thinc.api import Adam, Optimizer

from engine.components.ner import EntityRecognizer, count_actions
from engine.decoders.ner_actions import BEGIN, UNIT
from engine.doc.batch import SpanColumn

from ..gradients import shake
from ..toy import alone, toy_examples, toy_pipeline


def test_gold_entities_are_counted_by_tokens() -> None:
    """Every kind of action counts all tokens of the type."""
    nlp = toy_pipeline(alone("sentencizer"))
    counts = count_actions(toy_examples(nlp))
    assert counts[BEGIN] == counts[UNIT] == {"PER": 3, "LOC": 4}


@pytest.mark.parametrize("extra", [False, True])
@pytest.mark.parametrize("use_upper", [False, True])
@pytest.mark.parametrize("pieces", [1, 2])
def test_compiled_decoder_agrees_with_the_plain_one(extra: bool, use_upper: bool, pieces: int) -> None:
    """On random weights, random sentence starts and random preset entities both decoders find the same
    entities."""
    sections = alone("ner")
    sections["ner"]["model"] |= {"extra_state_tokens": extra, "use_upper": use_upper, "maxout_pieces": pieces}
    nlp = toy_pipeline(sections)
    shake(nlp)
    component = nlp.component("ner")
    assert isinstance(component, EntityRecognizer)
    random = np.random.default_rng(0)
    texts = [" ".join(random.choice(["Ada", "New", "York", "\n", "met", "?"], 9)) for _ in range(40)]
    for preset, starts in itertools.product((False, True), (False, True)):
        plain, fast = (nlp.tokenizer.tokenize(texts) for _ in range(2))
        for batch in (plain, fast):
            batch.sent_starts = (
                np.where(np.arange(batch.n_tokens) % 5 == 0, 1, -1).astype(np.int8) if starts else None
            )
            if preset:
                batch.spans["ents"] = _presets(batch.n_docs, component.labels)
        expected = component.predict_plain(plain)
        component.predict(fast)
        found = fast.spans["ents"]
        for name in ("doc_offsets", "starts", "ends", "label_ids"):
            assert getattr(found, name).tolist() == getattr(expected, name).tolist()


def _presets(n_docs: int, labels: tuple[str, ...]) -> SpanColumn:
    each = np.arange(n_docs, dtype=np.int32)
    return SpanColumn(np.arange(n_docs + 1), each % 4, each % 4 + 1 + each % 3, each % len(labels), labels)


def test_preset_entities_stay_and_may_have_types_that_the_model_does_not_know() -> None:
    """What an earlier component found is kept, whatever the model thinks."""
    nlp = toy_pipeline(alone("ner"))
    batch = nlp.tokenizer.tokenize(["Ada met Grace Hopper ."])
    batch.spans["ents"] = SpanColumn(
        np.array([0, 1]), np.array([1]), np.array([3]), np.array([0]), ("EVENT",)
    )
    nlp.predict_batch(batch)
    spans = batch.spans["ents"]
    assert (1, 3, "EVENT") in [
        (s, e, spans.labels[i]) for s, e, i in zip(spans.starts, spans.ends, spans.label_ids, strict=True)
    ]


@pytest.mark.parametrize("exploration", [0.0, 1.0])
def test_entities_are_learned(exploration: float) -> None:
    """A few dozen updates learn the toy entities by heart, along gold or along the model's own states."""
    sections = alone("ner")
    sections["ner"]["exploration"] = exploration
    nlp = toy_pipeline(sections)
    examples = toy_examples(nlp)
    optimizer = _adam()
    for _ in range(60):
        nlp.update(examples, optimizer=optimizer)
    assert nlp.evaluate(examples)["ents_f"] == 1.0


def _adam() -> Optimizer:
    return Adam(0.02)
