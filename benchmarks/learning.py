# SPDX-License-Identifier: Apache-2.0
"""How well a stream of corrections is learned, beside training on all: `python -m benchmarks.learning DATA
[--streams fashion_brands,cooking] [--seeds 0] [--pictures FOLDER] [--json]`.

A pipeline of `freshet init config -p ner` (or `textcat_multilabel`, `textcat`) learns the first 300 documents
of a corpus (150 of docs_issues, which is small; 1,200 steps). The rest come as corrections, in order, and
`freshet learn` with the shipped `configs/learn.cfg` makes versions of them; its holdout is one half of the
corpus' dev part, by a hash of the texts. All figures are F on the other half, which no arm has seen: of every
version that was put, beside the corrections read and the seconds of processor time until it was there, and of
the champion at the end; of a promoted one also by how much it differs from the champion that it replaced,
with the standard error of that (documents drawn anew). Arms: `shipped`; `student` (without consolidation and
mixing). Beside them the start, and the same config trained from scratch on all documents (2,400 steps, the
best of every 200th by the holdout's half).

Targets: the champion after the stream at most 1 F below training on all, never below the start; no promotion
below the version that it replaced; the student alone half of the way after 300 corrections.
"""

from __future__ import annotations

import argparse
import io
import json
import logging
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

import engine
from engine import Doc, Example, Pipeline
from engine.cli.init_config import init_config
from engine.config.config import parse_config
from engine.doc.example import entities_of
from engine.training.corpus import examples_of, read_corpus
from engine.training.loop import LoopSettings, learn_batch, training_batches
from engine.training.train import initialize, training_settings
from engine.training.weights import set_weights, weights_of
from schemas import Correction, LabelledSpan, Layer, encode_correction
from workers.bundled import find_config
from workers.gate.answers import answers_of
from workers.gate.counts import count, f_scores, slices_of
from workers.gate.holdout import chooses
from workers.model_registry import ModelRegistry, Version, open_registry
from workers.trainer.choosing import mean_f
from workers.trainer.trainer import run_trainer
from workers.trainer.trainer_config import read_trainer_config
from workers.transports.address import open_transport
from workers.transports.base import OutgoingRecord

from .curves import draw_curves

BASE_STEPS, ALL_STEPS = 1200, 2400
TOPIC = "corrections"
ARMS: dict[str, dict[str, Any]] = {
    "shipped": {},
    "student": {"learner.consolidation.every": 0, "learner.champion_shares": [0.0]},
}


@dataclass(frozen=True, slots=True)
class Stream:
    """A corpus, cut into what is learned first, what comes as corrections, and two halves of the dev part."""

    base: list[Example]
    corrections: list[Example]
    holdout: list[Example]
    judging: list[Example]


@dataclass(frozen=True, slots=True)
class Corpus:
    """A folder of documents: how its files end, which component learns them, how many come first."""

    folder: str
    suffix: str = ".jsonl"
    head: str = "ner"
    n_base: int = 300


CORPORA = {
    # Reddit comments with brands of clothes: one label, three texts of four without any.
    "fashion_brands": Corpus("fashion_brands"),
    # Messages with rare entities of six kinds; train and dev come from different places.
    "wnut17": Corpus("wnut17", ".conll"),
    # Questions about cooking, eleven topics, some of which apply.
    "cooking": Corpus("cooking_multilabel", head="textcat_multilabel"),
    # Titles and texts of issues: documentation, or something else.
    "docs_issues": Corpus("docs_issues", head="textcat", n_base=150),
}


@dataclass(slots=True)
class Arm:
    """What an arm came to: rows of corrections read, CPU seconds, F and state of each version."""

    versions: list[dict[str, Any]] = field(default_factory=list)
    champion: float = 0.0
    cpu_s: float = 0.0


