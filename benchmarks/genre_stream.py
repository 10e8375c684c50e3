# SPDX-License-Identifier: Apache-2.0
"""Learning from corrections without forgetting: `python -m benchmarks.genre_stream DATA [--seeds 1,2,3]
[--json]`.

A champion (tok2vec, tagger, ner) learns weblog and newsgroup sentences of UD EWT with Universal NER. Then
email, reviews and answers come as corrections of entities, in this order, once each. Arms: `frozen` (the
champion as it is), `sequential` (plain training), `student` (what `configs/learn.cfg` does from correction
to correction), `consolidated` (a training from the champion on base and all corrections, with its
settings), `candidate` (the consolidated one where one half of the dev part shows that it is better than the
student, else the student, mixed with the champion where that half shows that to be better) and
`retrain` (from scratch on all genres, tuned: the rate and the number of epochs that the same half likes
best). Scores on the other half of the dev part, by genre: entity F1 on the old and the new genres and over
all; share of old sentences whose entities were all right and no longer are (negative flips); tag accuracy
on the old genres, for which no correction says anything.

The train part carries the older labelling pass of Universal NER, the dev part the final one, so every arm's
F1 is lower than a model could have. CPU time per arm, one thread. Targets, for `candidate`: F1 over all
genres not below retraining's, on the old ones at most 1 below it, and at most a third of sequential's
negative flips.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from statistics import mean
from typing import Any

from thinc.api import Adam, fix_random_seed

import engine
from engine import Pipeline
from engine.components import State, TrainableComponent
from engine.doc.batch import join
from engine.doc.doc import Doc
from engine.doc.example import Example, entities_of
from engine.training.batchers import configure_by_sequence
from engine.training.conllu import read_conllu
from engine.training.consolidation import Consolidation, ConsolidationPlan
from engine.training.corpus import examples_of, join_entities
from engine.training.gold import doc_of_sentences
from engine.training.keyed_example import KeyedExample
from engine.training.loop import LoopSettings, learn_batch, training_batches
from engine.training.progressive_validation import ProgressiveValidation
from engine.training.rehearsal import configure_rehearsal
from engine.training.stream_learner import LearnerSettings, StreamLearner
from engine.training.train import initialize, training_settings
from engine.training.weights import Weights, mix_weights, set_weights, weights_of, with_weights
from workers.gate.holdout import chooses as is_choosing
from workers.settings import TrainerSettings
from workers.trainer.choosing import choose_share, is_better, mean_f, score_pass

CONFIG = Path(__file__).parent.parent / "configs" / "en_starter.cfg"
OLD, NEW = ("weblog", "newsgroup"), ("email", "reviews", "answers")
SHAPE = {"nlp.pipeline": ["tok2vec", "tagger", "ner"]}
EPOCHS = 10  # of the champion, at about WORDS words a batch
TUNED = ((0.002, 10), (0.001, 10), (0.001, 20))  # rates and epochs of retraining that are tried
WORDS = 600
WARMUP = 50  # steps in which a stream's learn rate rises

COLUMNS = ("old", "new", "all", "flips", "old_tags", "progressive", "cpu_s")

Genres = dict[str, list[Example]]


@dataclass(frozen=True, slots=True)
class Arm:
    """How corrections are learned."""

    ratio: float = 0.0
    learn_rate: float = 0.0003
    learner: LearnerSettings = field(default_factory=lambda: LearnerSettings(distillation=0.0, average=0.0))
    base_share: float = 0.2
    capacity: int = 10_000
    n_new: int = 16  # corrections a step
    passes: int = 1


ARMS = {
    "sequential": Arm(),
    "student": Arm(
        ratio=8.0,
        learn_rate=0.001,
        learner=LearnerSettings(distillation=0.0, average=0.99, average_ramp=30.0),
        base_share=0.5,
        n_new=4,
        passes=2,
    ),
}


def main() -> None:
    """Print the table of each seed, their means and the targets."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="folder with ud_english_ewt and uner_english_ewt")
    parser.add_argument("--seeds", default="1,2,3")
    parser.add_argument("--arms", default=",".join(ARMS))
    parser.add_argument("--limit", type=int, default=0, help="corrections of each genre; 0: all")
    parser.add_argument("--learn-rate", type=float, help="of all arms that learn from the stream")
    parser.add_argument("--no-retrain", action="store_true")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    arms = {name: ARMS[name] for name in options.arms.split(",")}
    if options.learn_rate:
        arms = {name: replace(arm, learn_rate=options.learn_rate) for name, arm in arms.items()}
    runs = []
    for seed in map(int, options.seeds.split(",")):
        runs.append(run(options.data, seed, arms, limit=options.limit, retrain=not options.no_retrain))
        if not options.json:
            print_table(f"seed {seed}", runs[-1])
    means = {arm: {key: mean(r[arm][key] for r in runs) for key in runs[0][arm]} for arm in runs[0]}
    if options.json:
        print(json.dumps({"runs": runs, "means": means, "targets": targets(means)}))
        return
    print_table(f"mean of {len(runs)} seeds", means)
    for name, reached in targets(means).items():
        print(f"{name}: {reached}")


