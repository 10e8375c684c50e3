# SPDX-License-Identifier: Apache-2.0
"""What the gate lets pass by luck, and what it takes to pass it rightly: `python -m benchmarks.gate DATA
[--runs 1000] [--models DIR] [--json FILE]`.

Documents are real ones with the answers of two real models: of fashion_brands' dev part, trained on 300
documents and on all 1,235 (`some` and `all` in DIR, else trained here), and of UNER EWT's dev part, the
starter and the starter with disturbed weights. From these, models are made up that differ as real ones do:
for each document that is drawn a coin says whose answers the champion gives; the candidate gives the other's
in a share of the documents (`churn`: in how many they then differ), and the same in the rest. With a fair
coin both are equally good; with a loaded one the candidate is better by as much F as is asked for.

Each question is put to the functions that the gate itself calls. A line: a student's candidates, one after
the other, on documents of which a few are new each time; nine of ten answers are as the one before gave them.
Processor time: some ten minutes.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

import engine
from engine import Example, Pipeline
from engine.components import TrainableComponent
from engine.training.conllu import read_conllu
from engine.training.corpus import examples_of, join_entities, read_corpus
from engine.training.gold import doc_of_sentences
from workers.bundled import STARTER, find_model
from workers.gate.answers import answers_of
from workers.gate.counts import SliceCounts, count, f_scores
from workers.gate.differences import differences
from workers.gate.e_process import EProcess
from workers.gate.gain import Basis, weigh_counts
from workers.gate.history import History
from workers.gate.stream_evidence import StreamEvidence
from workers.settings import GateSettings

from .populations import SLICES, Floats, Population, World

LOOKS = 100
SETTINGS = GateSettings(refresh=False)
SIZES = [round(50 * 2 ** (i / 2)) for i in range(22)]
"""Numbers of documents that are tried, from 50 to some 72,000."""
POWER = 0.9
HOLDOUT = 168
"""Documents of a holdout of 240 that judge."""


def main() -> None:
    """Print the answers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "data", type=Path, help="folder with fashion_brands, ud_english_ewt, uner_english_ewt"
    )
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--models", type=Path, help="folder with the pipelines `some` and `all`")
    parser.add_argument("--only", choices=("fashion_brands", "uner_ewt"))
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    found: dict[str, object] = {}
    with tempfile.TemporaryDirectory() as scratch:
        makers: dict[str, Callable[[], Population]] = {
            "fashion_brands": lambda: fashion(
                options.data / "fashion_brands", options.models or Path(scratch)
            ),
            "uner_ewt": lambda: uner(options.data),
        }
        populations = [make() for name, make in makers.items() if options.only in (None, name)]
    for population in populations:
        for name, value in answers(population, options.runs):
            found[f"{population.name}: {name}"] = value
            print(f"{population.name:16} {name:78} {value}", flush=True)
    found["processor seconds"] = round(time.process_time())
    print(f"processor seconds {found['processor seconds']}, load average {os.getloadavg()[0]:.1f}")
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n")


