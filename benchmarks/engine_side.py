# SPDX-License-Identifier: Apache-2.0
"""Freshet's side of the engine benchmark: answers requests on standard input, see
`benchmarks.engine_speed`."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import engine
from engine import Doc


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
        """`annotate`, or time one pass over texts: seen before (`warm`; `loop` where a user reads every
        token; `latency` one by one), or new to a worker that saw `after`, if it saw any."""
        texts = self._texts[request["texts"]]
        if request["do"] == "annotate":
            return [annotations(doc.to_json()) for doc in self._pipeline.pipe(texts, n_threads=self._threads)]
        if request["do"] == "unseen":
            self._pipeline = engine.load(self._model, precision=self._precision)
            self._run(self._texts.get(request["after"], []))
        if request["do"] == "latency":
            return {"milliseconds": [self._milliseconds(text) for text in texts[: request["n"]]]}
        return self._run(texts, read if request["do"] == "loop" else len)

    def _run(self, texts: list[str], use: Callable[[Doc], int] = len) -> dict[str, float]:
        started, cpu = time.perf_counter(), time.process_time()
        tokens = sum(use(doc) for doc in self._pipeline.pipe(texts, n_threads=self._threads))
        return {
            "tokens": tokens,
            "seconds": time.perf_counter() - started,
            "cpu_seconds": time.process_time() - cpu,
        }

    def _milliseconds(self, text: str) -> float:
        started = time.perf_counter()
        read(self._pipeline(text))
        return 1000 * (time.perf_counter() - started)


def read(doc: Doc) -> int:
    """A user's loop over all tokens; their number."""
    n_tokens = 0
    for token in doc:
        if token.text and token.tag and token.pos and token.dep is not None and token.head.i >= 0:
            n_tokens += 1
    return n_tokens


KEYS = ("start", "end", "tag", "pos", "morph", "head", "dep")


def annotations(doc: dict[str, Any]) -> Any:
    """What both sides must agree on: tokens with tag, part of speech, features and head, sentences, and
    entities."""
    tokens = [[token.get(key, "") for key in KEYS] for token in doc["tokens"]]
    sents = [[sent["start"], sent["end"]] for sent in doc.get("sents", [])]
    return [tokens, sents, [[ent["start"], ent["end"], ent["label"]] for ent in doc.get("ents", [])]]


if __name__ == "__main__":
    main()