def run(
    data: Path, seed: int, arms: dict[str, Arm], *, limit: int, retrain: bool
) -> dict[str, dict[str, float]]:
    """Scores of every arm."""
    champion = engine.from_config(CONFIG, {**SHAPE, "paths.data": str(data)})
    train, whole_dev = (by_genre(champion, data, part) for part in ("train", "dev"))
    choosing, dev = (part_of(whole_dev, chooses=side) for side in (True, False))
    old = [example for genre in OLD for example in train[genre]]
    seconds = teach(champion, old, seed)
    before = right_sentences(champion, dev)
    results = {"frozen": {**scores_of(champion, dev, before), "cpu_s": seconds}}
    stream = [
        entities_only(e, f"{genre}:{i}") for genre in NEW for i, e in enumerate(train[genre][: limit or None])
    ]
    base = [KeyedExample(e.predicted, e.reference, key=f"base:{i}", source="") for i, e in enumerate(old)]
    weights: dict[str, Weights] = {}
    for name, arm in arms.items():
        results[name], weights[name] = follow(champion, arm, base, stream, dev, before, seed)
        print(f"seed {seed}, {name}: {results[name]}", file=sys.stderr, flush=True)
    started = time.process_time()
    consolidated = consolidate(champion, [*base, *stream], choosing, seed)
    seconds = time.process_time() - started
    results["consolidated"] = {**scores_of(consolidated, dev, before), "cpu_s": seconds}
    flat = [example for examples in choosing.values() for example in examples]
    learned = copy_of(champion)
    set_weights(learned, weights["student"])
    if is_better(learned, weights_of(consolidated), flat):
        learned = consolidated
    share = choose_share(learned, champion, TrainerSettings().champion_shares, flat)
    seconds += results["student"]["cpu_s"]
    mix = mix_weights(weights_of(learned), weights_of(champion), share)
    with with_weights(learned, mix) as candidate:
        results["candidate"] = {**scores_of(candidate, dev, before), "cpu_s": seconds, "share": share}
    if retrain:
        everything = [example for genre in OLD for example in train[genre]] + stream_gold(train, limit)
        results["retrain"] = retrain_tuned(data, everything, choosing, dev, before, seed)
    return results


def part_of(dev: Genres, *, chooses: bool) -> Genres:
    """One half of the dev part, by a hash of the texts."""
    return {
        genre: [example for example in examples if is_choosing(example.text, 50) == chooses]
        for genre, examples in dev.items()
    }


def stream_gold(train: Genres, limit: int) -> list[Example]:
    """What the stream says, with the tags that people do not correct."""
    return [example for genre in NEW for example in train[genre][: limit or None]]


def consolidate(champion: Pipeline, examples: Sequence[Example], choosing: Genres, seed: int) -> Pipeline:
    """The champion after a training on all, as `freshet learn` does it."""
    shipped = TrainerSettings()
    settings, student = shipped.consolidation, copy_of(champion)
    work = Consolidation(
        StreamLearner(student, None, LearnerSettings(0.0, shipped.average)),
        Adam(warmed_up(0.001), L2=0.01, use_averages=False),
        examples,
        [example for examples in choosing.values() for example in examples],
        partial(score_pass, student),
        ConsolidationPlan(settings.max_epochs, settings.batch_words, settings.max_words, settings.patience),
        LoopSettings(),
        seed,
    )
    while not work.advance(settings.slice_words):
        pass
    set_weights(student, work.best.weights)
    return student


