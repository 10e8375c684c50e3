# SPDX-License-Identifier: Apache-2.0
"""How long one sentence takes on its own, from text to every token read, beside spaCy on the same weights.

`python -m benchmarks.latency --data DATA --spacy-python PY [--pipelines ud uner both] [--repeats 5] [--json
FILE]`

Both sides go over the same sentences of UD English EWT (dev), one call each, in a process of its own, taking
turns; every sentence was seen before. A turn gives one p50 and one p99; the table has their medians. spaCy
runs as installed (BLIS) and with OpenBLAS; the ratio is to the faster one. Exit code 1 where ours is more
than a third of it.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from .compare import Side, machine
from .engine_speed import common_arguments, saved_pipeline, start_sides

GOAL = 1 / 3


def main() -> None:
    """Measure and print."""
    parser = common_arguments(__doc__ or "")
    parser.add_argument("--calls", type=int, default=1000, help="sentences a turn")
    options = parser.parse_args()
    options.precisions, options.set_ups, options.threads, options.sentences = (
        ["auto"],
        ["openblas-1", "blis-1"],
        1,
        1,
    )
    with tempfile.TemporaryDirectory() as scratch:
        reports = [measure(name, options, Path(scratch)) for name in options.pipelines]
    if options.json:
        options.json.write_text(json.dumps({"machine": machine(), "pipelines": reports}, indent=1) + "\n")
    sys.exit(1 if any(report["ratio"]["p50"] > GOAL for report in reports if report["ratio"]) else 0)


def measure(name: str, options: argparse.Namespace, scratch: Path) -> dict[str, Any]:
    """Both sides with one pipeline."""
    with ExitStack() as stack:
        ours, peers = start_sides(saved_pipeline(name, options, scratch), options, scratch, stack)
        sides = [*ours, *peers]
        turns = [
            {side.name: percentiles(side, options.calls) for side in sides}
            for _ in range(options.repeats + 1)
        ][1:]
    figures = {
        side.name: {key: median(turn[side.name][key] for turn in turns) for key in ("p50", "p99")}
        for side in sides
    }
    ratio = (
        {
            key: figures[ours[0].name][key] / min(figures[side.name][key] for side in peers)
            for key in ("p50", "p99")
        }
        if peers
        else {}
    )
    print(f"\npipeline {name}, one sentence, milliseconds; load {machine()['load_average']:.1f}")
    for side, values in figures.items():
        print(f"  {side:<18}p50 {values['p50']:7.3f}   p99 {values['p99']:7.3f}")
    if ratio:
        print(f"  ours to spaCy's faster set-up: p50 {ratio['p50']:.2f}, p99 {ratio['p99']:.2f}", flush=True)
    return {"pipeline": name, "figures": figures, "ratio": ratio, "turns": turns}


def percentiles(side: Side, n: int) -> dict[str, float]:
    """One pass of a side over the sentences."""
    times = side.ask({"do": "latency", "texts": "lines", "n": n})["milliseconds"]
    cuts = quantiles(times, n=100)
    return {"p50": cuts[49], "p99": cuts[98]}


if __name__ == "__main__":
    main()
