# SPDX-License-Identifier: Apache-2.0
"""What every registered component and architecture must do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import engine
from engine import Pipeline, registry
from engine.components import TrainableComponent
from engine.config.registry import names_of
from engine.doc.example_batch import batch_of

from .gradients import assert_gradients_match
from .toy import LISTENER, UNTRAINED, alone, layers_of, model_of, shared, toy_examples, toy_pipeline, weights

OF_CHARACTERS = ("experimental_char_ner_tokenizer", "experimental_char_tagger_tokenizer")
"""They want a tokenizer of characters and change its tokens: `components/test_char_tokenizers.py`."""

OF_ENCODERS = "engine.components.transformer."
"""They want an encoder's files: `components/transformer` and `transformer/test_classifiers.py`."""

OURS = [
    name
    for name in names_of("factories")
    if (module := registry.factories.get(name).__module__).startswith("engine.components.")
    and not module.startswith(OF_ENCODERS)
]
"""Without those that other tests registered."""

FACTORIES = [name for name in OURS if name not in OF_CHARACTERS and "." not in name]
TRAINABLE = [name for name in FACTORIES if name not in UNTRAINED]
TEXTS = ["", "Ada met Grace Hopper.", "New York City sleeps!  They live in Kigali.", " ", "Rain?"]


@pytest.fixture(params=FACTORIES)
def nlp(request: pytest.FixtureRequest) -> Pipeline:
    """One component with its own embedding, initialized."""
    return toy_pipeline(alone(request.param))


def test_component_annotates_empty_and_blank_documents(nlp: Pipeline) -> None:
    """A document without tokens, alone or amid others, goes through every component."""
    assert nlp.predict([]).n_docs == 0
    assert [len(doc) for doc in nlp.pipe(["", " ", ""])] == [0, 1, 0]


def test_component_gives_the_same_one_by_one_as_in_a_batch(nlp: Pipeline) -> None:
    """What is found in a document does not depend on its neighbours in the batch, where every document has
    tokens."""
    texts = [text for text in TEXTS if text]
    assert [layers_of(doc) for doc in nlp.pipe(texts, n_threads=1)] == [
        layers_of(nlp(text)) for text in texts
    ]


def test_component_leaves_the_text_as_it_is(nlp: Pipeline) -> None:
    """Annotating changes neither texts nor tokens."""
    before, after = nlp.tokenizer.tokenize(TEXTS), nlp.predict(TEXTS)
    assert after.texts == before.texts
    assert np.array_equal(after.starts, before.starts)
    assert np.array_equal(after.lengths, before.lengths)


def test_component_survives_saving_and_loading(nlp: Pipeline, tmp_path: Path) -> None:
    """A loaded pipeline has the same digest, labels and annotations as the one that was saved."""
    nlp.to_disk(tmp_path)
    loaded = engine.load(tmp_path)
    assert loaded.digest == nlp.digest
    assert loaded.labels == nlp.labels
    assert [layers_of(doc) for doc in loaded.pipe(TEXTS)] == [layers_of(doc) for doc in nlp.pipe(TEXTS)]


@pytest.mark.parametrize("factory", TRAINABLE)
def test_same_seed_gives_the_same_weights(factory: str) -> None:
    """Initializing and learning are determined by the seed, and another seed gives other weights."""
    first, second, other = [_trained_weights(factory, seed) for seed in (3, 3, 4)]
    assert all(np.array_equal(first[name], second[name]) for name in first)
    assert any(not np.array_equal(first[name], other[name]) for name in first)


def _trained_weights(factory: str, seed: int) -> dict[str, np.ndarray[Any, Any]]:
    nlp = toy_pipeline(alone(factory), seed)
    nlp.update(
        toy_examples(nlp), dropout=0.2, optimizer=registry.resolve({"o": {"@optimizers": "Adam.v1"}})["o"]
    )
    return weights(nlp)


@pytest.mark.parametrize("factory", [name for name in TRAINABLE if name != "tok2vec"])
def test_gradient_is_that_of_finite_differences(factory: str) -> None:
    """Every weight's gradient, through the component's own embedding, is the slope of its loss."""
    nlp = toy_pipeline(alone(factory))
    assert_gradients_match(nlp, factory)


@pytest.mark.parametrize("factory", [name for name in TRAINABLE if name != "tok2vec"])
def test_shared_embedding_gets_the_gradient_of_its_head(factory: str) -> None:
    """Behind a listener, the embedding's weights get the same slope."""
    nlp = toy_pipeline(shared(factory))
    assert_gradients_match(nlp, factory)


@pytest.mark.parametrize("factory", TRAINABLE)
def test_compiled_form_follows_the_weights(factory: str) -> None:
    """After an update the compiled form is made anew: predictions are those of Thinc's own predict."""
    nlp = toy_pipeline({**alone(factory)} if factory == "tok2vec" else shared(factory))
    nlp.predict(TEXTS)
    nlp.update(
        toy_examples(nlp),
        optimizer=registry.resolve({"o": {"@optimizers": "Adam.v1", "learn_rate": 0.05}})["o"],
    )
    component = nlp.component("tok2vec")
    assert isinstance(component, TrainableComponent)
    batch = nlp.predict(TEXTS)
    assert np.allclose(batch.vectors["tok2vec"], component.model.predict(batch), atol=1e-4)