def main() -> None:
    """Print a table for each stream and seed; draw the curves."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--streams", default=",".join(CORPORA))
    parser.add_argument("--arms", default=",".join(ARMS))
    parser.add_argument("--seeds", default="0")
    parser.add_argument("--limit", type=int, default=1177, help="corrections at most")
    parser.add_argument("--no-all", action="store_true", help="leave training on all out")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="of learn.cfg")
    parser.add_argument("--pictures", type=Path, help="folder for the curves")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    logging.disable(logging.WARNING)
    more = {key: json.loads(value) for key, _, value in (each.partition("=") for each in options.set)}
    arms = {name: {**ARMS[name], **more} for name in options.arms.split(",") if name}
    for name in options.streams.split(","):
        for seed in map(int, options.seeds.split(",")):
            found = run(options.data, name, seed, arms, limit=options.limit, with_all=not options.no_all)
            print(json.dumps(found) if options.json else table(name, seed, found), flush=True)
            if options.pictures:
                (options.pictures / f"{name}.svg").write_text(picture(name, found), encoding="utf8")


def run(
    data: Path, name: str, seed: int, arms: dict[str, dict[str, Any]], *, limit: int, with_all: bool
) -> dict[str, Any]:
    """Figures of one stream."""
    corpus = CORPORA[name]
    start = fresh_pipeline(corpus.head, seed)
    stream = cut(read_parts(start, data, corpus), corpus.n_base, limit)
    started = time.process_time()
    teach(start, stream.base, stream.holdout, BASE_STEPS)
    found: dict[str, Any] = {
        "corrections": len(stream.corrections),
        "start": f_of(start, stream.judging),
        "start_cpu_s": time.process_time() - started,
    }
    for arm, overrides in arms.items():
        result = follow(start, stream, overrides, seed)
        found[arm] = {"champion": result.champion, "cpu_s": result.cpu_s, "versions": result.versions}
        print(f"{name}, seed {seed}, {arm}: {found[arm]}", file=sys.stderr, flush=True)
    if with_all:
        started = time.process_time()
        whole = fresh_pipeline(corpus.head, seed)
        teach(whole, [*stream.base, *stream.corrections], stream.holdout, ALL_STEPS)
        found["all"] = f_of(whole, stream.judging)
        found["all_cpu_s"] = time.process_time() - started
    return found


def fresh_pipeline(head: str, seed: int) -> Pipeline:
    """A pipeline of `freshet init config -p HEAD`, untrained."""
    config = init_config(pipeline=[head])
    config["paths"].update(train="-", dev="-")
    config["system"]["seed"] = seed
    return engine.build(config)


def read_parts(pipeline: Pipeline, data: Path, corpus: Corpus) -> tuple[list[Example], list[Example]]:
    """The corpus' train and dev part."""
    train, dev = (
        list(
            examples_of(
                pipeline.tokenizer,
                read_corpus(pipeline.tokenizer, data / corpus.folder / f"{part}{corpus.suffix}"),
            )
        )
        for part in ("train", "dev")
    )
    return train, dev


def cut(corpus: tuple[list[Example], list[Example]], n_base: int, limit: int) -> Stream:
    """The corpus as a stream."""
    train, dev = corpus
    holdout = [example for example in dev if chooses(f"half {example.text}", 50)]
    judging = [example for example in dev if not chooses(f"half {example.text}", 50)]
    return Stream(train[:n_base], train[n_base : n_base + limit], holdout, judging)


def teach(pipeline: Pipeline, examples: Sequence[Example], choosing: Sequence[Example], steps: int) -> None:
    """Train from scratch; the best of every 200th step by the choosing documents."""
    settings = training_settings(pipeline)
    initialize(pipeline, lambda _: examples, settings)
    best = (-1.0, weights_of(pipeline))
    batches = training_batches(lambda: examples, settings["batcher"], 0)
    for step, (_, batch) in enumerate(islice(batches, steps), 1):
        learn_batch(pipeline, settings["optimizer"], batch, LoopSettings(), dropout=0.1, losses={})
        if step % 200 == 0 and (score := f_of(pipeline, choosing)) > best[0]:
            best = (score, weights_of(pipeline))
    set_weights(pipeline, best[1])


