# SPDX-License-Identifier: Apache-2.0
"""Does pretraining help where there are few labels? `python -m benchmarks.pretraining DATA`.

The texts of UD English EWT's train part, without their labels, pretrain an embedding (characters); then a
tagger and a parser learn from 200 labelled sentences, with it and without it, by three seeds, each for as
many steps; scores are those of the dev part's first sentences, after the last step and with gold tokens, so
that no choice among steps flatters either side. Seconds are of the processor.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import engine
from engine import Config, Pipeline
from engine.cli.init_config import init_config, with_pretraining
from engine.training.pretraining import pretrain
from engine.training.train import train

N_LABELLED, N_DEV = 200, 800
SCORES = ("tag_acc", "dep_uas", "dep_las", "sents_f")
HEADS = ("tagger", "parser")


def main() -> None:
    """Print the scores of every run, then means and differences."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=8, help="of pretraining")
    parser.add_argument("--steps", type=int, default=300, help="of training")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = list(runs(options, Path(folder)))
    print(f"\n{'':14}" + "".join(f"{name:>10}" for name in SCORES))
    for kind in ("without", "with"):
        print(f"{kind:14}" + "".join(f"{100 * _mean(rows, kind, name):>10.1f}" for name in SCORES))
    for name in SCORES:
        differences = [100 * (row["with"][name] - row["without"][name]) for row in rows]
        print(f"{name}: {', '.join(f'{each:+.1f}' for each in differences)}")


def runs(options: argparse.Namespace, folder: Path) -> Iterator[dict[str, Any]]:
    """Both trainings, for each seed."""
    ewt = options.data / "ud_english_ewt"
    cut(ewt / "train.conllu", folder / "train.conllu", N_LABELLED)
    cut(ewt / "dev.conllu", folder / "dev.conllu", N_DEV)
    with (folder / "raw.jsonl").open("w", encoding="utf8") as raw:
        for text in texts_of(ewt / "train.conllu"):
            raw.write(json.dumps({"text": text}) + "\n")
    for seed in range(1, options.seeds + 1):
        began = time.process_time()
        weights = pretrained(config_of(folder, seed, options), folder / f"pretrained{seed}")
        took = time.process_time() - began
        row: dict[str, Any] = {"seed": seed}
        for kind, init in (("without", None), ("with", str(weights))):
            began = time.process_time()
            row[kind] = scores_of(config_of(folder, seed, options, init), folder)
            told = "  ".join(f"{name} {100 * row[kind][name]:.1f}" for name in SCORES)
            print(f"seed {seed} {kind:8} {told}  ({time.process_time() - began:.0f} s)", flush=True)
        print(f"seed {seed}: pretraining took {took:.0f} s", flush=True)
        yield row


def config_of(folder: Path, seed: int, options: argparse.Namespace, init: str | None = None) -> Config:
    """What both sides share."""
    config = with_pretraining(init_config(pipeline=HEADS))
    config["paths"].update(
        train=str(folder / "train.conllu"), dev=str(folder / "dev.conllu"), init_tok2vec=init
    )
    config["system"]["seed"] = seed
    config["paths"]["raw_text"] = str(folder / "raw.jsonl")
    config["pretraining"]["max_epochs"] = options.epochs
    config["training"].update(max_steps=options.steps, eval_frequency=options.steps, patience=0, max_epochs=0)
    for part in ("train", "dev"):
        config["corpora"][part] = {
            "@readers": "spacy.Corpus.v1",
            "path": f"${{paths.{part}}}",
            "gold_preproc": True,
        }
    return engine.fill_config(config)


def pretrained(config: Config, folder: Path) -> Path:
    """Weights of an embedding that has read the raw text."""
    folder.mkdir()
    for row in pretrain(engine.from_config(config), folder, clock=time.perf_counter):
        last = row
    print(f"  {last.nr_word:,} words, loss of the last epoch {last.epoch_loss:,.0f}", flush=True)
    return folder / "model-last.bin"


def scores_of(config: Config, folder: Path) -> dict[str, Any]:
    """Scores after the last step."""
    pipeline: Pipeline = engine.from_config(config)
    with (folder / "log").open("w") as log:
        result = train(pipeline, clock=time.perf_counter, stdout=log, stderr=log)
    return {name: result.last_scores[name] for name in SCORES}


def cut(source: Path, target: Path, n: int) -> None:
    """The first sentences of a CoNLL-U file."""
    blocks = source.read_text(encoding="utf8").split("\n\n")
    target.write_text("\n\n".join(blocks[:n]) + "\n\n", encoding="utf8")


def texts_of(file: Path) -> Iterator[str]:
    """The texts of its sentences."""
    with file.open(encoding="utf8") as lines:
        texts = (line for line in lines if line.startswith("# text = "))
        yield from (text.removeprefix("# text = ").strip() for text in texts)


def _mean(rows: list[dict[str, Any]], kind: str, name: str) -> float:
    return float(statistics.mean(row[kind][name] for row in rows))


if __name__ == "__main__":
    main()
