# SPDX-License-Identifier: Apache-2.0
"""Words a second of one worker and of two, on a Ray of this machine: `python -m benchmarks.distributed DATA
[--workers 1,2] [--strategies sync,owned,local] [--seeds 3] [--json]`.

All learn the same batches of the starter's config (`--batch-words` a batch), each worker with one thread and,
where the system lets it, one core of its own. The clock runs over the steps: neither the start of Ray nor
reading the corpora counts; evaluation does, as in any training. It needs a quiet machine with a core for each
worker; `--costs` measures the costs of a step by processor time alone, which a busy one disturbs less, and
plans 2 to 256 workers with them.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import mean, median, stdev
from typing import Any

import numpy as np

import engine
from engine.config.default_values import fill_config
from engine.training.corpus import Corpus
from engine.training.distributed.gradients import n_bytes, take_gradients
from engine.training.distributed.scaling import Costs, scaling_curve
from engine.training.distributed.settings import DistributedSettings, Strategy
from engine.training.distributed.shards import cut_in_shards
from engine.training.distributed.slots import slots_of
from engine.training.train import initialize, training_settings

CONFIG = Path(__file__).parent.parent / "configs" / "en_starter.cfg"
N_DOCS = 240
LINE = 1e9
"""Bytes a second of one worker's line that the plan is made for: ten gigabits, nearly."""


def main() -> None:
    """Print rates, scores and the plan."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="folder with ud_english_ewt and uner_english_ewt")
    parser.add_argument("--workers", default="1,2")
    parser.add_argument("--strategies", default="sync,owned,local")
    parser.add_argument("--batch-words", type=int, default=4000)
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--costs", action="store_true", help="only the costs and the plan, without Ray")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    found: dict[str, Any] = {}
    if not options.costs:
        found["rates"] = list(rates(options))
    found["costs"], found["plan"] = plan(options)
    print(json.dumps(found)) if options.json else report(found)


def rates(options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """A row for each strategy and number of workers: median rate, scores over seeds."""
    for strategy in options.strategies.split(","):
        for n_workers in map(int, options.workers.split(",")):
            runs = [train(options, strategy, n_workers, seed) for seed in range(options.seeds)]
            scores = [score for _, score in runs]
            yield {
                "strategy": strategy,
                "workers": n_workers,
                "words_per_s": median(rate for rate, _ in runs),
                "score": mean(scores),
                "score_spread": stdev(scores) if len(scores) > 1 else 0.0,
            }


def config_of(options: argparse.Namespace, **more: Any) -> engine.Config:
    """The starter's config with large batches and a part of the corpora."""
    words = options.batch_words
    return engine.read_config(
        CONFIG,
        {
            "paths.data": str(options.data.resolve()),
            "training.max_steps": options.steps,
            "training.eval_frequency": options.steps,
            "training.batcher.size.start": words,
            "training.batcher.size.stop": words,
            "corpora.dev.limit": 60,
            **more,
        },
    )


def train(options: argparse.Namespace, strategy: str, n_workers: int, seed: int) -> tuple[float, float]:
    """Words a second of a group, by the clock, and its score; one worker is a group on Ray too."""
    from workers.distributed.trainer import TrainingRequest, train_on_ray

    config = fill_config(config_of(options, **{"system.seed": seed}))
    settings = DistributedSettings(Strategy(strategy), n_workers)
    request = TrainingRequest(config, settings, None, io.StringIO(), io.StringIO())
    result = train_on_ray(request)
    return result.words / result.seconds, result.best_score


def plan(options: argparse.Namespace) -> tuple[dict[str, float], list[dict[str, Any]]]:
    """The costs of a step, and what follows for more workers."""
    costs, words = measured_costs(options)
    rows = [
        {
            "strategy": strategy.value,
            "workers": point.workers,
            "words_per_s": point.words_per_second,
            "efficiency": point.efficiency,
        }
        for strategy in Strategy
        for point in scaling_curve(strategy, costs, words, steps=16, max_staleness=4)
    ]
    return {name: getattr(costs, name) for name in costs.__slots__}, rows


def measured_costs(options: argparse.Namespace) -> tuple[Costs, int]:
    """Seconds of a processor for a word, a step and an update; bytes of a gradient; words of a worker."""
    corpus = Corpus(
        options.data / "ud_english_ewt/train.conllu",
        options.data / "uner_english_ewt/train.iob2",
        n_sents=10,
        limit=N_DOCS,
    )
    pipeline = engine.from_config(config_of(options))
    settings = training_settings(pipeline)
    initialize(pipeline, corpus, settings)
    examples = list(corpus(pipeline))
    slots = slots_of(pipeline)
    times: dict[int, list[float]] = {}
    sent: list[int] = []
    updates: list[float] = []
    for parts in (8, 2) * 3:
        for shard in cut_in_shards(examples, parts * 5)[:5]:
            started = time.process_time()
            pipeline.update(shard, dropout=0.1, sgd=False)
            times.setdefault(parts, []).append(time.process_time() - started)
            started = time.process_time()
            pipeline.finish_update(settings["optimizer"])
            updates.append(time.process_time() - started)
        pipeline.update(examples[:20], dropout=0.1, sgd=False)
        sent.append(n_bytes(take_gradients(slots)))
    total = sum(map(len, examples)) / 5
    slope, fixed = np.polyfit([total / parts for parts in times], [median(t) for t in times.values()], 1)
    weights = sum(slot.value().nbytes for slot in slots)
    costs = Costs(
        compute=float(slope),
        fixed=max(0.0, float(fixed)),
        update=median(updates),
        gradient_bytes=median(sent),
        weight_bytes=weights,
        bandwidth=LINE,
        latency=0.001,
    )
    return costs, options.batch_words // 2


def report(found: dict[str, Any]) -> None:
    """As tables."""
    for row in found.get("rates", ()):
        print(
            f"{row['strategy']:<6} {row['workers']:>3} workers {row['words_per_s']:>10,.0f} words/s   "
            f"score {row['score']:.4f} ± {row['score_spread']:.4f}"
        )
    print("\nmeasured, by processor time: " + ", ".join(f"{k} {v:.3g}" for k, v in found["costs"].items()))
    print("planned with these costs, not measured:")
    for row in found["plan"]:
        print(
            f"{row['strategy']:<6} {row['workers']:>3} workers {row['words_per_s']:>10,.0f} words/s   "
            f"{100 * row['efficiency']:.0f} % of as many times one"
        )


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        os.environ.setdefault("RAY_TMPDIR", scratch)
        main()
