# SPDX-License-Identifier: Apache-2.0
"""Freshet's side of the engine benchmark: answers requests on standard input, see `benchmarks.engine_speed`."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import engine


def main() -> None:
    """Answer one request a line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("model", type=Path)
    parser.add_argument("texts", type=Path)
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    texts = json.loads(options.texts.read_text())
    side = EngineSide(options.model, options.precision, options.threads, texts)
    for line in sys.stdin:
        print(json.dumps(side.answer(json.loads(line))), flush=True)


class EngineSide:
    """A loaded pipeline and the texts."""

    def __init__(self, model: Path, precision: str, threads: int, texts: dict[str, list[str]]) -> None:
        self._model, self._precision, self._threads, self._texts = model, precision, threads, texts
        self._pipeline = engine.load(model, precision=precision)

    def answer(self, request: dict[str, Any]) -> Any:
        """`annotate`, or time one pass over texts: seen before (`warm`), or new to a worker that saw `after`."""
        texts = self._texts[request["texts"]]
        if request["do"] == "annotate":
            return [annotations(doc.to_json()) for doc in self._pipeline.pipe(texts, n_threads=self._threads)]
        if request["do"] == "unseen":
            self._pipeline = engine.load(self._model, precision=self._precision)
            self._run(self._texts[request["after"]])
        return self._run(texts)

    def _run(self, texts: list[str]) -> dict[str, float]:
        started, cpu = time.perf_counter(), time.process_time()
        tokens = sum(len(doc) for doc in self._pipeline.pipe(texts, n_threads=self._threads))
        return {"tokens": tokens, "seconds": time.perf_counter() - started, "cpu_seconds": time.process_time() - cpu}


def annotations(doc: dict[str, Any]) -> Any:
    """What both sides must agree on: tokens with tag, part of speech and features, and entities."""
    tokens = [[token["start"], token["end"], token.get("tag", ""), token.get("pos", ""), token.get("morph", "")] for token in doc["tokens"]]
    return [tokens, [[ent["start"], ent["end"], ent["label"]] for ent in doc["ents"]]]


if __name__ == "__main__":
    main()
