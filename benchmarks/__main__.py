# SPDX-License-Identifier: Apache-2.0
"""All benchmarks of speed and memory, one after the other: `make bench`, or some: `python -m benchmarks
engine_speed latency`.

Data: FRESHET_DATA, else the folder `data`. spaCy: FRESHET_SPACY_PYTHON, else an environment `.peer`
is made. `stream` starts a Kafka broker of its own; FRESHET_BENCH_KAFKA names another as `host:port`, empty
leaves Kafka out.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from .spacy_python import spacy_python

ROOT = Path(__file__).parent.parent
MODEL = ROOT / "models" / "en_starter"


def main() -> None:
    """Run the named benchmarks, or all of speed and memory; exit code 1 where one failed."""
    if sys.platform != "linux":
        sys.exit(f"expected Linux, whose /proc and processor affinity benchmarks read; came {sys.platform}")
    data = data_folder()
    wanted = sys.argv[1:] or [name for name in ARGUMENTS if name not in ONLY_BY_NAME]
    unknown = sorted(set(wanted) - set(ARGUMENTS))
    if unknown:
        sys.exit(f"expected benchmarks among {', '.join(ARGUMENTS)}; got {', '.join(unknown)}")
    with tempfile.TemporaryDirectory() as scratch:
        failed = [name for name in wanted if not run(name, ARGUMENTS[name](data, Path(scratch)))]
    sys.exit(f"failed: {', '.join(failed)}" if failed else 0)


def run(name: str, arguments: list[str]) -> bool:
    """One benchmark in a process of its own; whether it ended well."""
    print(f"\n=== {name}", flush=True)
    began = time.monotonic()
    module = f"benchmarks.{MODULES.get(name, name)}"
    done = subprocess.run([sys.executable, "-m", module, *arguments], cwd=ROOT, check=False)
    print(f"({name} took {time.monotonic() - began:.0f} s)", flush=True)
    return done.returncode == 0


def data_folder() -> Path:
    """Where the corpora are. Raises: SystemExit where there are none."""
    given = os.environ.get("FRESHET_DATA")
    place = Path(given) if given else ROOT / "data"
    if (place / "ud_english_ewt").is_dir():
        return place.resolve()
    sys.exit(f"expected a folder with ud_english_ewt at {place}; set FRESHET_DATA")


def stream_arguments(data: Path, scratch: Path, pipeline: str, *, naive: bool) -> list[str]:
    """A trained pipeline and text; unless there is to be no Kafka, the broker, and for the naive worker the
    spacy with that pipeline."""
    with tarfile.open(data / "pipelines" / f"{pipeline}.tar.xz") as archive:
        archive.extractall(scratch, filter="data")
    model = str(scratch / pipeline)
    arguments = [model, _train(data)]
    broker = os.environ.get("FRESHET_BENCH_KAFKA", "own")
    if broker:
        arguments += ["--kafka", broker]
    if broker and naive:
        arguments += ["--spacy", spacy_python(), model]
    return arguments


def _train(data: Path) -> str:
    return str(data / "ud_english_ewt" / "train.conllu")


def _dev(data: Path) -> str:
    return str(data / "ud_english_ewt" / "dev.conllu")


ARGUMENTS: dict[str, Callable[[Path, Path], list[str]]] = {
    "engine_speed": lambda data, _: [
        "--data",
        str(data),
        "--spacy-python",
        spacy_python(),
        "--pipelines",
        "ud",
        "uner",
        "both",
    ],
    "stream": lambda data, scratch: stream_arguments(data, scratch, "uner_cnn", naive=True),
    "stream_trees": lambda data, scratch: [
        *stream_arguments(data, scratch, "ud_cnn", naive=False),
        "--words",
        "3000000",
    ],
    "latency": lambda data, _: ["--data", str(data), "--spacy-python", spacy_python()],
    "load": lambda data, _: ["--data", str(data), "--spacy-python", spacy_python()],
    "console": lambda data, _: ["--data", str(data)],
    "tokenizer": lambda data, _: [_dev(data), "--spacy-python", spacy_python()],
    "host_path": lambda data, _: [_dev(data)],
    "training": lambda data, scratch: [
        str(data),
        "--spacy-python",
        spacy_python(),
        "--scratch",
        str(scratch),
    ],
    "scale": lambda data, scratch: stream_arguments(data, scratch, "uner_cnn", naive=False),
    "memory": lambda data, _: [str(MODEL), _train(data)],
    "memory_slope": lambda data, _: [str(MODEL), _train(data), "--slope"],
    "backfill": lambda data, _: [str(MODEL), _train(data)],
    "distributed": lambda data, _: [str(data)],
    "swap": lambda data, _: [],
    "registry": lambda data, _: [],
    "rolling": lambda data, _: [],
    "long_text": lambda data, _: [],
    "learning": lambda data, _: [str(data), "--pictures", str(ROOT / "docs" / "learning")],
    "genre_stream": lambda data, _: [str(data)],
    "new_labels": lambda data, _: [str(data)],
    "routing": lambda data, _: [str(data)],
    "poisoning": lambda data, _: [str(data)],
    "gate": lambda data, _: [str(data)],
    "gpu": lambda data, _: [],
    "adapters": lambda data, _: [],
    "pretraining": lambda data, _: [str(data)],
    "transformers": lambda data, _: [str(data)],
    "vectors": lambda data, _: ["--spacy-python", spacy_python()],
}
MODULES = {"stream_trees": "stream", "memory_slope": "memory"}
ONLY_BY_NAME = (
    "new_labels",
    "learning",
    "gate",
    "genre_stream",
    "gpu",
    "routing",
    "poisoning",
    "memory_slope",
    "pretraining",
)
"""What takes longer than all the others together: training for accuracy, ten million messages."""


if __name__ == "__main__":
    main()
