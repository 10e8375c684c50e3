# SPDX-License-Identifier: Apache-2.0
"""Words a second while training, and seconds to start, beside spaCy's: `python -m benchmarks.training DATA
--spacy-python PY [--pipelines entities trees] [--json]`.

A row a pipeline. Both sides learn the same documents in the same batches (ten sentences of UD EWT, with
Universal NER, about `--batch-words` words a batch) with the same config: shared tok2vec of width 96, tagger,
morphologizer, and ner (`entities`) or parser (`trees`), Adam, dropout 0.1, one process, one thread on one
core. spaCy runs as installed and with `NumpyOps(use_blis=False)`; the ratio is to the faster one. The sides
take turns; figures are medians over the turns, in words per second of CPU time, which other work on the
machine disturbs less. Reading, batching and evaluating are left out on both sides.

The start, which is ours alone: reading the whole training part, finding labels, and gold of every document as
each head learns it, in seconds of CPU time of a process of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import cycle
from pathlib import Path
from statistics import median
from typing import Any

import engine
from engine.doc.example import Example, entities_of
from engine.training.corpus import Corpus
from engine.training.loop import LoopSettings, learn_batch
from engine.training.train import initialize, training_settings

from .compare import machine

HERE = Path(__file__).parent
CONFIGS: dict[str, tuple[Path, dict[str, Any]]] = {
    "entities": (
        HERE.parent / "configs" / "en_starter.cfg",
        {
            "nlp.pipeline": ["tok2vec", "tagger", "morphologizer", "ner"],
            "training.optimizer.use_averages": False,
        },
    ),
    "trees": (HERE / "parser_ud.cfg", {}),
}
"""Pipeline -> config with the settings of spaCy's `init config --optimize efficiency`, and what is changed in
it."""

HEADS = {"entities": "ner", "trees": "parser"}
N_DOCS = 240

SPACY_SIDE = """
import json, sys, time
from itertools import cycle
import spacy
from spacy.cli.init_config import init_config
from spacy.tokens import Doc, Span
from spacy.training import Example
from spacy.util import registry, fix_random_seed, load_model_from_config
from thinc.api import NumpyOps, set_current_ops
if sys.argv[2] == "openblas":
    set_current_ops(NumpyOps(use_blis=False))
fix_random_seed(0)
heads = ["tagger", "morphologizer", sys.argv[3]]
nlp = load_model_from_config(init_config(lang="en", pipeline=heads, optimize="efficiency"), auto_fill=True)
def example(d):
    layers = {name: d[name] for name in ("words", "spaces", "tags", "pos", "morphs")}
    if sys.argv[3] == "parser":
        layers |= {"heads": d["heads"], "deps": d["deps"]}
    gold = Doc(nlp.vocab, **layers)
    if sys.argv[3] == "ner":
        gold.ents = [Span(gold, start, end, label) for start, end, label in d["ents"]]
    return Example(nlp.make_doc(gold.text), gold)
data = json.load(open(sys.argv[1]))
examples = [example(d) for d in data["docs"]]
nlp.initialize(lambda: examples)
training = nlp.config["training"]
if not hasattr(training, "interpolate"):
    training = nlp.config.interpolate()["training"]
else:
    training = training.interpolate()
optimizer = registry.resolve(training)["optimizer"]
batches = cycle([[examples[i] for i in batch] for batch in data["batches"]])
print("ready", flush=True)
for line in sys.stdin:
    words, started = 0, time.process_time()
    for _ in range(int(line)):
        batch = next(batches)
        nlp.update(batch, drop=0.1, sgd=optimizer, losses={})
        words += sum(len(eg.predicted) for eg in batch)
    print(words / (time.process_time() - started), flush=True)
"""


def main() -> None:
    """Print both sides' medians and the ratio of each pipeline."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="folder with ud_english_ewt and uner_english_ewt")
    parser.add_argument("--spacy-python", help="interpreter that has spaCy 3.8")
    parser.add_argument("--pipelines", nargs="+", choices=list(CONFIGS), default=list(CONFIGS))
    parser.add_argument("--steps", type=int, default=40, help="updates a turn")
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--batch-words", type=int, default=800)
    parser.add_argument(
        "--scratch", type=Path, default=Path("/tmp"), help="folder for spaCy's copy of the documents"
    )
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--start-of", choices=list(CONFIGS), help=argparse.SUPPRESS)
    options = parser.parse_args()
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    if options.start_of:
        print(json.dumps(seconds_to_start(options.data, options.start_of)))
        return
    for pipeline in options.pipelines:
        measure(pipeline, options)


def measure(pipeline: str, options: argparse.Namespace) -> None:
    """One pipeline's row, and its seconds to start."""
    sides = make_sides(pipeline, options)
    rates: dict[str, list[float]] = {name: [] for name in sides}
    for turn in range(options.turns + 1):
        for name, run in sides.items():
            rate = run(options.steps)
            if turn:  # the first turn warms up
                rates[name].append(rate)
    medians = {name: median(values) for name, values in rates.items()}
    command = [sys.executable, "-m", "benchmarks.training", str(options.data), "--start-of", pipeline]
    starts = [
        json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
        for _ in range(3)
    ]
    start = {part: median(each[part] for each in starts) for part in starts[0]}
    report(pipeline, medians, start, as_json=options.json)


