# SPDX-License-Identifier: Apache-2.0
"""The model registry: putting and getting a large model, and promoting while sixteen processes promote.

`python -m benchmarks.registry [--mb 500] [--writers 16] [--each 25]`; the server is an embedded one
(REDIS_SERVER names its program). Memory is what Redis counts (`used_memory`); seconds are wall-clock: let
nothing else run, or read them beside the load average.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from workers.model_registry import ModelRegistry, RefusedError, Signing, open_registry

MB = 1_000_000
FILES = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mb", type=int, default=500)
    parser.add_argument("--writers", type=int, default=16)
    parser.add_argument("--each", type=int, default=25)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--writer", nargs=2, metavar=("ADDRESS", "DIR"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.writer:
        print(json.dumps(write(*given.writer, given.each)))
        return
    with tempfile.TemporaryDirectory() as scratch:
        found = {**large(Path(scratch), given.mb), **promotions(Path(scratch), given.writers, given.each)}
    found["load_average"] = os.getloadavg()[0]
    for name, value in found.items():
        print(f"{name:36} {value:.4g}" if isinstance(value, float) else f"{name:36} {value}")
    if given.json:
        given.json.write_text(json.dumps(found, indent=1) + "\n")


def large(scratch: Path, megabytes: int) -> dict[str, object]:
    """Put, put again with one file changed, get."""
    model = scratch / "model"
    model.mkdir()
    for number in range(FILES):
        (model / f"part{number}.safetensors").write_bytes(os.urandom(megabytes * MB // FILES))
    with open_registry(f"embedded:{scratch / 'large'}", signing=Signing()) as registry:
        empty, found = (
            used(registry),
            {"server": f"{registry.check().name} {registry.check().version}", "model_mb": megabytes},
        )
        with timed("put", found):
            registry.put(model, actor="bench")
        found["memory_over_size"] = (used(registry) - empty) / (megabytes * MB)
        found["peak_memory_over_size"] = (peak(registry) - empty) / (megabytes * MB)
        (model / "part0.safetensors").write_bytes(os.urandom(megabytes * MB // FILES))
        with timed("put_one_file_of_five_changed", found):
            registry.put(model, actor="bench", parent=1)
        found["memory_over_size_of_both_versions"] = (used(registry) - empty) / (megabytes * MB)
        with timed("get", found):
            registry.fetch(2, scratch / "out")
    return found


def promotions(scratch: Path, writers: int, each: int) -> dict[str, object]:
    """Latency of a promotion (the call, not the decision before it) while so many processes do the same."""
    address, small = f"embedded:{scratch / 'small'}", scratch / "small_model"
    small.mkdir()
    (small / "config.cfg").write_text("[nlp]\n")
    with open_registry(address, signing=Signing()) as registry:
        words = [
            sys.executable,
            "-m",
            "benchmarks.registry",
            "--each",
            str(each),
            "--writer",
            address,
            str(small),
        ]
        processes = [subprocess.Popen(words, stdout=subprocess.PIPE, text=True) for _ in range(writers)]
        results = [json.loads(process.communicate()[0]) for process in processes]
        times = sorted(seconds for result in results for seconds in result["seconds"])
        entries = [entry for entry in registry.audit() if entry.action == "promote"]
        assert [entry.epoch for entry in entries] == list(range(1, writers * each + 1)), "an update was lost"
        assert registry.head().epoch == writers * each, "an update was lost"
    quantiles = {
        f"promote_p{q}_ms": 1000 * times[min(len(times) - 1, len(times) * q // 100)] for q in (50, 90, 99)
    }
    return {
        "writers": writers,
        "promotions": len(times),
        "stale_attempts": sum(result["refused"] for result in results),
        **quantiles,
    }


def write(address: str, directory: str, each: int) -> dict[str, object]:
    """One of the processes."""
    seconds, refused, actor = [], 0, f"p{os.getpid()}"
    with open_registry(address, signing=Signing()) as registry:
        for _ in range(each):
            number = registry.put(Path(directory), actor=actor).number
            while True:
                head = registry.head()
                try:
                    registry.set_verdict(number, {"passed": True}, head.epoch)
                    began = time.perf_counter()
                    registry.promote(number, expected_epoch=head.epoch, actor=actor)
                    seconds.append(time.perf_counter() - began)
                    break
                except RefusedError:
                    refused += 1
    return {"seconds": seconds, "refused": refused}


@contextmanager
def timed(name: str, found: dict[str, object]) -> Iterator[None]:
    """Wall-clock and this process's CPU seconds."""
    began, cpu = time.perf_counter(), time.process_time()
    yield
    found[f"{name}_s"], found[f"{name}_client_cpu_s"] = time.perf_counter() - began, time.process_time() - cpu


def used(registry: ModelRegistry) -> int:
    return registry.check().used_memory


def peak(registry: ModelRegistry) -> int:
    return int(registry.server.client.info("memory")["used_memory_peak"])


if __name__ == "__main__":
    main()