@pytest.mark.parametrize("name", ["Tok2VecListener", "Tagger", "Tok2Vec", "HashEmbedCNN"])
def test_architecture_is_registered_under_both_names(name: str) -> None:
    """Our name and spaCy's resolve to one function."""
    ours = registry.get("architectures", f"freshet.{name}.v1")
    theirs = {"Tok2VecListener": "v1"}.get(name, "v2")
    assert registry.get("architectures", f"spacy.{name}.{theirs}") is ours


ENCODERS = {
    "HashEmbedCNN": {
        "@architectures": "spacy.HashEmbedCNN.v2",
        "width": 16,
        "depth": 1,
        "embed_size": 100,
        "window_size": 2,
        "maxout_pieces": 2,
        "subword_features": True,
        "pretrained_vectors": None,
    },
    "CharacterEmbed": {
        "@architectures": "freshet.Tok2Vec.v1",
        "embed": {
            "@architectures": "freshet.CharacterEmbed.v1",
            "width": 16,
            "rows": 100,
            "nM": 4,
            "nC": 5,
            "include_static_vectors": False,
            "feature": "LOWER",
        },
        "encode": {
            "@architectures": "freshet.MaxoutWindowEncoder.v1",
            "width": 16,
            "window_size": 1,
            "maxout_pieces": 2,
            "depth": 1,
        },
    },
    "BiLSTMEncoder": {
        "@architectures": "freshet.Tok2Vec.v1",
        "embed": model_of("tok2vec", LISTENER)["embed"],
        "encode": {"@architectures": "spacy.TorchBiLSTMEncoder.v1", "width": 16, "depth": 2, "dropout": 0.0},
    },
    "MishWindowEncoder": {
        "@architectures": "freshet.Tok2Vec.v1",
        "embed": model_of("tok2vec", LISTENER)["embed"],
        "encode": {
            "@architectures": "freshet.MishWindowEncoder.v1",
            "width": 16,
            "window_size": 1,
            "depth": 1,
        },
    },
}


@pytest.mark.parametrize("name", sorted(ENCODERS))
def test_encoder_learns_and_is_kept(name: str, tmp_path: Path) -> None:
    """Every embedding and encoding architecture has right gradients and survives saving."""
    nlp = toy_pipeline({"tagger": {"factory": "tagger", "model": {**model_of("tagger", ENCODERS[name])}}})
    assert_gradients_match(nlp, "tagger")
    nlp.to_disk(tmp_path)
    assert engine.load(tmp_path)(TEXTS[1]).tags == nlp(TEXTS[1]).tags


CATEGORIZERS = {
    "bow": {
        "@architectures": "spacy.TextCatBOW.v3",
        "exclusive_classes": True,
        "ngram_size": 2,
        "no_output_layer": False,
        "length": 100,
        "nO": None,
    },
    "bow overlapping": {
        "@architectures": "spacy.TextCatBOW.v2",
        "exclusive_classes": True,
        "ngram_size": 1,
        "no_output_layer": False,
        "nO": None,
    },
    "cnn": {
        "@architectures": "spacy.TextCatCNN.v2",
        "exclusive_classes": True,
        "nO": None,
        "tok2vec": model_of("tok2vec", {}),
    },
    "ensemble of width": {
        "@architectures": "spacy.TextCatEnsemble.v1",
        "exclusive_classes": True,
        "pretrained_vectors": None,
        "width": 12,
        "embed_size": 50,
        "conv_depth": 1,
        "window_size": 1,
        "ngram_size": 1,
        "dropout": None,
        "nO": None,
    },
    "attention": {
        "@architectures": "spacy.TextCatParametricAttention.v1",
        "exclusive_classes": True,
        "nO": None,
        "tok2vec": model_of("tok2vec", {}),
    },
    "reduce": {
        "@architectures": "spacy.TextCatReduce.v1",
        "exclusive_classes": True,
        "use_reduce_first": True,
        "use_reduce_last": True,
        "use_reduce_max": True,
        "use_reduce_mean": True,
        "nO": None,
        "tok2vec": model_of("tok2vec", {}),
    },
}


@pytest.mark.parametrize("name", sorted(CATEGORIZERS))
def test_categorizer_learns_and_is_kept(name: str, tmp_path: Path) -> None:
    """Every document architecture has right gradients, takes empty documents, and survives saving."""
    nlp = toy_pipeline({"textcat": {"factory": "textcat", "model": CATEGORIZERS[name]}})
    assert_gradients_match(nlp, "textcat")
    nlp.to_disk(tmp_path)
    loaded = engine.load(tmp_path)
    assert [layers_of(doc) for doc in loaded.pipe(TEXTS)] == [layers_of(doc) for doc in nlp.pipe(TEXTS)]
    assert sum(loaded(TEXTS[1]).cats.values()) == pytest.approx(1.0, abs=1e-5)


def test_batch_of_examples_has_all_tokens() -> None:
    """Examples become one batch of their predicted sides."""
    nlp = toy_pipeline(alone("sentencizer"))
    examples = toy_examples(nlp)
    batch = batch_of(examples, nlp.tokenizer)
    assert batch.texts == [example.text for example in examples]
    assert batch.n_tokens == sum(map(len, examples))
