# SPDX-License-Identifier: Apache-2.0
"""How long loading takes and how much memory a process holds, beside spaCy on the same saved pipeline.

`python -m benchmarks.load --data DATA --spacy-python PY [--pipelines ud uner both] [--repeats 5] [--json
FILE]`

Every turn is a fresh process. Seconds by the wall's clock: `import`, `load` (the folder to a pipeline),
`first` (the first sentence). Megabytes: the most that the process ever held, `loaded` after the first
sentence, `64` after 1,000 ten-sentence texts of UD English EWT through `pipe` with 64 texts a batch, and
`1000` with 1,000 a batch, the default of both. `private` is what of it belongs to the process alone when its
work is done (Linux); the rest is mapped from files, libraries mostly, and shared by all processes that map
them.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

from .compare import machine
from .engine_speed import common_arguments, saved_pipeline
from .texts import grouped, sentences

PROGRAM = """
import json, resource, sys, time
model, texts, batch_size = sys.argv[1:]
def seconds(): return time.perf_counter(), time.process_time()
def megabytes(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
def private(): return int(open("/proc/self/smaps_rollup").read().split("Anonymous:")[1].split()[0]) / 1024
marks = [seconds()]
import {library}
marks.append(seconds())
nlp = {library}.load(model)
marks.append(seconds())
nlp("A first sentence, for all that is made on first use.")
marks.append(seconds())
if int(batch_size):
    for doc in nlp.pipe(json.load(open(texts)), batch_size=int(batch_size)):
        len(doc)
steps = [[after[i] - before[i] for i in (0, 1)] for before, after in zip(marks, marks[1:])]
print(json.dumps({{"seconds": steps, "megabytes": megabytes(), "private": private()}}))
"""
BATCH_SIZES = {"loaded": 0, "64": 64, "1000": 1000}
STEPS = ("import", "load", "first")


def main() -> None:
    """Measure and print."""
    options = common_arguments(__doc__ or "").parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        texts = Path(scratch) / "texts.json"
        texts.write_text(json.dumps(grouped(sentences(options.data, "train"))[:1000]))
        reports = [
            measure(name, saved_pipeline(name, options, Path(scratch)), texts, options)
            for name in options.pipelines
        ]
    if options.json:
        options.json.write_text(json.dumps({"machine": machine(), "pipelines": reports}, indent=1) + "\n")


def measure(name: str, model: Path, texts: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Both sides with one pipeline, in turn."""
    sides = {"freshet": (sys.executable, "engine")} | (
        {"spacy": (options.spacy_python, "spacy")} if options.spacy_python else {}
    )
    runs: dict[str, list[Any]] = {side: [] for side in sides}
    held: dict[str, dict[str, tuple[float, float]]] = {side: {} for side in sides}
    for turn in range(options.repeats + 1):  # the first one is left out: it compiles, and reads from the disk
        for side in sides:
            found = run(*sides[side], model, texts, 0)
            runs[side] += [found] if turn else []
    for side in sides:
        ended = {label: run(*sides[side], model, texts, size) for label, size in BATCH_SIZES.items()}
        held[side] = {label: (found["megabytes"], found["private"]) for label, found in ended.items()}
    print(f"\npipeline {name}; load {machine()['load_average']:.1f}")
    report: dict[str, Any] = {"pipeline": name, "megabytes": held}
    for side, found in runs.items():
        medians = {
            step: [median(one["seconds"][i][k] for one in found) for k in (0, 1)]
            for i, step in enumerate(STEPS)
        }
        seconds = ", ".join(f"{step} {wall:.2f} ({cpu:.2f})" for step, (wall, cpu) in medians.items())
        sizes = ", ".join(
            f"{label} {most:.0f} ({private:.0f})" for label, (most, private) in held[side].items()
        )
        print(f"  {side:<8} seconds (of processor time): {seconds}; MB (private): {sizes}", flush=True)
        report[side] = medians
    return report


def run(python: str, library: str, model: Path, texts: Path, batch_size: int) -> Any:
    """One fresh process. Bytecode is kept, as that of installed packages is: else a side that runs from a
    checkout compiles its sources."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    command = [python, "-c", PROGRAM.format(library=library), str(model), str(texts), str(batch_size)]
    return json.loads(
        subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout
    )


if __name__ == "__main__":
    main()
