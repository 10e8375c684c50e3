# SPDX-License-Identifier: Apache-2.0
"""Raw text to annotated columns (tokens, tags, parts of speech, features, entities) beside spaCy's `nlp.pipe`, on the same weights.

`python -m benchmarks.engine_speed --data DATA --peer-python PY [--repeats 5] [--json FILE]`

Both sides load one trained CNN pipeline as spaCy saved it (`DATA/pipelines/uner_cnn.tar.xz`) and run it on the same texts of UD
English EWT, each side in its own process, taking turns; figures are medians. The peer runs in four set-ups: as installed (BLIS) and
with `NumpyOps(use_blis=False)`, each with one process and with `n_process=2`; the ratio is to the fastest.
Tasks: `ten` and `single`, texts of ten sentences and of one, seen before (warm); `unseen`, the dev part as a worker meets it for the
first time that has read the whole training part (the share of new chunks is printed). The annotations of both sides on `unseen` are
compared in the same run and must be equal.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tarfile
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from .compare import Side, SideCommand, machine, take_turns
from .texts import grouped, sentences

HERE = Path(__file__).parent
TASKS: dict[str, dict[str, str]] = {
    "ten": {"do": "warm", "texts": "ten"},
    "single": {"do": "warm", "texts": "single"},
    "unseen": {"do": "unseen", "texts": "unseen", "after": "train"},
}
PEERS = [(blas, n) for blas in ("openblas", "blis") for n in (1, 2)]


def main() -> None:
    """Measure, print the table, write JSON where asked; exit code 1 where annotations differ."""
    options = arguments()
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        report = measure(options, scratch, stack)
    print(table(report))
    if options.json:
        options.json.write_text(json.dumps(report, indent=1) + "\n")
    sys.exit(1 if report["documents_that_differ"] else 0)


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    data, peer = os.environ.get("FRESHET_DATA"), os.environ.get("FRESHET_PEER_PYTHON")
    parser.add_argument("--data", type=Path, default=data, required=not data, help="folder with ud_english_ewt and pipelines")
    parser.add_argument("--peer-python", default=peer, help="interpreter that has spaCy 3.8; without it our side runs alone")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--sentences", type=int, default=6500, help="sentences of the training part in the warm tasks")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument(
        "--precisions", nargs="+", default=["auto", "fp32", "bf16"], help="our back ends; the first one is the one that is compared"
    )
    parser.add_argument("--tasks", nargs="+", choices=list(TASKS), default=list(TASKS))
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


def measure(options: argparse.Namespace, scratch: Path, stack: ExitStack) -> dict[str, Any]:
    """All sides at all tasks."""
    ours, peers = start_sides(options, scratch, stack)
    read = {chunk for line in sentences(options.data, "train") for chunk in line.split()}
    met = [chunk for line in sentences(options.data, "dev") for chunk in line.split()]
    differ = compare_annotations(ours[0], peers[0]) if peers else None
    for side in [*ours, *peers]:
        for task in ("ten", "single"):
            side.ask(TASKS[task])
    tasks = {name: take_turns([*ours, *peers], TASKS[name], options.repeats) for name in options.tasks}
    return {
        "machine": machine(),
        "threads": options.threads,
        "repeats": options.repeats,
        "documents_that_differ": differ,
        "unseen_chunks": sum(chunk not in read for chunk in met) / len(met),
        "tasks": {name: {side: figures.summary() for side, figures in sides.items()} for name, sides in tasks.items()},
        "ours": [side.name for side in ours],
        "peers": [side.name for side in peers],
    }


def start_sides(options: argparse.Namespace, scratch: Path, stack: ExitStack) -> tuple[list[Side], list[Side]]:
    """Unpack the pipeline, write the texts, start every side."""
    with tarfile.open(options.data / "pipelines" / "uner_cnn.tar.xz") as archive:
        archive.extractall(scratch, filter="data")
    model, texts = scratch / "uner_cnn", scratch / "texts.json"
    train, dev = sentences(options.data, "train"), sentences(options.data, "dev")
    some = train[: options.sentences]
    texts.write_text(json.dumps({"ten": grouped(some), "single": some, "train": grouped(train), "unseen": grouped(dev)}))
    ours = [SideCommand(f"freshet {p}", our_command(model, texts, p, options.threads)) for p in options.precisions]
    peers = [SideCommand(f"spacy {blas} {n}", (options.peer_python, str(HERE / "spacy_side.py"), str(model), str(texts), blas, str(n)))
             for blas, n in PEERS if options.peer_python]  # fmt: skip
    return [Side(command, stack) for command in ours], [Side(command, stack) for command in peers]


def our_command(model: Path, texts: Path, precision: str, threads: int) -> tuple[str, ...]:
    """How our side is started."""
    return (sys.executable, "-m", "benchmarks.engine_side", str(model), str(texts), "--precision", precision, "--threads", str(threads))


def compare_annotations(ours: Side, peer: Side) -> int:
    """Documents of `unseen` on which two sides do not agree in every token and entity."""
    request = {"do": "annotate", "texts": "unseen"}
    return sum(left != right for left, right in zip(ours.ask(request), peer.ask(request), strict=True))


def table(report: dict[str, Any]) -> str:
    """The figures as text, in thousand tokens per second, with the ratio to the fastest peer of each task."""
    found = report["machine"]
    lines = [f"{found['cpu']}, {found['cores']} cores, load {found['load_average']:.1f}; medians of {report['repeats']} turns"]
    for task, sides in report["tasks"].items():
        for kind, title in (("wall", "k tokens/s"), ("cpu", "k tokens/s of processor time")):
            fastest = max((sides[name][kind] for name in report["peers"]), default=None)
            lines.append(f"\n{task}, {title}")
            for name in [*report["ours"], *report["peers"]]:
                ratio = f"{sides[name][kind] / fastest:6.1f}x the fastest peer" if fastest and name in report["ours"] else ""
                lines.append(f"  {name:<18}{sides[name][kind] / 1e3:9.1f} {ratio}")
    lines.append(f"\nchunks of `unseen` that are new: {report['unseen_chunks']:.1%}")
    if report["documents_that_differ"] is not None:
        lines.append(
            f"\ndocuments that differ between freshet {report['ours'][0].split()[-1]} and spaCy: {report['documents_that_differ']}"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