def corpus_of(data: Path, pipeline: str, limit: int = 0) -> Corpus:
    """The training part, with entities where the pipeline learns them."""
    entities = data / "uner_english_ewt/train.iob2" if pipeline == "entities" else None
    return Corpus(data / "ud_english_ewt/train.conllu", entities, n_sents=10, limit=limit)


def start_training(
    data: Path, name: str, limit: int = 0
) -> tuple[engine.Pipeline, dict[str, Any], list[Example], dict[str, float]]:
    """A pipeline with labels and weights, the settings of its training, the examples, and the seconds of CPU
    time that reading and initializing took."""
    path, changes = CONFIGS[name]
    pipeline = engine.from_config(engine.read_config(path, {**changes, "paths.data": str(data)}))
    settings, corpus = training_settings(pipeline), corpus_of(data, name, limit)
    began = time.process_time()
    examples = list(corpus(pipeline))
    read = time.process_time()
    initialize(pipeline, corpus, settings)
    seconds = {"reading": read - began, "labels": time.process_time() - read}
    return pipeline, settings, examples, seconds


def seconds_to_start(data: Path, name: str) -> dict[str, float]:
    """Seconds of CPU time of each part of a start, once what is compiled was loaded."""
    start_training(data, name, limit=20)
    pipeline, _, examples, seconds = start_training(data, name)
    began = time.process_time()
    for head in ("tagger", "morphologizer", HEADS[name]):
        component: Any = pipeline.component(head)
        component.gold_arrays(examples)
    return {**seconds, "gold": time.process_time() - began}


def make_sides(name: str, options: argparse.Namespace) -> dict[str, Callable[[int], float]]:
    """Name -> function that learns so many batches and gives words a second."""
    pipeline, settings, examples, _ = start_training(options.data, name, N_DOCS)
    groups = batches_of(examples, options.batch_words)
    batches = cycle([[examples[i] for i in group] for group in groups])

    def ours(n: int) -> float:
        words, started = 0, time.process_time()
        for _ in range(n):
            batch = next(batches)
            learn_batch(pipeline, settings["optimizer"], batch, LoopSettings(), dropout=0.1, losses={})
            words += sum(map(len, batch))
        return words / (time.process_time() - started)

    sides: dict[str, Callable[[int], float]] = {"freshet": ours}
    if options.spacy_python:
        path = options.scratch / f"freshet_training_{name}.json"
        path.write_text(json.dumps({"docs": [peer_doc(example) for example in examples], "batches": groups}))
        sides |= {
            f"spaCy, {blas}": peer_side(options.spacy_python, path, blas, HEADS[name])
            for blas in ("as installed", "openblas")
        }
    return sides


def batches_of(examples: list[Example], n_words: int) -> list[list[int]]:
    """Positions of the examples in runs of about so many words."""
    groups: list[list[int]] = [[]]
    for i, example in enumerate(examples):
        if groups[-1] and sum(len(examples[j]) for j in groups[-1]) + len(example) > n_words:
            groups.append([])
        groups[-1].append(i)
    return groups


def peer_doc(example: Example) -> dict[str, Any]:
    """A gold document as plain values; spans of unknown words are left out."""
    doc = example.reference
    ents = [span for span in entities_of(doc) if span[2] != "-"]
    return {
        "words": doc.words,
        "spaces": doc.spaces,
        "tags": doc.tags,
        "pos": doc.pos_tags,
        "morphs": doc.morphs,
        "heads": doc.heads,
        "deps": doc.deps,
        "ents": ents,
    }


def peer_side(python: str, path: Path, blas: str, head: str) -> Callable[[int], float]:
    """A waiting process of spaCy that learns when told to."""
    command = [python, "-c", SPACY_SIDE, str(path), blas, head]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None
    assert process.stdout is not None
    if process.stdout.readline().strip() != "ready":
        raise SystemExit(f"spaCy did not start; try {python} -c 'import spacy'")
    to_spacy, from_spacy = process.stdin, process.stdout

    def run(n: int) -> float:
        print(n, file=to_spacy, flush=True)
        return float(from_spacy.readline())

    return run


def report(pipeline: str, medians: dict[str, float], start: dict[str, float], *, as_json: bool) -> None:
    """Words a second, the ratio to spaCy's faster set-up, and the seconds of the start."""
    peers = [rate for name, rate in medians.items() if name != "freshet"]
    ratio = medians["freshet"] / max(peers) if peers else None
    cpu = machine()["cpu"]
    if as_json:
        row = {"pipeline": pipeline, "cpu": cpu, "words_per_s": medians, "ratio_to_fastest_spacy": ratio}
        print(json.dumps({**row, "start_s": start}))
        return
    print(f"training, {pipeline}, one core of {cpu}")
    for name, rate in medians.items():
        print(f"{name:<20} {rate:>8,.0f} words/s")
    if ratio is not None:
        print(f"ratio to spaCy's faster set-up: {ratio:.2f}")
    print("start: " + ", ".join(f"{part} {seconds:.2f} s" for part, seconds in start.items()))


if __name__ == "__main__":
    main()
