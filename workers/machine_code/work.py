# SPDX-License-Identifier: Apache-2.0
"""Work that calls every loop which annotating, training and learning of CNN pipelines call.

Gold is what the starter says, so that no corpus is needed. A loop of the engine that is not called here is an
error when a set is made (`making.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from thinc.api import Adam

import engine
from engine import Example, Pipeline
from engine.annotation import encode_batch
from engine.confidence import confidences_of
from engine.kernels.int8_rows import bytes_of_rows, floats_of_products, largest_bits
from engine.kernels.learning.coins import FEW, draw_coins
from engine.kernels.torch.first_max import first_max
from engine.matching import Matcher, PhraseMatcher, levenshtein_compare
from engine.training.stream_learner import LearnerSettings, StreamLearner
from engine.vectors import FloretVectors
from schemas import ModelRef, Source, TextMessage

from ..bundled import STARTER, find_model
from .toys import toy_pipelines

TEXTS = (
    "Ada Lovelace met Charles Babbage in London on 3 May 1842.  They didn't agree, did they?",
    "New York City sleeps. Zoë's café, https://example.org/a?b=c, costs 12.50 EUR!\n\nIt rained.",
    "",
    " ",
    "naïve 東京 🙂 x",
    "What the engineer who built the first of the machines that we saw in Turin wanted was rest.",
)

_PATTERNS: list[list[dict[str, Any]]] = [
    [{"LOWER": "ada"}, {"POS": "PROPN", "OP": "*"}],
    [{"TEXT": {"REGEX": "^N"}}, {"IS_ALPHA": True, "OP": "?"}, {"OP": "+"}],
    [{"LOWER": {"FUZZY": "lovelase"}}, {"LENGTH": {">=": 3}, "OP": "{1,3}"}],
]


def call_all_loops() -> None:
    """Annotate, train and learn, a little of each."""
    starter = engine.load(find_model(STARTER))
    _annotate(starter)
    _match(starter)
    for pipeline in toy_pipelines():
        _train(pipeline, starter)
    _learn(starter)
    _look_up_vectors()
    _annotate(engine.load(find_model(STARTER), precision="fp32"))
    first_max(np.zeros((1, 20), dtype=np.float32))  # what follows a product of torch
    _multiply_in_bytes()
    draw_coins([(FEW, 1)])  # of so many that loops draw them


def _annotate(pipeline: Pipeline) -> None:
    for texts in (TEXTS, TEXTS[:1], TEXTS * 8):
        _encode(pipeline, texts)
    list(pipeline.pipe(TEXTS, n_threads=2))


def _encode(pipeline: Pipeline, texts: Sequence[str]) -> None:
    """As a worker does, also one that says how sure it is."""
    messages = [TextMessage(id=str(i), text=text) for i, text in enumerate(texts)]
    sources = [Source(topic="texts", partition=0, offset=i) for i in range(len(texts))]
    for asks_how_sure in (False, True):
        batch = pipeline.tokenizer.tokenize(texts)
        batch.surprises = {} if asks_how_sure else None
        pipeline.predict_batch(batch)
        sure = confidences_of(batch) if asks_how_sure else None
        encode_batch(batch, messages, sources, ModelRef("work", "1", "0" * 64), confidences=sure)


def _train(pipeline: Pipeline, teacher: Pipeline) -> None:
    examples = _examples(pipeline, teacher)
    pipeline.initialize(lambda: examples)
    pipeline.update(_examples(pipeline, teacher), dropout=0.1, optimizer=Adam(0.001))
    pipeline.evaluate(_examples(pipeline, teacher))
    _annotate(pipeline)
    with TemporaryDirectory() as folder:
        pipeline.to_disk(Path(folder))
        _annotate(engine.load(folder))


def _learn(starter: Pipeline) -> None:
    student = engine.load(find_model(STARTER))
    learner = StreamLearner(student, starter, LearnerSettings())
    learner.update(_examples(student, starter), dropout=0.1, optimizer=Adam(0.001))
    _annotate(student)


def _examples(pipeline: Pipeline, teacher: Pipeline) -> list[Example]:
    """What a teacher says as gold, with categories and spans, which the starter has not."""
    examples = []
    for i, text in enumerate(text for text in TEXTS if text.strip()):
        gold = teacher(text)
        gold.set_cats({"even": float(i % 2 == 0), "odd": float(i % 2)})
        gold.set_spans("sc", [(0, 1, "FIRST")])
        examples.append(Example(pipeline.tokenizer(gold.text), gold))
    return examples


def _match(pipeline: Pipeline) -> None:
    docs = [pipeline(text) for text in TEXTS]
    for greedy in (None, "LONGEST", "FIRST"):
        matcher = Matcher()
        matcher.add("KEY", _PATTERNS, greedy=greedy)
        for doc in docs:
            matcher(doc)
            matcher(doc, with_alignments=True)
    phrases = PhraseMatcher(attr="LOWER")
    phrases.add("KEY", [pipeline("new york city"), pipeline("ada lovelace")])
    for doc in docs:
        phrases(doc)
    levenshtein_compare("lovelace", "lovelase")


def _look_up_vectors() -> None:
    data = np.random.default_rng(0).standard_normal((64, 8)).astype(np.float32)
    batch = engine.blank("en").predict(TEXTS)
    FloretVectors(data, 2, 4, 2, 7, "<", ">").rows(batch.lexemes, batch.lexeme_ids)


def _multiply_in_bytes() -> None:
    """What stands before and behind the products of an encoder in eight bits."""
    rows = np.random.default_rng(0).standard_normal((4, 64)).astype(np.float32)
    largest, scales = np.empty(4, np.int32), np.empty(4, np.float32)
    found, products = np.empty((4, 64), np.int8), np.ones((4, 64), np.int32)
    largest_bits(rows.view(np.int32), largest)
    bytes_of_rows(rows, largest.view(np.float32), found, scales)
    floats_of_products(products, scales, rows[0], rows[1], np.empty((4, 64), np.float32))
