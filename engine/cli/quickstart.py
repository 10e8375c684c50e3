# SPDX-License-Identifier: Apache-2.0
"""The blocks that a new config is put together from: one embedding that all share, and for each component the
model that it wants."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

SHARED = "tok2vec"
WIDTH = "${components.tok2vec.model.encode.width}"
LISTENER: Mapping[str, Any] = {"@architectures": "spacy.Tok2VecListener.v1", "width": WIDTH}

ENCODER = "transformer"
PIECES: Mapping[str, Any] = {
    "@architectures": "spacy-transformers.TransformerListener.v1",
    "grad_factor": 1.0,
    "pooling": {"@layers": "reduce_mean.v1"},
}
"""A listener of an encoder."""

GPU_TRAINING: Mapping[str, Any] = {
    "accumulate_gradient": 3,
    "optimizer": {
        "@optimizers": "Adam.v1",
        "learn_rate": {
            "@schedules": "warmup_linear.v1",
            "warmup_steps": 250,
            "total_steps": 20000,
            "initial_rate": 5e-5,
        },
    },
    "batcher": {
        "@batchers": "spacy.batch_by_padded.v1",
        "discard_oversize": True,
        "size": 2000,
        "buffer": 256,
    },
}
"""How a pipeline on an encoder is trained."""


class Optimize(StrEnum):
    """What a new config is made for: quick small models, or slower ones that may be better."""

    efficiency = "efficiency"
    accuracy = "accuracy"


def embedding_block(optimize: Optimize, *, vectors: bool) -> dict[str, Any]:
    """The embedding's component; `vectors`: beside learned ones, static vectors of words."""
    width, depth = (256, 8) if optimize is Optimize.accuracy else (96, 4)
    embed = {
        "@architectures": "spacy.MultiHashEmbed.v2",
        "width": WIDTH,
        "attrs": ["NORM", "PREFIX", "SUFFIX", "SHAPE"],
        "rows": [5000, 1000, 2500, 2500],
        "include_static_vectors": vectors,
    }
    encode = {
        "@architectures": "spacy.MaxoutWindowEncoder.v2",
        "width": width,
        "depth": depth,
        "window_size": 1,
        "maxout_pieces": 3,
    }
    return {
        "factory": SHARED,
        "model": {"@architectures": "spacy.Tok2Vec.v2", "embed": embed, "encode": encode},
    }


def encoder_block(name: str) -> dict[str, Any]:
    """The component of an encoder that all share."""
    spans = {"@span_getters": "spacy-transformers.strided_spans.v1", "window": 128, "stride": 96}
    model = {
        "@architectures": "spacy-transformers.TransformerModel.v3",
        "name": name,
        "tokenizer_config": {"use_fast": True},
        "get_spans": spans,
    }
    return {"factory": ENCODER, "model": model}


def component_block(
    factory: str, optimize: Optimize, listener: Mapping[str, Any] = LISTENER
) -> dict[str, Any]:
    """What a new config says of a component; all else is its factory's default."""
    model = _listening(_model(factory, optimize), listener)
    smoothing = {"label_smoothing": 0.05} if factory in ("tagger", "morphologizer") else {}
    return {"factory": factory, **smoothing, **({"model": model} if model else {})}


def listens(block: Mapping[str, Any]) -> bool:
    """Whether a component's block reads the shared embedding."""
    return block.get("model", {}).get("tok2vec") in (LISTENER, PIECES)


def _listening(model: dict[str, Any], listener: Mapping[str, Any]) -> dict[str, Any]:
    """A model with another listener; transition models on an encoder have no upper layer."""
    if listener is LISTENER or model.get("tok2vec") != LISTENER:
        return model
    upper = {"use_upper": False} if "use_upper" in model else {}
    return {**model, **upper, "tok2vec": dict(listener)}


def _model(factory: str, optimize: Optimize) -> dict[str, Any]:
    match factory:
        case "tagger" | "morphologizer" | "trainable_lemmatizer" | "experimental_edit_tree_lemmatizer":
            return {"@architectures": "spacy.Tagger.v2", "nO": None, "tok2vec": LISTENER}
        case "parser" | "beam_parser":
            return _transitions("parser", hidden_width=128, maxout_pieces=3)
        case "ner" | "beam_ner":
            return _transitions("ner", hidden_width=64, maxout_pieces=2)
        case "spancat" | "spancat_singlelabel":
            return _spans(exclusive=factory == "spancat_singlelabel")
        case "textcat" | "textcat_multilabel":
            return _categories(optimize, exclusive=factory == "textcat")
        case "span_finder":
            scorer = {"@layers": "spacy.LinearLogistic.v1", "nO": 2}
            return {"@architectures": "spacy.SpanFinder.v1", "scorer": scorer, "tok2vec": LISTENER}
        case "entity_linker":
            return {"@architectures": "spacy.EntityLinker.v2", "nO": None, "tok2vec": LISTENER}
        case _:
            return {}


def _transitions(state_type: str, *, hidden_width: int, maxout_pieces: int) -> dict[str, Any]:
    return {
        "@architectures": "spacy.TransitionBasedParser.v2",
        "state_type": state_type,
        "extra_state_tokens": False,
        "hidden_width": hidden_width,
        "maxout_pieces": maxout_pieces,
        "use_upper": True,
        "nO": None,
        "tok2vec": LISTENER,
    }


def _spans(*, exclusive: bool) -> dict[str, Any]:
    scorer = {"@layers": "Softmax.v2"} if exclusive else {"@layers": "spacy.LinearLogistic.v1"}
    return {
        "@architectures": "spacy.SpanCategorizer.v1",
        "reducer": {"@layers": "spacy.mean_max_reducer.v1", "hidden_size": 128},
        "scorer": {**scorer, "nO": None, "nI": None},
        "tok2vec": LISTENER,
    }


def _categories(optimize: Optimize, *, exclusive: bool) -> dict[str, Any]:
    words = {
        "@architectures": "spacy.TextCatBOW.v3",
        "exclusive_classes": exclusive,
        "length": 262144,
        "ngram_size": 1,
        "no_output_layer": False,
        "nO": None,
    }
    if optimize is Optimize.efficiency:
        return words
    return {
        "@architectures": "spacy.TextCatEnsemble.v2",
        "nO": None,
        "tok2vec": LISTENER,
        "linear_model": words,
    }
