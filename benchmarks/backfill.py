# SPDX-License-Identifier: Apache-2.0
"""What a worker of a backfill does beside what the engine does alone: `python -m benchmarks.backfill MODEL
CONLLU [--json]`.

The engine's own rate is what a worker of the stream has it do: messages that lie in memory decoded,
tokenized, annotated and encoded. The backfill's is a shard from the first byte read to the last one synced,
digests and all. Both on one thread, in turns; medians of processor time.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from itertools import islice
from pathlib import Path
from statistics import median

import orjson

import engine
from engine.annotation import encode_batch
from schemas import Source, decode_text
from workers.reprocess.backfill import ShardOptions, annotate_shard
from workers.reprocess.files import SLICE
from workers.reprocess.shards import shard_of
from workers.serving.pipeline_model import model_ref

N_TEXTS = 8000


def main() -> None:
    """Print both rates and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("conllu", type=Path, help="texts")
    parser.add_argument("--turns", type=int, default=9)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    pipeline = engine.load(options.model)
    lines = options.conllu.read_text(encoding="utf8").splitlines()
    texts = list(islice((line[9:] for line in lines if line.startswith("# text = ")), N_TEXTS))
    ratios: list[float] = []
    rates: dict[str, list[float]] = {"engine": [], "worker": []}
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "texts.jsonl"
        lines_in = [orjson.dumps({"text": text}) for text in texts]
        source.write_bytes(b"\n".join(lines_in) + b"\n")
        shard = shard_of(source, Path(folder) / "out.jsonl")
        for turn in range(options.turns + 1):
            alone, words = engine_alone(pipeline, lines_in)
            started = time.process_time()
            annotate_shard(pipeline, shard, ShardOptions())
            worker = time.process_time() - started
            if turn:  # the first turn warms up
                rates["engine"].append(words / alone)
                rates["worker"].append(words / worker)
                ratios.append(alone / worker)
    found = {name: median(values) for name, values in rates.items()} | {"ratio": median(ratios)}
    if options.json:
        print(json.dumps(found))
        return
    print(f"engine alone       {found['engine']:>10,.0f} words/s of a core")
    print(f"backfill, a worker {found['worker']:>10,.0f} words/s of a core, {found['ratio']:.3f} of it")


def engine_alone(pipeline: engine.Pipeline, lines: list[bytes]) -> tuple[float, int]:
    """Seconds of a processor, and words."""
    ref, words = model_ref(pipeline), 0
    started = time.process_time()
    for first in range(0, len(lines), SLICE):
        numbered = list(enumerate(lines[first : first + SLICE], first + 1))
        messages = [decode_text(line, default_id=f"texts.jsonl:{i}") for i, line in numbered]
        batch = pipeline.predict_batch(pipeline.tokenizer.tokenize([message.text for message in messages]))
        sources = [Source("texts.jsonl", 0, i) for i, _ in numbered]
        encode_batch(batch, messages, sources, ref, format="freshet", lang=pipeline.lang)
        words += batch.n_tokens
    return time.process_time() - started, words


if __name__ == "__main__":
    main()
