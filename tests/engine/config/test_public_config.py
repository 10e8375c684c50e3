# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

import engine
from engine.training.train import train

from ..toy import alone, toy_examples, toy_pipeline

PUBLIC = Path(__file__).parent / "public.cfg"
"""A training config as spaCy's own `init config` writes it, with every value filled in."""


@pytest.fixture
def corpus(tmp_path: Path) -> str:
    """The toy corpus in a file."""
    nlp = toy_pipeline(alone("sentencizer"))
    lines = [json.dumps(example.reference.to_json()) for example in toy_examples(nlp)]
    (tmp_path / "toy.jsonl").write_text("\n".join(lines))
    return str(tmp_path / "toy.jsonl")


def test_public_training_config_runs_unchanged(corpus: str, tmp_path: Path) -> None:
    """Only paths and the number of steps are given on the command line; what is trained loads and
    annotates."""
    steps = {"training.max_steps": 4, "training.eval_frequency": 2}
    nlp = engine.from_config(PUBLIC, {"paths.train": corpus, "paths.dev": corpus, **steps})
    result = train(nlp, tmp_path / "model", clock=lambda: 0.0, stdout=io.StringIO(), stderr=io.StringIO())
    assert result.steps >= 4
    loaded = engine.load(tmp_path / "model")
    assert loaded.names == ["tok2vec", "tagger", "morphologizer", "ner"]
    assert len(loaded("Ada met Grace Hopper .").tags) == 5


def test_public_config_needs_no_filling() -> None:
    """Filling adds what only we have and changes nothing that is there."""
    config = engine.read_config(PUBLIC)
    filled = engine.fill_config(config)

    def kept(before: dict[str, object], after: dict[str, object]) -> bool:
        return all(kept(v, after[k]) if isinstance(v, dict) else after[k] == v for k, v in before.items())  # type: ignore[arg-type]

    assert kept(config, filled)
