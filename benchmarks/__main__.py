# SPDX-License-Identifier: Apache-2.0
"""All benchmarks, one after the other: `make bench`, or some: `python -m benchmarks engine_speed latency`.

Data: FRESHET_DATA, else `../shared/data`, else `data`. Peer: FRESHET_PEER_PYTHON, else a `.peer` environment is made.
`stream` starts a Kafka broker of its own; FRESHET_BENCH_KAFKA names another as `host:port`, empty leaves Kafka out.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path

from .peer import peer_python

ROOT = Path(__file__).parent.parent
MODEL = ROOT / "models" / "en_starter"


def main() -> None:
    """Run the named benchmarks, or all; exit code 1 where one failed."""
    data = data_folder()
    wanted = sys.argv[1:] or list(ARGUMENTS)
    unknown = sorted(set(wanted) - set(ARGUMENTS))
    if unknown:
        sys.exit(f"expected benchmarks among {', '.join(ARGUMENTS)}; got {', '.join(unknown)}")
    with tempfile.TemporaryDirectory() as scratch:
        failed = [name for name in wanted if not run(name, ARGUMENTS[name](data, Path(scratch)))]
    sys.exit(f"failed: {', '.join(failed)}" if failed else 0)


def run(name: str, arguments: list[str]) -> bool:
    """One benchmark in a process of its own; whether it ended well."""
    print(f"\n=== {name}", flush=True)
    return subprocess.run([sys.executable, "-m", f"benchmarks.{name}", *arguments], cwd=ROOT, check=False).returncode == 0


def data_folder() -> Path:
    """Where the corpora are. Raises: SystemExit where there are none."""
    given = os.environ.get("FRESHET_DATA")
    places = [Path(given)] if given else [ROOT.parent / "shared" / "data", ROOT / "data"]
    for place in places:
        if (place / "ud_english_ewt").is_dir():
            return place.resolve()
    sys.exit(f"expected a folder with ud_english_ewt at {' or '.join(map(str, places))}; set FRESHET_DATA")


def stream_arguments(data: Path, scratch: Path) -> list[str]:
    """Model and text; unless there is to be no Kafka, the broker, and for the naive worker the peer with its pipeline."""
    arguments = [str(MODEL), _train(data)]
    broker = os.environ.get("FRESHET_BENCH_KAFKA", "own")
    if broker:
        with tarfile.open(data / "pipelines" / "uner_cnn.tar.xz") as archive:
            archive.extractall(scratch, filter="data")
        arguments += ["--kafka", broker, "--spacy", peer_python(), str(scratch / "uner_cnn")]
    return arguments


def _train(data: Path) -> str:
    return str(data / "ud_english_ewt" / "train.conllu")


def _dev(data: Path) -> str:
    return str(data / "ud_english_ewt" / "dev.conllu")


ARGUMENTS: dict[str, Callable[[Path, Path], list[str]]] = {
    "engine_speed": lambda data, _: ["--data", str(data), "--peer-python", peer_python()],
    "latency": lambda data, _: ["--data", str(data), "--peer-python", peer_python()],
    "load": lambda data, _: ["--data", str(data), "--peer-python", peer_python()],
    "tokenizer": lambda data, _: [_dev(data), "--peer-python", peer_python()],
    "host_path": lambda data, _: [_dev(data)],
    "training": lambda data, scratch: [str(data), "--peer-python", peer_python(), "--scratch", str(scratch)],
    "genre_stream": lambda data, _: [str(data)],
    "stream": stream_arguments,
    "memory": lambda data, _: [str(MODEL), _train(data)],
    "swap": lambda data, _: [],
    "registry": lambda data, _: [],
}


if __name__ == "__main__":
    main()
