# SPDX-License-Identifier: Apache-2.0
"""Whether a candidate can be served at all: saved, loaded again, and asked about texts of every kind."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import engine
from engine import Pipeline
from engine.pipeline.save import pipeline_files

TEXTS = (
    "Freshet runs in Kigali.",
    "",
    " \n\t ",
    "🦋👩‍👩‍👧 e\u0301 \u202e?",
    "a" * 3000,
    "word " * 500,
    "1/2 — http://x.test/?q=1#f (U.S.) don't",
)


def smoke_test(champion: Pipeline, candidate: Pipeline) -> list[str]:
    """What speaks against serving the candidate in the champion's place; empty where nothing does."""
    return [*_incompatibilities(champion, candidate), *_failures(candidate)]


def _incompatibilities(champion: Pipeline, candidate: Pipeline) -> Iterator[str]:
    if candidate.lang != champion.lang:
        yield f"the candidate is for {candidate.lang!r}, the champion for {champion.lang!r}"
    if missing := [name for name in champion.names if name not in candidate.names]:
        yield f"the candidate lacks components of the champion: {', '.join(missing)}"
    for name, labels in champion.labels.items():
        if lost := sorted(set(labels) - set(candidate.labels.get(name, labels))):
            yield f"the candidate's {name} lacks labels of the champion's: {', '.join(lost)}"


def _failures(candidate: Pipeline) -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="freshet-smoke-") as folder:
        try:
            candidate.to_disk(Path(folder))
            loaded = engine.load(folder)
            for text in TEXTS:
                loaded(text).to_json()
        except Exception as error:  # whatever it is, annotators would meet it too
            yield f"it cannot be saved, loaded and asked: {type(error).__name__}: {error}"
            return
    if pipeline_files(loaded) != pipeline_files(candidate):
        yield "saved and loaded again it is another model"
