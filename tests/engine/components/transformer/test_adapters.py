# SPDX-License-Identifier: Apache-2.0
"""Adapters of the component `transformer`: its own, which learns and is saved, and those of others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from thinc.api import fix_random_seed

import engine
from engine import Pipeline
from engine.extras import TRANSFORMERS
from engine.training.adapters import adapt_like, frozen_rates
from tests.documentation.test_transformers import curated
from tests.engine.tiny_encoder import encoder_config, tagger_block, transformer_block, write_encoder
from tests.engine.toy import toy_examples

pytestmark = pytest.mark.skipif(not TRANSFORMERS.is_installed, reason="needs freshet[transformers]")

TEXTS = ["Ada met Grace Hopper in Kigali and they live there.", "Rain fell."]


@pytest.fixture
def nlp(tmp_path: Path) -> Pipeline:
    """A tiny encoder and a tagger."""
    folder = write_encoder(tmp_path / "encoder")
    blocks = {"transformer": transformer_block(folder), "tagger": tagger_block()}
    made = engine.from_config(engine.fill_config(encoder_config(folder, **blocks)))
    fix_random_seed(0)
    made.initialize(lambda: toy_examples(made))
    return made


def learn(nlp: Pipeline, steps: int = 2) -> None:
    """Some steps."""
    optimizer = nlp.create_optimizer()
    for _ in range(steps):
        nlp.update(toy_examples(nlp), sgd=optimizer, drop=0.1)


def rows(nlp: Pipeline, adapters: list[str | None] | None = None) -> Any:
    """What the encoder says of the texts."""
    batch = nlp.tokenizer.tokenize(TEXTS)
    batch.adapters = adapters
    return nlp.predict_batch(batch).pieces["transformer"].rows


def test_an_adapter_learns_in_the_encoders_place(nlp: Pipeline, tmp_path: Path) -> None:
    """It says nothing at first; the encoder's files stay the same to the byte; what is saved says the same,
    from a folder and from bytes."""
    transformer, before = nlp.get_pipe("transformer"), rows(nlp)
    nlp.to_disk(tmp_path / "first")
    transformer.add_adapter(rank=4)
    assert np.array_equal(rows(nlp), before)
    learn(nlp)
    assert not np.allclose(rows(nlp), before, atol=1e-4)
    nlp.to_disk(tmp_path / "second")
    first, second = (
        {path.name: path.read_bytes() for path in (tmp_path / name / "transformer").iterdir()}
        for name in ("first", "second")
    )
    changed = {name for name, data in second.items() if first.get(name) != data}
    assert changed == {"adapter_config.json", "weights.006.adapter.safetensors", "weights.safetensors"}
    copy = engine.from_config(nlp.config).from_bytes(nlp.to_bytes())
    for again in (engine.load(tmp_path / "second"), copy):
        assert np.array_equal(rows(again), rows(nlp))
        assert again.get_pipe("transformer").adapter.config.r == 4
    transformer.merge_adapter()
    assert np.allclose(rows(nlp), rows(copy), atol=1e-5)
    assert transformer.adapter is None
    assert transformer.part.encoder.module.training is False
    learn(nlp, 1)
    assert not np.allclose(rows(nlp), rows(copy), atol=1e-5)


def test_dropping_it_leaves_the_encoder(nlp: Pipeline) -> None:
    """With the bits of before."""
    before, transformer = rows(nlp), nlp.get_pipe("transformer")
    transformer.add_adapter()
    learn(nlp)
    transformer.drop_adapter()
    assert np.array_equal(rows(nlp), before)


def test_documents_choose_in_a_batch(nlp: Pipeline) -> None:
    """A document that chooses none has the component's own one."""
    transformer, plain = nlp.get_pipe("transformer"), rows(nlp)
    transformer.add_adapter()
    learn(nlp)
    own, adapter = rows(nlp), transformer.adapter
    transformer.drop_adapter()
    transformer.adapters.add("shop", adapter)
    assert np.array_equal(rows(nlp, ["shop", "shop"]), own)
    first = len(nlp.predict(TEXTS[:1]).pieces["transformer"].rows)
    mixed = rows(nlp, ["shop", None])
    assert np.allclose(mixed[:first], own[:first], atol=1e-6)
    assert np.allclose(mixed[first:], plain[first:], atol=1e-6)
    assert transformer.adapters.names == ["shop"]


def test_frozen_layers_get_none(tmp_path: Path) -> None:
    """What is kept of them holds."""
    folder = write_encoder(tmp_path / "encoder")
    blocks = {"transformer": transformer_block(folder, frozen_layers=2), "tagger": tagger_block()}
    nlp = engine.from_config(engine.fill_config(encoder_config(folder, **blocks)))
    nlp.initialize(lambda: toy_examples(nlp))
    transformer = nlp.get_pipe("transformer")
    transformer.add_adapter(target_modules=["query"])
    assert list(transformer.adapter.weights) == ["encoder.layer.2.attention.self.query"]
    learn(nlp)
    assert any(b.any() for _, b in transformer.adapter.weights.values())


def test_curated_encoders_have_them_too(tmp_path: Path) -> None:
    """Each window has the adapter of its document, and overlaps are averaged."""
    nlp = curated(write_encoder(tmp_path / "encoder"))
    transformer = nlp.get_pipe("transformer")
    transformer.add_adapter(rank=2)
    learn(nlp)
    own, adapter = rows(nlp), transformer.adapter
    transformer.drop_adapter()
    plain = rows(nlp)
    transformer.adapters.add("shop", adapter)
    first = len(nlp.predict(TEXTS[:1]).pieces["transformer"].rows)
    mixed = rows(nlp, ["shop", None])
    assert np.allclose(mixed[:first], own[:first], atol=1e-6)
    assert np.allclose(mixed[first:], plain[first:], atol=1e-6)
    assert not np.allclose(own, plain, atol=1e-4)
    counts = transformer.count_pieces(nlp.tokenizer.tokenize(TEXTS))
    assert counts.tolist() == [first, len(own) - first]


def test_a_pipeline_without_one_counts_as_one_that_says_nothing(nlp: Pipeline, tmp_path: Path) -> None:
    """So that its weights and those of one with an adapter mean the same, number by number."""
    nlp.to_disk(tmp_path / "plain")
    plain = engine.load(tmp_path / "plain")
    before = rows(plain)
    nlp.get_pipe("transformer").add_adapter()
    learn(nlp)
    adapt_like(plain, nlp)
    assert np.array_equal(rows(plain), before)
    assert plain.get_pipe("transformer").adapter is not None
    assert frozen_rates(nlp) == {"tagger/*": 0.0}


def test_an_adapter_that_was_taken_over_learns_in_frozen_layers(nlp: Pipeline) -> None:
    """Nothing that these said before it came, or before its last step, is said of a text that comes again."""
    transformer = nlp.get_pipe("transformer")
    transformer.add_adapter(rank=2)
    adapter = transformer.adapter
    for _, b in adapter.weights.values():
        b += 1
    transformer.drop_adapter()
    part = transformer.part
    part.freeze(embeddings=True, lower_layers=1)
    batch = nlp.tokenizer.tokenize(TEXTS)
    part.update(batch, with_dropout=False)
    transformer.take_adapter(adapter)
    for _ in range(2):
        said, _ = part.update(batch, with_dropout=False)
        np.testing.assert_allclose(said.rows, part.encode(batch).rows, atol=1e-4)
        learn(nlp)
    lower = [b for name, (_, b) in transformer.adapter.weights.items() if ".layer.0." in name]
    assert lower
    assert all(np.abs(b - 1).max() > 2e-4 for b in lower)
