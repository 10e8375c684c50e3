# SPDX-License-Identifier: Apache-2.0
"""Adapters as what the streaming trainer learns: small candidates, with the same bits again."""

from __future__ import annotations

from pathlib import Path

import pytest

import engine
from engine.config.config import ConfigError
from engine.extras import TORCH, TRANSFORMERS
from engine.training.parameters import parameters_of
from tests.engine.tiny_encoder import encoder_config, ner_block, transformer_block, write_encoder
from tests.engine.toy import toy_examples
from tests.workers.trainer.support import Workshop, records
from workers.trainer.reproduce import reproduce_version
from workers.trainer.session_parts import make_parts

pytestmark = pytest.mark.skipif(
    not (TORCH.is_installed and TRANSFORMERS.is_installed), reason="needs freshet[transformers]"
)

ADAPTER = {"learner__adapter__rank": 4, "learner__grow_labels": []}


def saved_pipeline(folder: Path) -> Path:
    """A tiny encoder and a recognizer, in a folder."""
    encoder = write_encoder(folder / "encoder")
    blocks = {"transformer": transformer_block(encoder), "ner": ner_block()}
    nlp = engine.from_config(engine.fill_config(encoder_config(encoder, **blocks)))
    nlp.initialize(lambda: toy_examples(nlp))
    nlp.to_disk(folder / "model")
    return folder / "model"


def test_a_candidate_is_an_adapter_and_comes_out_the_same_again(tmp_path: Path) -> None:
    """The encoder's files are those of the first version and are stored once; versions, one with a share of
    the champion among them, are learned again to the last bit, and go on after a fall."""
    shop = Workshop(tmp_path, model=saved_pipeline(tmp_path))
    shop.send(records(14))
    mixed = {**ADAPTER, "learner__champion_shares": [0.25], "learner__choosing_percent": 0.0}
    shop.learn(**mixed)
    shop.send(records(30)[14:])
    shop.learn(**mixed)
    with shop.open() as registry:
        first, *later = registry.versions()
        files = {version.number: registry.version(version.number).files for version in (first, *later)}
        for version in later:
            changed = {path for path, sha in files[version.number].items() if files[1].get(path) != sha}
            of_encoder = {path for path in changed if path.startswith("transformer/")}
            assert of_encoder == {
                "transformer/adapter_config.json",
                "transformer/weights.006.adapter.safetensors",
                "transformer/weights.safetensors",
            }
        assert len(later) >= 2
        assert reproduce_version(registry, later[-1].number, broker=shop.broker).same
        learned = engine.load(registry.fetch(later[-1].number, tmp_path / "last"))
    adapter = learned.get_pipe("transformer").adapter
    assert adapter is not None
    assert any(b.any() for _, b in adapter.weights.values())


def test_heads_may_stay(tmp_path: Path) -> None:
    """Then the adapter is all that a version has of its own."""
    shop = Workshop(tmp_path, model=saved_pipeline(tmp_path))
    shop.send(records(14))
    shop.learn(**ADAPTER, learner__adapter__heads=False)
    with shop.open() as registry:
        first, last = registry.version(1).files, registry.version(registry.versions()[-1].number).files
    own = {path for path, sha in last.items() if first.get(path) != sha}
    assert not {path for path in own if path.startswith("ner/")}
    assert "transformer/weights.006.adapter.safetensors" in own


def test_heads_stay_whatever_rates_say(tmp_path: Path) -> None:
    """Rates of one's own are for what learns: of patterns the first that matches counts, the heads'."""
    shop = Workshop(tmp_path, model=saved_pipeline(tmp_path))
    config = shop.config(**ADAPTER, learner__adapter__heads=False, learner__rates={"*": 0.5, "ner/*": 0.1})
    parts = make_parts(config, engine.load(shop.model))
    multipliers = parts.learner.multipliers
    rates = {
        parameter.component: multipliers.multiplier(parameter.path)
        for parameter in parameters_of(parts.learner.pipeline)
    }
    assert rates == {"transformer": 0.5, "ner": 0.0}


def test_what_cannot_be_adapted_is_said(tmp_path: Path) -> None:
    """A pipeline without an encoder, and an adapter of another rank."""
    shop = Workshop(tmp_path)
    with pytest.raises(ConfigError, match="a component with an encoder to adapt, there is none among"):
        make_parts(shop.config(**ADAPTER), engine.load(shop.model))
    nlp = engine.load(saved_pipeline(tmp_path / "other"))
    nlp.get_pipe("transformer").add_adapter(rank=2)
    with pytest.raises(ConfigError, match="the rank of the adapter that 'transformer' has, 2, got 4"):
        make_parts(shop.config(**ADAPTER), nlp)
