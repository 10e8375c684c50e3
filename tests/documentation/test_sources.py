# SPDX-License-Identifier: Apache-2.0
"""Components taken from other pipelines, and heads that get an embedding of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from thinc.api import Adam

import engine
from engine import Language
from engine.config.config import ConfigError
from tests.documentation.rows import row
from tests.engine.toy import shared, toy_config, toy_examples, trained_toy

TEXT = "Ada met Grace Hopper . They live in Kigali ."


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Language, Path]:
    """Two heads on one embedding, and the folder that they are saved in."""
    nlp = trained_toy(shared("tagger", "ner"))
    folder = tmp_path_factory.mktemp("trained")
    nlp.to_disk(folder)
    return nlp, folder


def taken(folder: Path, **beside: Any) -> Any:
    """A config of an embedding of one's own, and a tagger from elsewhere."""
    config = toy_config(shared("ner"), seed=5)
    config["nlp"]["pipeline"].append("tagger")
    config["components"]["tagger"] = {"source": str(folder), **beside}
    return config


@row("G14")
def test_a_component_is_copied_from_another_pipeline(trained: tuple[Language, Path]) -> None:
    """It says the same, and learns without the other one changing."""
    nlp, _ = trained
    other = engine.blank("en")
    other.add_pipe("tok2vec", source=nlp)
    tagger = other.add_pipe("tagger", name="tags", source=nlp, first=False)
    assert (other.pipe_names, tagger.name) == (["tok2vec", "tags"], "tags")
    assert other(TEXT).tags == nlp(TEXT).tags
    before = nlp.get_pipe("tagger").model.get_ref("output_layer").get_param("W").copy()
    other.update(toy_examples(other), sgd=Adam(0.1))
    assert np.array_equal(nlp.get_pipe("tagger").model.get_ref("output_layer").get_param("W"), before)
    with pytest.raises(ValueError, match="expected a loaded pipeline as the source of 'ner', got str"):
        other.add_pipe("ner", source="somewhere")


@row("G15")
def test_listeners_are_replaced_by_a_copy_of_what_they_listen_to(
    trained: tuple[Language, Path], tmp_path: Path
) -> None:
    """The head says the same, without the embedding too; saved and loaded it still does."""
    _, folder = trained
    nlp = engine.load(folder)
    said = nlp(TEXT)
    nlp.replace_listeners("tok2vec", "ner", ["model.tok2vec"])
    nlp.remove_pipe("tagger")
    nlp.remove_pipe("tok2vec")
    assert nlp.pipe_names == ["ner"]
    assert nlp(TEXT).to_json()["ents"] == said.to_json()["ents"]
    nlp.to_disk(tmp_path)
    assert engine.load(tmp_path)(TEXT).to_json()["ents"] == said.to_json()["ents"]


def test_what_cannot_be_replaced_is_named(trained: tuple[Language, Path]) -> None:
    """A wrong path, a component that listens to nothing, an embedding that is none."""
    nlp = engine.load(trained[1])
    with pytest.raises(ValueError, match=r"got 'model\.x'; there are: model\.tok2vec"):
        nlp.replace_listeners("tok2vec", "ner", ["model.x"])
    nlp.replace_listeners("tok2vec", "ner", ["model.tok2vec"])
    with pytest.raises(ValueError, match="got 'ner', which listens to none"):
        nlp.replace_listeners("tok2vec", "ner", ["model.tok2vec"])
    with pytest.raises(ValueError, match="expected the name of an embedding component, got 'tagger'"):
        nlp.replace_listeners("tagger", "ner", ["model.tok2vec"])


@row("G04")
def test_listeners_are_replaced_beside_a_source(trained: tuple[Language, Path]) -> None:
    """A head of another pipeline, next to another embedding, says what it said there."""
    nlp, folder = trained
    with_copy = engine.build(taken(folder, replace_listeners=["model.tok2vec"]))
    examples = toy_examples(with_copy)
    with_copy.initialize(lambda: examples)
    assert with_copy(TEXT).tags == nlp(TEXT).tags
    assert "source" not in with_copy.config["components"]["tagger"]


def test_every_key_beside_a_source_is_checked(trained: tuple[Language, Path]) -> None:
    """What means nothing there is refused, with its path."""
    with pytest.raises(ConfigError, match=r"components -> tagger -> overwrite: unexpected beside source"):
        engine.build(taken(trained[1], overwrite=True))
    with pytest.raises(ConfigError, match=r"tagger -> replace_listeners: .*got 'model\.nope'"):
        engine.build(taken(trained[1], replace_listeners=["model.nope"]))
    with pytest.raises(ConfigError, match=r"tagger -> component: .*got 'tager'"):
        engine.build(taken(trained[1], component="tager"))


def test_a_frozen_head_over_an_embedding_that_learns_is_warned_of(trained: tuple[Language, Path]) -> None:
    """Nobody sees it in the loss; one with a copy of its own is silent."""
    config = taken(trained[1])
    config["training"]["frozen_components"] = ["tagger"]
    nlp = engine.build(config)
    examples = toy_examples(nlp)
    with pytest.warns(UserWarning, match="'tagger' is frozen, and reads vectors of 'tok2vec', which go on"):
        nlp.initialize(lambda: examples)
    config = taken(trained[1], replace_listeners=["model.tok2vec"])
    config["training"]["frozen_components"] = ["tagger"]
    engine.build(config).initialize(lambda: examples)
