# SPDX-License-Identifier: Apache-2.0
"""A label that the model does not have, from a few hundred corrections: `python -m benchmarks.new_labels DATA
[--corrections 300] [--epochs 10] [--seed 0]`.

The starter's recognizer (PER, LOC, ORG) is given FASHION_BRAND and learns it from corrections, each batch
with as many base sentences and with its former self as the teacher. `partial` corrections say where brands
are, `complete` ones also that nothing else is an entity, though texts about fashion name people and towns.
`anew` is the same recognizer from random weights on the same batches, without a teacher. Scores on texts that
nobody learned from: F of the new label on the dev part of fashion brands, F of the old ones on that of UD EWT
with Universal NER. Seconds are of the processor, for learning alone.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from thinc.api import Adam, fix_random_seed

import engine
from engine import Example, Pipeline
from engine.annotation import example_of
from engine.doc.doc import Doc
from engine.scoring.unit_pairs import unit_pairs
from engine.scoring.units import Counts, count_labels
from engine.training.corpus import configure_corpus
from engine.training.growth import new_labels
from engine.training.stream_learner import LearnerSettings, StreamLearner
from schemas import read_correction

from .__main__ import MODEL

KEPT = ("tok2vec", "ner")
SIZE = 16
"""Corrections a step, and base sentences beside them."""
RATE, TEACHING, AVERAGE = 0.001, 0.5, 0.99
N_BASE, N_OLD = 800, 600


def main() -> None:
    """Print a line for each way to learn."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "data", type=Path, help="folder with fashion_brands, ud_english_ewt, uner_english_ewt"
    )
    parser.add_argument("--corrections", type=int, default=300)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    print(f"{'':<18}{'brands F':>9}{'P':>6}{'R':>6}{'old F':>7}{'steps':>7}{'CPU s':>7}")
    for way in ("start", "partial", "complete", "anew, partial", "anew, complete"):
        run(way, options)


def run(way: str, options: argparse.Namespace) -> None:
    """Learn one way, and print what came out."""
    fix_random_seed(options.seed)
    nlp = _starter()
    base, old = (_sentences(nlp, options.data, *part) for part in (("train", N_BASE), ("dev", N_OLD)))
    stream = _corrections(nlp, options.data, "train", options.corrections, complete="complete" in way)
    dev = _corrections(nlp, options.data, "dev", 0, complete=True)
    learner, optimizer = (
        StreamLearner(nlp, _starter(), LearnerSettings(TEACHING, AVERAGE)),
        Adam(RATE, L2=0.01),
    )
    if way.startswith("anew"):
        nlp = engine.build(nlp.config, tokenizer=nlp.tokenizer)
        nlp.initialize(lambda: [*base, *stream])
        learner = StreamLearner(nlp, None, LearnerSettings(0.0, AVERAGE))
    elif way != "start":
        learner.grow(new_labels(nlp, stream), optimizer)
    began, steps = time.process_time(), 0
    for batch in _batches(stream, base, options) if way != "start" else ():
        learner.update(batch, dropout=0.1, optimizer=optimizer)
        steps += 1
    seconds = time.process_time() - began
    with learner.candidate() as candidate:
        brands, rest = _counts(candidate, dev, new=True), _counts(candidate, old, new=False)
    scores = f"{brands.f1:>9.3f}{brands.precision:>6.2f}{brands.recall:>6.2f}{rest.f1:>7.3f}"
    print(f"{way:<18}{scores}{steps:>7}{seconds:>7.0f}", flush=True)


def _starter() -> Pipeline:
    names = engine.load(MODEL).names
    return engine.load(MODEL, exclude=[name for name in names if name not in KEPT], precision="fp32")


def _sentences(nlp: Pipeline, data: Path, part: str, limit: int) -> list[Example]:
    entities = str(data / "uner_english_ewt" / f"{part}.iob2")
    read = configure_corpus(str(data / "ud_english_ewt" / f"{part}.conllu"), entities=entities, limit=limit)
    return [example for example in read(nlp) if example.has("ents")]


def _corrections(nlp: Pipeline, data: Path, part: str, limit: int, *, complete: bool) -> list[Example]:
    lines = (data / "fashion_brands" / f"{part}.jsonl").read_bytes().splitlines()[: limit or None]
    found = (read_correction(line, complete=complete) for line in lines)
    return [example_of(correction, nlp.tokenizer) for correction in found if correction]


def _batches(
    stream: Sequence[Example], base: Sequence[Example], options: argparse.Namespace
) -> Iterator[list[Example]]:
    chance = random.Random(options.seed)
    for _ in range(options.epochs):
        shuffled = chance.sample(stream, len(stream))
        for start in range(0, len(shuffled), SIZE):
            yield [*shuffled[start : start + SIZE], *chance.sample(base, SIZE)]


def _counts(nlp: Pipeline, examples: Sequence[Example], *, new: bool) -> Counts:
    """Of the brands, or of what is none."""
    batch, total = nlp.predict([example.text for example in examples]), Counts()
    for index, example in enumerate(examples):
        pair = unit_pairs(Example(Doc(batch, index), example.reference))["ents"]
        for label, counts in count_labels(*pair).items():
            total += counts if (label == "FASHION_BRAND") == new else Counts()
    return total


if __name__ == "__main__":
    main()