def follow(start: Pipeline, stream: Stream, overrides: dict[str, Any], seed: int) -> Arm:
    """The real trainer over the stream, in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="freshet-learning-") as scratch:
        folder = Path(scratch)
        start.to_disk(folder / "model")
        write_documents(folder / "base.jsonl", stream.base)
        write_documents(folder / "holdout.jsonl", stream.holdout)
        broker, place = f"embedded:{folder / 'log'}", f"embedded:{folder / 'registry'}"
        send(broker, stream.corrections)
        values = {
            "paths.model": str(folder / "model"),
            "paths.base": str(folder / "base.jsonl"),
            "paths.holdout": str(folder / "holdout.jsonl"),
            "learner.candidate_seconds": 0.0,
            "system.seed": seed,
            "training.logger": {"@loggers": "freshet.JsonlLogger.v1", "path": None},
            **overrides,
        }
        config = read_trainer_config(
            parse_config(find_config("learn.cfg").read_text(encoding="utf8"), values),
            broker=broker,
            registry=place,
        )
        started, seconds = time.process_time(), list[float]()

        def on_step(step: str) -> None:
            if step == "proposed":
                seconds.append(time.process_time() - started)

        run_trainer(config, stdout=io.StringIO(), stderr=io.StringIO(), until_end=True, on_step=on_step)
        with open_registry(place) as registry:
            return Arm(
                list(version_rows(registry, stream.judging, seconds, folder)),
                f_of(fetch(registry, registry.head().champion or 0, folder), stream.judging),
                seconds[-1] if seconds else 0.0,
            )


def version_rows(
    registry: ModelRegistry, judging: Sequence[Example], seconds: Sequence[float], folder: Path
) -> Iterator[dict[str, Any]]:
    """Each version that learning made: what it had read, what it cost, how good it is, what became of it."""
    promoted = {entry.version for entry in registry.audit() if entry.action == "promote"}
    made = [version for version in registry.versions() if version.corrections]
    for version, cpu in zip(made, seconds, strict=False):
        yield {
            **against_parent(registry, version, judging, folder, promoted),
            "version": version.number,
            "parent": version.parent,
            "corrections": sum(version.corrections.values()),
            "cpu_s": cpu,
            "f": f_of(fetch(registry, version.number, folder), judging),
            "promoted": version.number in promoted,
            **evidence_of(version),
        }


def against_parent(
    registry: ModelRegistry,
    version: Version,
    judging: Sequence[Example],
    folder: Path,
    promoted: set[int | None],
) -> dict[str, Any]:
    """Of a promoted version, how it differs from the champion that it replaced."""
    if version.number not in promoted or version.parent is None:
        return {}
    before, after = (fetch(registry, number, folder) for number in (version.parent, version.number))
    gain, error = change(before, after, judging)
    return {"gain": gain, "error": error}


def evidence_of(version: Version) -> dict[str, Any]:
    """What the gate saw: the estimate of the gain, and how often over its bets have paid."""
    found = (version.verdict or {}).get("evidence") or {}
    names = ("basis", "documents", "differing", "estimate", "evidence", "needed", "stream_evidence")
    return {name: found[name] for name in names if name in found}


def fetch(registry: ModelRegistry, number: int, folder: Path) -> Pipeline:
    """A version, loaded."""
    return engine.load(registry.fetch(number, folder / f"v{number}"), precision="fp32")


def f_of(pipeline: Pipeline, examples: Sequence[Example]) -> float:
    """F of the layer that the corpus annotates, in percent."""
    return 100 * mean_f(pipeline, examples)


def change(before: Pipeline, after: Pipeline, examples: Sequence[Example]) -> tuple[float, float]:
    """By how much F changes, in percent, and its standard error: that over documents drawn anew."""
    rows = [answers_of(pipeline, examples) for pipeline in (before, after)]
    slices = slices_of(rows[0], ())
    counts = [count(answers, slices).values for answers in rows]
    drawn = np.random.default_rng(0).integers(0, len(examples), size=(500, len(examples)))
    old, new = (f_scores(values[drawn].sum(axis=1)).mean(axis=-1) for values in counts)
    return f_of(after, examples) - f_of(before, examples), 100 * float((new - old).std())


def write_documents(path: Path, examples: Sequence[Example]) -> None:
    """Gold documents as JSONL."""
    lines = [json.dumps(example.reference.to_json(), ensure_ascii=False) for example in examples]
    path.write_text("\n".join(lines) + "\n", encoding="utf8")


def send(broker: str, corrections: Sequence[Example]) -> None:
    """Write corrections, each complete, in order."""
    with closing(open_transport(broker)) as log:
        with closing(log.admin()) as admin:
            admin.create_topic(TOPIC, 1)
        with closing(log.producer()) as producer:
            producer.send([correction_of(i, example) for i, example in enumerate(corrections)])


def correction_of(number: int, example: Example) -> OutgoingRecord:
    """What a person says of a document."""
    correction = Correction(
        correction_id=f"c{number}",
        author="ada",
        created="2026-11-29T06:00:00Z",
        id=f"m{number}",
        text=example.reference.text,
        layers=layers_of(example.reference),
    )
    headers = (("freshet-schema", b"correction/1"),)
    return OutgoingRecord(TOPIC, encode_correction(correction), key=b"m", headers=headers, partition=0)


def layers_of(doc: Doc) -> dict[str, Layer]:
    """What a document of the corpus says: categories, else entities."""
    if doc.cats:
        return {"cats": Layer(scores=dict(doc.cats))}
    spans = [
        LabelledSpan(doc[first].idx, doc[last - 1].idx + len(doc[last - 1].text), label)
        for first, last, label in entities_of(doc)
    ]
    return {"ents": Layer(spans=spans)}


def table(name: str, seed: int, found: dict[str, Any]) -> str:
    """The figures, for people."""
    lines = [
        f"\n{name}, seed {seed}: {found['corrections']} corrections; start {found['start']:.1f}"
        + (f", trained on all {found['all']:.1f} ({found['all_cpu_s']:.0f} s)" if "all" in found else "")
    ]
    for arm in (key for key, value in found.items() if isinstance(value, dict)):
        result = found[arm]
        lines.append(f"{arm}: champion at the end {result['champion']:.1f}, {result['cpu_s']:.0f} s")
        for row in result["versions"]:
            mark = (
                f"promoted ({row['basis']}), {row['gain']:+.1f} +- {row['error']:.1f} F to the one before"
                if row["promoted"]
                else ""
            )
            bets = (
                f"{100 * row['estimate']:+.1f} F, evidence {row['evidence']:.3g} of {row['needed']:.3g}, "
                f"stream {row['stream_evidence']:.3g}"
                if "evidence" in row
                else ""
            )
            lines.append(f"  {row['corrections']:>6} {row['cpu_s']:>7.0f} s {row['f']:>6.1f}  {bets}  {mark}")
    return "\n".join(lines)


def picture(name: str, found: dict[str, Any]) -> str:
    """F of each version against the corrections that it has read."""
    arms = {key: value for key, value in found.items() if isinstance(value, dict)}
    curves = {
        f"{arm} ({result['cpu_s']:.0f} s)": [
            (0.0, found["start"]),
            *((row["corrections"], row["f"]) for row in result["versions"]),
        ]
        for arm, result in arms.items()
    }
    levels = {"start": found["start"]}
    if "all" in found:
        levels[f"trained on all ({found['all_cpu_s']:.0f} s)"] = found["all"]
    return draw_curves(f"{name}: F of each version", "corrections", "F", curves, levels)


if __name__ == "__main__":
    main()
