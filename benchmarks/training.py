# SPDX-License-Identifier: Apache-2.0
"""Words a second while training, beside spaCy's: `python -m benchmarks.training DATA --spacy-python PY
[--json]`.

Both sides learn the same documents in the same batches (ten sentences of UD EWT with Universal NER, about
`--batch-words` words a batch) with the same config: shared tok2vec of width 96, tagger, morphologizer, ner,
Adam, dropout 0.1, one process, one thread on one core. spaCy runs as installed and with
`NumpyOps(use_blis=False)`; the ratio is to the faster one. The sides take turns; figures are medians over the
turns, in words per second of CPU time, which other work on the machine disturbs less. Reading, batching and
evaluating are left out on both sides.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
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

CONFIG = Path(__file__).parent.parent / "configs" / "en_starter.cfg"
SAME_AS_SPACY = {
    "nlp.pipeline": ["tok2vec", "tagger", "morphologizer", "ner"],
    "training.optimizer.use_averages": False,
}
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
heads = ["tagger", "morphologizer", "ner"]
nlp = load_model_from_config(init_config(lang="en", pipeline=heads, optimize="efficiency"), auto_fill=True)
def example(d):
    layers = {name: d[name] for name in ("words", "spaces", "tags", "pos", "morphs")}
    gold = Doc(nlp.vocab, **layers)
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
    """Print both sides' medians and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="folder with ud_english_ewt and uner_english_ewt")
    parser.add_argument("--spacy-python", help="interpreter that has spaCy 3.8")
    parser.add_argument("--steps", type=int, default=40, help="updates a turn")
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--batch-words", type=int, default=800)
    parser.add_argument(
        "--scratch", type=Path, default=Path("/tmp"), help="folder for spaCy's copy of the documents"
    )
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    sides = make_sides(options)
    rates: dict[str, list[float]] = {name: [] for name in sides}
    for turn in range(options.turns + 1):
        for name, run in sides.items():
            rate = run(options.steps)
            if turn:  # the first turn warms up
                rates[name].append(rate)
    report({name: median(values) for name, values in rates.items()}, as_json=options.json)


def make_sides(options: argparse.Namespace) -> dict[str, Callable[[int], float]]:
    """Name -> function that learns so many batches and gives words a second."""
    corpus = Corpus(
        options.data / "ud_english_ewt/train.conllu",
        options.data / "uner_english_ewt/train.iob2",
        n_sents=10,
        limit=N_DOCS,
    )
    config = engine.read_config(CONFIG, {**SAME_AS_SPACY, "paths.data": str(options.data)})
    pipeline = engine.from_config(config)
    settings = training_settings(pipeline)
    initialize(pipeline, corpus, settings)
    examples = list(corpus(pipeline))
    groups = batches_of(examples, options.batch_words)
    batches = cycle([[examples[i] for i in group] for group in groups])

    def ours(n: int) -> float:
        words, started = 0, time.process_time()
        for _ in range(n):
            batch = next(batches)
            learn_batch(pipeline, settings["optimizer"], batch, LoopSettings(), dropout=0.1, losses={})
            words += sum(map(len, batch))
        return words / (time.process_time() - started)

    sides = {"freshet": ours}
    if options.spacy_python:
        path = options.scratch / "freshet_training_benchmark.json"
        path.write_text(json.dumps({"docs": [peer_doc(example) for example in examples], "batches": groups}))
        sides |= {
            f"spaCy, {blas}": peer_side(options.spacy_python, path, blas)
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
        "ents": ents,
    }


def peer_side(python: str, path: Path, blas: str) -> Callable[[int], float]:
    """A waiting process of spaCy that learns when told to."""
    command = [python, "-c", SPACY_SIDE, str(path), blas]
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


def report(medians: dict[str, float], *, as_json: bool) -> None:
    """Words a second, and the ratio to spaCy's faster set-up."""
    peers = [rate for name, rate in medians.items() if name != "freshet"]
    ratio = medians["freshet"] / max(peers) if peers else None
    cpu = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        "",
    )
    if as_json:
        print(json.dumps({"cpu": cpu, "words_per_s": medians, "ratio_to_fastest_spacy": ratio}))
        return
    print(f"training, one core of {cpu}")
    for name, rate in medians.items():
        print(f"{name:<20} {rate:>8,.0f} words/s")
    if ratio is not None:
        print(f"ratio to spaCy's faster set-up: {ratio:.2f}")


if __name__ == "__main__":
    main()