def answers(population: Population, runs: int) -> Iterator[tuple[str, object]]:
    """Every question with its answer."""
    yield "documents; F of both; churn", _description(population)
    yield (
        f"equal candidates promoted, {LOOKS} looks at growing documents (target: at most 1 %)",
        percent(run_alone(population, seed) for seed in range(runs)),
    )
    yield (
        f"champions replaced by any of {LOOKS} equal candidates of a line (target: at most 1 %)",
        percent(run_line(population, seed) for seed in range(runs)),
    )
    yield (
        "  the same if each were tried at 0.01 by itself",
        percent(run_line(population, seed, spending=False) for seed in range(runs)),
    )
    yield (
        "  the same with nine streamed corrections for each document that judges (target: at most 1 %)",
        percent(run_line_with_stream(population, seed) for seed in range(runs)),
    )
    yield (
        f"equal students promoted by their stream of 1,000, {LOOKS} looks (target: at most 1 %)",
        percent(run_stream(population, seed) for seed in range(runs)),
    )
    yield (
        f"equal champions rolled back, {LOOKS} looks (target: at most 1 %)",
        percent(run_look_back(population, seed) for seed in range(runs)),
    )
    yield from powers(population, runs // 5)
    yield from losses(population, runs // 5)
    gain = f"{100 * great_gain(population):.1f} F"
    name = f"documents wanted for {gain}: as said after 100, and as it was (medians)"
    yield name, wanted(population, runs // 10)
    name = f"a proven champion refreshed by {LOOKS} candidates of +-1 F: change of F, mean and worst 1 %"
    yield name, refreshed(population, runs // 10)


def _description(population: Population) -> str:
    scores = [100 * float(f_scores(model.sum(0))) for model in (population.worse, population.better)]
    return f"{len(population.worse)}; {scores[0]:.1f} and {scores[1]:.1f}; {population.churn:.1%}"


def percent(outcomes: Iterator[bool]) -> str:
    """How many of them, in percent."""
    rows = list(outcomes)
    return f"{sum(rows) / len(rows):.1%} of {len(rows)}"


def run_alone(population: Population, seed: int) -> bool:
    """Whether one candidate, as good as the champion, is ever promoted while documents come."""
    world = World.draw(population, np.random.default_rng(seed), 20 + 10 * LOOKS, share=1.0)
    return any(promoted(world, n, History()) for n in range(20, 20 + 10 * LOOKS, 10))


def run_line(population: Population, seed: int, *, spending: bool = True) -> bool:
    """Whether any of a line's candidates, each as good as the champion, is ever promoted."""
    world = World.draw(population, np.random.default_rng(seed), 50 + 5 * LOOKS, share=0.5)
    history = History()
    for n in range(50, 50 + 5 * LOOKS, 5):
        gain = weigh_counts(world.pair(0, n), world.pair(n // 2, n), SETTINGS, history)
        if gain.evidence >= (gain.needed if spending else 1 / SETTINGS.alpha):
            return True
        history = replace(history, looks=gain.looks, spent=gain.spent)
        world.next_candidate()
    return False


def run_line_with_stream(population: Population, seed: int) -> bool:
    """Whether any of a line's candidates, each as good as the champion, is ever promoted, where the stream
    speaks too."""
    rng, most = np.random.default_rng(seed), 50 + 5 * LOOKS
    world, stream = (World.draw(population, rng, n, share=0.5) for n in (most, 9 * most))
    evidence, history, read = StreamEvidence(), History(), 0
    for n in range(50, most, 5):
        evidence.weigh(stream.rows(read, 9 * n))
        gain = weigh_counts(
            world.pair(0, n), world.pair(n // 2, n), SETTINGS, replace(history, stream=evidence.process)
        )
        if gain.basis is not Basis.NONE:
            return True
        history, read = replace(history, looks=gain.looks, spent=gain.spent), 9 * n
        world.next_candidate()
        stream.next_candidate()
    return False


def promoted(world: World, n: int, history: History) -> bool:
    """Whether the candidate is promoted by the first n documents, half of them recent ones."""
    return weigh_counts(world.pair(0, n), world.pair(n // 2, n), SETTINGS, history).basis is Basis.GAIN


def run_stream(population: Population, seed: int) -> bool:
    """Whether a student, never better than the champion, is ever promoted by what the stream says."""
    world = World.draw(population, np.random.default_rng(seed), 10 * LOOKS, share=1.0)
    evidence, rows = StreamEvidence(), world.rows(0, 10 * LOOKS)
    for n in range(0, len(rows), 10):
        evidence.weigh(rows[n : n + 10])
        if evidence.process.shows(SETTINGS.alpha / 2):
            return True
    return False


def run_look_back(population: Population, seed: int) -> bool:
    """Whether a champion, as good as the one before, is ever rolled back while corrections come."""
    world = World.draw(population, np.random.default_rng(seed), 10 + 5 * LOOKS, share=1.0)
    return any(
        EProcess.of(-differences(*world.pair(0, n), [0])).shows(SETTINGS.alpha)
        for n in range(10, 10 + 5 * LOOKS, 5)
    )


def powers(population: Population, runs: int) -> Iterator[tuple[str, object]]:
    """How many documents it takes until nine of ten are promoted, as first and as tenth candidate."""
    largest = float(f_scores(population.better.sum(0)) - f_scores(population.worse.sum(0)))
    for gain in (0.01, 0.03, 0.06, 0.12, 0.18):
        for share in (0.1, 0.25, 0.5, 1.0):
            if 0.15 * share * largest <= gain <= 0.9 * share * largest:
                sizes = [power_at(population, gain, share, History(looks=k), runs) for k in (0, 9)]
                what = f"better by {100 * gain:g} F, churn {share * population.churn:.1%}"
                streamed = corrections_for(population, gain, share, min(runs, 50))
                said = f"{sizes[0]}; as tenth candidate {sizes[1]}; of a stream {streamed} corrections"
                yield f"documents for a power of 90 %: {what}", said


def corrections_for(population: Population, gain: float, share: float, runs: int) -> int | None:
    """Corrections until nine of ten are promoted, of which nine in ten are streamed and 7 % judge beside a
    holdout of 168; with a candidate at each of the sizes tried."""
    load = population.loaded(gain, share)
    took = sorted(_corrections_until(population, load, share, seed) for seed in range(runs))
    found = took[math.ceil(POWER * runs) - 1]
    return None if found > SIZES[-1] else found


def _corrections_until(population: Population, load: float, share: float, seed: int) -> int:
    """At which of the sizes one candidate's line is promoted; one more than the last where it never is."""
    rng = np.random.default_rng(seed)
    world = World.draw(population, rng, HOLDOUT + round(0.07 * SIZES[-1]), share, load)
    stream = World.draw(population, rng, round(0.9 * SIZES[-1]), share, load)
    evidence, history, read = StreamEvidence(), History(), 0
    for n in SIZES:
        evidence.weigh(stream.rows(read, round(0.9 * n)))
        read, judging = round(0.9 * n), HOLDOUT + round(0.07 * n)
        pool, recent = world.pair(0, judging), world.pair(HOLDOUT, judging)
        gain = weigh_counts(pool, recent, SETTINGS, replace(history, stream=evidence.process))
        if gain.basis is not Basis.NONE:
            return n
        history = replace(history, looks=gain.looks, spent=gain.spent)
    return SIZES[-1] + 1


def power_at(population: Population, gain: float, share: float, history: History, runs: int) -> int | None:
    """The least of the sizes tried at which so many are promoted."""
    load = population.loaded(gain, share)
    for n in SIZES:
        worlds = (
            World.draw(population, np.random.default_rng(i), n, share, load) for i in range(min(runs, 100))
        )
        if np.mean([promoted(world, n, history) for world in worlds]) >= POWER:
            return n
    return None


def losses(population: Population, runs: int) -> Iterator[tuple[str, object]]:
    """How often a guarded layer of the holdout stops a candidate that loses so much there."""
    largest = float(f_scores(population.better.sum(0)) - f_scores(population.worse.sum(0)))
    for n in (100, 250, 1000):
        rows = []
        for loss in (0.0, 0.03, 0.06, 0.12, 0.25):
            if loss > largest:
                continue
            load = population.loaded(-loss, 1.0)
            worlds = (World.draw(population, np.random.default_rng(i), n, 1.0, load) for i in range(runs))
            rows.append(f"{100 * loss:g} F {np.mean([stopped(world.pair(0, n)) for world in worlds]):.0%}")
        yield f"stopped on a holdout of {n}, by what is lost there", ", ".join(rows)


def stopped(pair: tuple[SliceCounts, SliceCounts]) -> bool:
    """Whether a loss is shown, or a great one not excluded."""
    worse = EProcess.of(-differences(*pair, [0], margin=-SETTINGS.tolerance))
    safe = EProcess.of(differences(*pair, [0], margin=-SETTINGS.max_hidden_loss))
    return worse.log_value >= SETTINGS.log_confidence or safe.log_value < SETTINGS.log_confidence


def great_gain(population: Population) -> float:
    """12 F, or most of what lies between the two models."""
    return min(0.12, 0.9 * float(f_scores(population.better.sum(0)) - f_scores(population.worse.sum(0))))


def wanted(population: Population, runs: int) -> str:
    """What a verdict says is missing after a hundred documents, beside how many it took."""
    load = population.loaded(great_gain(population), 1.0)
    said, was = [], []
    for seed in range(runs):
        world = World.draw(population, np.random.default_rng(seed), 4000, 1.0, load)
        gain = weigh_counts(world.pair(0, 100), world.pair(50, 100), SETTINGS, History())
        took = next((n for n in range(100, 4000, 20) if promoted(world, n, History())), 4000)
        if gain.more_documents:
            said.append(100 + gain.more_documents)
            was.append(took)
    return f"{np.median(said):.0f} and {np.median(was):.0f} ({len(said)} of {runs} had an estimate)"


def refreshed(population: Population, runs: int) -> str:
    """What becomes of F where a champion that was proven is followed by its student's candidates, each by
    chance some F better or worse, as soon as the estimate on 200 documents is above 0."""
    changes = []
    for seed in range(runs):
        rng, served = np.random.default_rng(seed), 0.0
        for _ in range(LOOKS):
            truth = rng.normal(0.0, 0.01)
            load = population.loaded(truth - served, 0.3)
            world = World.draw(population, rng, 200, 0.3, load)
            before, after = (float(f_scores(c.values.sum(axis=(0, 1)))) for c in world.pair(0, 200))
            served = truth if after > before else served
        changes.append(100 * served)
    return f"{np.mean(changes):+.2f} F, {np.quantile(changes, 0.01):+.2f} F"


def fashion(data: Path, models: Path) -> Population:
    """The dev part of fashion_brands, by a model of 300 documents and one of all."""
    dev = models / "dev.jsonl"
    if not (models / "all").is_dir():
        train_both(data, models)
    if not dev.is_file():
        freshet("convert", data / "dev.jsonl", dev)
    counts = []
    for name in ("some", "all"):
        nlp = engine.load(models / name, precision="fp32")
        counts.append(counts_of(nlp, list(examples_of(nlp.tokenizer, read_corpus(nlp.tokenizer, dev)))))
    return Population("fashion_brands", *counts)


def train_both(data: Path, models: Path) -> None:
    """Train on the first 300 documents, and on all."""
    for part in ("train", "dev"):
        freshet("convert", data / f"{part}.jsonl", models / f"{part}.jsonl")
    lines = (models / "train.jsonl").read_text(encoding="utf8").splitlines(keepends=True)
    (models / "some.jsonl").write_text("".join(lines[:300]), encoding="utf8")
    freshet("init", "config", "-p", "ner", models / "ner.cfg")
    for name, file, steps in (("some", "some.jsonl", 1200), ("all", "train.jsonl", 1600)):
        paths = ("--paths.train", models / file, "--paths.dev", models / "dev.jsonl")
        rest = ("--training.max_steps", steps, "--training.patience", 0, "--training.eval_frequency", 400)
        freshet("train", models / "ner.cfg", "--output", models / name, *paths, *rest)


def freshet(*words: object) -> None:
    """A command."""
    command = [sys.executable, "-m", "workers.cli", *map(str, words)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def uner(data: Path) -> Population:
    """The dev part of UD EWT with Universal NER, by the starter and by the starter with disturbed weights."""
    nlp = engine.load(find_model(STARTER), precision="fp32")
    sentences = join_entities(
        read_conllu(data / "ud_english_ewt/dev.conllu"), data / "uner_english_ewt/dev.iob2"
    )
    docs = [doc_of_sentences(nlp.tokenizer, [s]) for s in sentences]
    examples = list(examples_of(nlp.tokenizer, docs))
    better = counts_of(nlp, examples)
    disturb(nlp, 0.04)
    worse = counts_of(nlp, examples)
    if f_scores(worse.sum(0)) > f_scores(better.sum(0)):
        worse, better = better, worse
    return Population("uner_ewt", worse, better)


def disturb(nlp: Pipeline, noise: float) -> None:
    """Add noise to the weights of the entity recognizer."""
    component = nlp.component("ner")
    assert isinstance(component, TrainableComponent)
    rng = np.random.default_rng(0)
    for node in component.model.walk():
        if node.has_param("W") and node.name != "precomputable_affine":
            weights = node.get_param("W")
            node.set_param("W", weights + noise * rng.normal(size=weights.shape).astype(weights.dtype))
    component.weights_changed()


def counts_of(nlp: Pipeline, examples: Sequence[Example]) -> Floats:
    """Right, superfluous and missing entities of each document."""
    rows = [{"ents": layers["ents"]} for layers in answers_of(nlp, examples)]
    return count(rows, SLICES).values[:, 0]


if __name__ == "__main__":
    main()
