# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

import pytest

import engine
from workers.trainer.candidates import PRECISION, fetch_pipeline

from .support import Workshop, records

GOLDEN = Path(__file__).parents[2] / "engine" / "spacy_files" / "golden"


@pytest.mark.parametrize("name", ["heads", "parser"])
def test_learning_begins_with_a_pipeline_that_spacy_saved(tmp_path: Path, name: str) -> None:
    """A directory as spaCy saved it becomes version 1; what is learned from it is saved in our own
    form, and goes on from there.

    Entity types that the pipeline does not know are no reason to fall.
    """
    shop = Workshop(tmp_path, model=GOLDEN / name)
    shop.send(records(10))
    shop.learn()
    shop.send(records(18)[10:])
    session = shop.learn()
    assert session.parts.filter.counts["learned"] > 10
    with shop.open() as registry:
        last = registry.versions()[-1]
        pipeline = fetch_pipeline(registry, last.number, tmp_path)
        assert pipeline.names == engine.load(GOLDEN / name, precision=PRECISION).names
        assert last.corrections == {"0": 23}


def test_a_champion_of_the_registry_comes_before_the_config(tmp_path: Path) -> None:
    """What somebody put and promoted is where learning begins; the config's model is not even looked at."""
    shop = Workshop(tmp_path)
    with shop.open() as registry:
        first = registry.put(shop.model, actor="test")
        registry.promote(first.number, expected_epoch=0, actor="test", reason="a test", force=True)
    shop.send(records(8))
    session = shop.learn(paths__model="nowhere")
    assert session.stream.journal.start == first.number
    with shop.open() as registry:
        assert registry.versions()[-1].parent == first.number