def retrain_tuned(
    data: Path,
    everything: Sequence[Example],
    choosing: Genres,
    dev: Genres,
    before: dict[str, list[bool]],
    seed: int,
) -> dict[str, float]:
    """From scratch on all genres, with the rate and the number of epochs that do best on the choosing half;
    the CPU time is that of the one that was chosen."""
    flat, tried = [example for examples in choosing.values() for example in examples], []
    for rate, epochs in TUNED:
        fresh = engine.from_config(CONFIG, {**SHAPE, "paths.data": str(data)})
        seconds = teach(fresh, everything, seed, epochs, rate)
        row = {**scores_of(fresh, dev, before), "cpu_s": seconds, "rate": rate, "epochs": epochs}
        tried.append((mean_f(fresh, flat), row))
    return max(tried, key=lambda one: one[0])[1]


def by_genre(pipeline: Pipeline, data: Path, part: str) -> Genres:
    """Single sentences with tags and entities, by the genre that their name begins with."""
    sentences = join_entities(
        read_conllu(data / f"ud_english_ewt/{part}.conllu"), data / f"uner_english_ewt/{part}.iob2"
    )
    genres: dict[str, list[Doc]] = {genre: [] for genre in (*OLD, *NEW)}
    for sentence in sentences:
        if any(sentence.entities):
            genres[sentence.sent_id.partition("-")[0]].append(
                doc_of_sentences(pipeline.tokenizer, [sentence])
            )
    return {genre: list(examples_of(pipeline.tokenizer, docs)) for genre, docs in genres.items()}


def entities_only(example: Example, key: str) -> KeyedExample:
    """What a person says who looks at entities alone."""
    gold = example.reference
    bare = Doc(join([(gold.batch, gold.index)]), 0)
    bare.set_ents(entities_of(gold))
    return KeyedExample(example.predicted, bare, key=key, source="")


def teach(
    pipeline: Pipeline, examples: Sequence[Example], seed: int, epochs: int = EPOCHS, rate: float = 0.002
) -> float:
    """Train from scratch; CPU seconds."""
    started = time.process_time()
    n_steps = epochs * sum(map(len, examples)) // WORDS
    pipeline.config["training"]["optimizer"]["learn_rate"]["initial_rate"] = rate
    pipeline.config["system"]["seed"] = seed
    pipeline.config["training"]["batcher"]["size"] = {"@schedules": "constant.v1", "rate": float(WORDS)}
    pipeline.config["training"]["optimizer"]["learn_rate"]["total_steps"] = n_steps
    settings = training_settings(pipeline)
    initialize(pipeline, lambda _: examples, settings)
    optimizer = settings["optimizer"]
    for step, (_, batch) in enumerate(training_batches(lambda: examples, settings["batcher"], 0)):
        if step == n_steps:
            break
        learn_batch(pipeline, optimizer, batch, LoopSettings(), dropout=0.1, losses={})
    averaged = states_of(pipeline, optimizer)
    give(pipeline, averaged)
    return time.process_time() - started


def follow(
    champion: Pipeline,
    arm: Arm,
    base: Sequence[Example],
    stream: Sequence[Example],
    dev: Genres,
    before: dict[str, list[bool]],
    seed: int,
) -> tuple[dict[str, float], Weights]:
    """One pass over the corrections; scores and weights at its end."""
    started = time.process_time()
    fix_random_seed(seed)
    student = copy_of(champion)
    learner = StreamLearner(student, copy_of(champion) if arm.learner.distillation else None, arm.learner)
    optimizer = Adam(warmed_up(arm.learn_rate), L2=0.01, use_averages=False)
    mix = configure_rehearsal(
        configure_by_sequence(arm.n_new), arm.ratio, arm.capacity, arm.base_share, seed, arm.passes
    )
    for example in base:
        mix.reservoir.add_base(example.key, example)  # type: ignore[attr-defined]
    progressive = ProgressiveValidation()
    for i, batch in enumerate(mix(stream)):
        if i % arm.passes == 0:
            progressive.score(student, batch[: arm.n_new])
        learn_batch(learner, optimizer, batch, LoopSettings(), dropout=0.1, losses={})
    with learner.candidate() as candidate:
        scores = {
            **scores_of(candidate, dev, before),
            "progressive": 100 * progressive.scores()["ents"],
            "cpu_s": time.process_time() - started,
        }
        return scores, weights_of(candidate)


