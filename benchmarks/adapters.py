# SPDX-License-Identifier: Apache-2.0
"""What many adapters in one batch cost: `python -m benchmarks.adapters [--adapters 16] [--rank 8]`.

An encoder of MiniLM's shape (6 layers, 384 numbers, random weights) reads the same spans plain and with
adapters on query and value, each span with one of N, in the order of arrival, one thread; turns alternate,
figures are medians of processor seconds. Beside them: one batch for each adapter, as a fleet of pipelines
would do it.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from engine.lazy_torch import torch
from engine.transformer import build_encoder
from engine.transformer.adapted import AdaptedEncoder
from engine.transformer.lora import Adapter, LoraConfig

MINILM = {
    "model_type": "bert",
    "vocab_size": 30522,
    "hidden_size": 384,
    "num_hidden_layers": 6,
    "num_attention_heads": 12,
    "intermediate_size": 1536,
    "max_position_embeddings": 512,
}


def main() -> None:
    """Print rates and their ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--adapters", type=int, default=16)
    parser.add_argument("--rank", type=int, default=8)
    parser.add_argument("--spans", type=int, default=128)
    parser.add_argument("--turns", type=int, default=7)
    options = parser.parse_args()
    torch.set_num_threads(1)
    encoder = AdaptedEncoder(build_encoder(MINILM, name="MiniLM's shape"))
    names = [f"tenant{i}" for i in range(options.adapters)]
    for seed, name in enumerate(names):
        encoder.add(name, filled(encoder, name, options.rank, seed))
    rng = np.random.default_rng(0)
    lengths = rng.integers(8, 48, options.spans)
    lens = np.concatenate([[0], np.cumsum(lengths)])
    ids = rng.integers(1000, 30000, int(lens[-1]))
    chosen: list[str | None] = [names[i] for i in rng.integers(0, len(names), options.spans)]
    ways: dict[str, Callable[[], Any]] = {
        "plain": lambda: encoder.encoder.encode(ids, lens),
        f"{options.adapters} adapters, one batch": lambda: encoder.encode(ids, lens, chosen),
        "a batch for each adapter": lambda: one_by_one(encoder, ids, lens, chosen),
    }
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(options.turns + 1):
        for name, run in ways.items():
            began = time.process_time()
            run()
            if turn:
                seconds[name].append(time.process_time() - began)
    n_bytes = encoder.adapter(names[0]).n_bytes
    print(f"{lens[-1]:,} pieces in {options.spans} spans, {n_bytes / 1e6:.2f} MB an adapter")
    plain = statistics.median(seconds["plain"])
    for name, each in seconds.items():
        median = statistics.median(each)
        print(f"{name:28} {lens[-1] / median:>9,.0f} pieces/s  {100 * plain / median:>6.1f} % of plain")


def filled(encoder: AdaptedEncoder, name: str, rank: int, seed: int) -> Adapter:
    """An adapter whose B is not zero."""
    encoder.add_new(name, LoraConfig(r=rank, lora_alpha=2 * rank), seed)
    made, rng = encoder.adapter(name), np.random.default_rng(seed)
    weights = {
        module: (a, rng.normal(0, 0.02, b.shape).astype(np.float32))
        for module, (a, b) in made.weights.items()
    }
    return Adapter(made.config, weights)


def one_by_one(encoder: AdaptedEncoder, ids: Any, lens: Any, chosen: list[str | None]) -> None:
    """A batch for the spans of each adapter."""
    for name in dict.fromkeys(chosen):
        spans = [i for i, each in enumerate(chosen) if each == name]
        places = np.concatenate([np.arange(lens[i], lens[i + 1]) for i in spans])
        own = np.concatenate([[0], np.cumsum(np.diff(lens)[spans])])
        encoder.encode(ids[places], own, [name] * len(spans))


if __name__ == "__main__":
    main()
