# SPDX-License-Identifier: Apache-2.0
"""Two versions' answers to the same texts: a child process of the console, and its only file with an engine.

`python -m workers.console.second_opinion REGISTRY NAME BEFORE AFTER` reads a text a line from stdin as JSON
(`source`, `text`) and writes a line for each: `source`, both annotations' entities, and what differs.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any

import orjson

import engine

from ..model_registry import open_registry
from ..model_registry.version_diff import changes

BATCH = 32


def main(address: str, name: str, before: int, after: int) -> None:
    """Answer the texts on stdin with two versions of a registry."""
    with tempfile.TemporaryDirectory() as folder:
        with open_registry(address, name) as registry:
            paths = [registry.fetch(number, Path(folder) / str(number)) for number in (before, after)]
        pipelines = [engine.load(path) for path in paths]
        for row in compare(pipelines, map(orjson.loads, sys.stdin.buffer)):
            sys.stdout.buffer.write(orjson.dumps(row) + b"\n")
            sys.stdout.buffer.flush()


def compare(pipelines: list[Any], texts: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Each text with what two pipelines say about it."""
    rows = iter(texts)
    while batch := list(islice(rows, BATCH)):
        answers = [list(pipeline.pipe([row["text"] for row in batch])) for pipeline in pipelines]
        for row, one, other in zip(batch, *answers, strict=True):
            documents = [one.to_json(), other.to_json()]
            yield {
                "source": row["source"],
                "text": row["text"],
                "before": documents[0].get("ents", []),
                "after": documents[1].get("ents", []),
                "changes": [asdict(change) for change in changes(*documents)],
            }


if __name__ == "__main__":
    main(os.environ["FRESHET_REGISTRY"], sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