def warmed_up(rate: float) -> Iterator[float]:
    """A rate that rises over the first steps: a fresh optimizer knows little about its gradients."""
    yield from (rate * step / WARMUP for step in range(1, WARMUP))
    yield from itertools.repeat(rate)


def copy_of(pipeline: Pipeline) -> Pipeline:
    """A pipeline of its own with the same weights."""
    other = engine.build(pipeline.config, tokenizer=pipeline.tokenizer)
    give(other, states_of(pipeline))
    return other


def states_of(pipeline: Pipeline, optimizer: Any = None) -> dict[str, State]:
    """Copies of all weights, averaged ones with an optimizer."""
    states = {}
    with pipeline.use_averages(optimizer or Adam(use_averages=False)):
        for name, component in pipeline.components:
            assert isinstance(component, TrainableComponent)
            state = component.state()
            states[name] = State(
                {key: array.copy() for key, array in state.arrays.items()}, state.labels, state.nodes
            )
    return states


def give(pipeline: Pipeline, states: dict[str, State]) -> None:
    """Put weights in."""
    for name, component in pipeline.components:
        assert isinstance(component, TrainableComponent)
        component.load_state(states[name])


def scores_of(pipeline: Pipeline, dev: Genres, before: dict[str, list[bool]]) -> dict[str, float]:
    """Percentages: entity F1 on old and new genres, tag accuracy and negative flips on the old ones."""
    after = right_sentences(pipeline, dev)
    pairs = [pair for genre in OLD for pair in zip(before[genre], after[genre], strict=True)]
    old = pipeline.evaluate([example for genre in OLD for example in dev[genre]])
    new = [pipeline.evaluate(dev[genre])["ents_f"] for genre in NEW]
    every = [pipeline.evaluate(dev[genre])["ents_f"] for genre in OLD] + new
    flips = sum(was and not now for was, now in pairs) / len(pairs)
    return {
        "old": 100 * old["ents_f"],
        "new": 100 * mean(new),
        "all": 100 * mean(every),
        "flips": 100 * flips,
        "old_tags": 100 * old["tag_acc"],
    }


def right_sentences(pipeline: Pipeline, dev: Genres) -> dict[str, list[bool]]:
    """Whether all entities of a sentence are right."""
    found = {}
    for genre in OLD:
        batch = pipeline.predict([example.text for example in dev[genre]])
        found[genre] = [
            Example(Doc(batch, i), example.reference).aligned_ents() == entities_of(Doc(batch, i))
            for i, example in enumerate(dev[genre])
        ]
    return found


def targets(means: dict[str, dict[str, float]]) -> dict[str, str]:
    """The three targets, each with its figure."""
    if not {"retrain", "sequential", "candidate"} <= set(means):
        return {}
    ours, plain, again = (means[arm] for arm in ("candidate", "sequential", "retrain"))
    flips = ours["flips"] / max(plain["flips"], 1e-9)
    return {
        "F1 over all genres against retraining's (target: 0 or more)": f"{ours['all'] - again['all']:+.1f}",
        "F1 on old genres against retraining's (target: -1 or more)": f"{ours['old'] - again['old']:+.1f}",
        "negative flips against sequential's (target: at most 0.33)": f"{flips:.2f}",
    }


def print_table(title: str, results: dict[str, dict[str, float]]) -> None:
    """One row for each arm."""
    print(
        f"\n{title}\n{'':<14}{'old F1':>8}{'new F1':>8}{'all F1':>8}{'flips %':>9}"
        f"{'old tags':>10}{'progressive':>13}{'CPU s':>8}"
    )
    write: Callable[[float | None], str] = lambda value: "-" if value is None else f"{value:.1f}"  # noqa: E731
    for arm, row in results.items():
        cells = [
            write(row.get(key)) for key in ("old", "new", "all", "flips", "old_tags", "progressive", "cpu_s")
        ]
        print(
            f"{arm:<14}{cells[0]:>8}{cells[1]:>8}{cells[2]:>8}{cells[3]:>9}{cells[4]:>10}{cells[5]:>13}"
            f"{cells[6]:>8}",
            flush=True,
        )


if __name__ == "__main__":
    main()
