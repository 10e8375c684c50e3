# SPDX-License-Identifier: Apache-2.0
"""The sections of a fixed form: their keys, types and defaults."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

SECTIONS: Mapping[str, Mapping[str, Any]] = {
    "nlp": {
        "lang": str,
        "pipeline": list[str],
        "batch_size": int,
        "disabled": list[str],
        "before_creation": Any,
        "after_creation": Any,
        "after_pipeline_creation": Any,
        "tokenizer": Any,
        "vectors": Any,
    },
    "training": {
        "train_corpus": str,
        "dev_corpus": str,
        "seed": int | None,
        "gpu_allocator": str | None,
        "dropout": float,
        "accumulate_gradient": int,
        "patience": int,
        "max_epochs": int,
        "max_steps": int,
        "eval_frequency": int,
        "frozen_components": list[str],
        "annotating_components": list[str],
        "before_to_disk": Any,
        "before_update": Any,
        "batcher": Any,
        "logger": Any,
        "optimizer": Any,
        "score_weights": dict[str, float | None],
    },
    "pretraining": {
        "max_epochs": int,
        "dropout": float,
        "n_save_every": int | None,
        "n_save_epoch": int | None,
        "component": str,
        "layer": str,
        "corpus": Any,
        "batcher": Any,
        "optimizer": Any,
        "objective": Any,
    },
    "initialize": {
        "vectors": Any,
        "init_tok2vec": str | None,
        "vocab_data": str | None,
        "lookups": Any,
        "before_init": Any,
        "after_init": Any,
        "tokenizer": dict[str, Any],
        "components": dict[str, Any],
    },
}
"""Section -> key -> type of its value; `Any` where a block or null may stand."""

FUNCTIONS: Mapping[str, tuple[str, ...]] = {
    "nlp": ("before_creation", "after_creation", "after_pipeline_creation", "tokenizer"),
    "training": ("before_to_disk", "before_update", "batcher", "logger", "optimizer"),
    "initialize": ("before_init", "after_init"),
}
"""Section -> keys where a function must stand, or null."""

OPTIONAL: Mapping[str, tuple[str, ...]] = {"training": ("distributed",)}
"""Blocks that a section may have and no default writes: what reads these configs elsewhere does not know
them."""

NEVER_NULL = ("tokenizer", "batcher", "logger", "optimizer")
"""Of these, the keys where null is none."""

_NLP: Mapping[str, Any] = {
    "lang": "en",
    "pipeline": [],
    "batch_size": 1000,
    "disabled": [],
    "before_creation": None,
    "after_creation": None,
    "after_pipeline_creation": None,
    "tokenizer": {"@tokenizers": "freshet.Tokenizer.v1"},
    "vectors": {"@vectors": "freshet.Vectors.v1"},
}

_CORPUS: Mapping[str, Any] = {"@readers": "freshet.Corpus.v1"}

_TRAINING: Mapping[str, Any] = {
    "train_corpus": "corpora.train",
    "dev_corpus": "corpora.dev",
    "seed": "${system.seed}",
    "gpu_allocator": "${system.gpu_allocator}",
    "dropout": 0.1,
    "accumulate_gradient": 1,
    "patience": 1600,
    "max_epochs": 0,
    "max_steps": 20000,
    "eval_frequency": 200,
    "frozen_components": [],
    "annotating_components": [],
    "before_to_disk": None,
    "before_update": None,
    "batcher": {
        "@batchers": "freshet.batch_by_words.v1",
        "size": {"@schedules": "compounding.v1", "start": 100, "stop": 1000, "compound": 1.001},
    },
    "logger": {"@loggers": "spacy.ConsoleLogger.v1"},
    "optimizer": {
        "@optimizers": "Adam.v1",
        "learn_rate": 0.001,
        "beta1": 0.9,
        "beta2": 0.999,
        "L2_is_weight_decay": True,
        "L2": 0.01,
        "grad_clip": 1.0,
        "use_averages": False,
        "eps": 1e-8,
    },
    "score_weights": {},
}

_ADAM: Mapping[str, Any] = {
    "@optimizers": "Adam.v1",
    "beta1": 0.9,
    "beta2": 0.999,
    "L2_is_weight_decay": True,
    "L2": 0.01,
    "grad_clip": 1.0,
    "use_averages": True,
    "eps": 1e-8,
    "learn_rate": 0.001,
}

_PRETRAINING: Mapping[str, Any] = {
    "max_epochs": 1000,
    "dropout": 0.2,
    "n_save_every": None,
    "n_save_epoch": None,
    "component": "tok2vec",
    "layer": "",
    "corpus": "corpora.pretrain",
    "batcher": {
        "@batchers": "freshet.batch_by_words.v1",
        "size": 3000,
        "discard_oversize": False,
        "tolerance": 0.2,
        "get_length": None,
    },
    "objective": {
        "@architectures": "freshet.PretrainCharacters.v1",
        "maxout_pieces": 3,
        "hidden_size": 300,
        "n_characters": 4,
    },
    "optimizer": _ADAM,
}

_RAW_TEXT: Mapping[str, Any] = {
    "@readers": "freshet.JsonlCorpus.v1",
    "path": "${paths.raw_text}",
    "min_length": 5,
    "max_length": 500,
    "limit": 0,
}

_INITIALIZE: Mapping[str, Any] = {
    "vectors": "${paths.vectors}",
    "init_tok2vec": "${paths.init_tok2vec}",
    "vocab_data": None,
    "lookups": None,
    "before_init": None,
    "after_init": None,
    "tokenizer": {},
    "components": {},
}


def default_sections(config: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The defaults of every section, in the order in which a config is written; those of pretraining only
    where a config has that section and something in it."""
    sections = _sections(config)
    given = config.get("pretraining")
    if not given:
        return sections
    given = given if isinstance(given, Mapping) else {}
    sections["paths"] = {**sections["paths"], "raw_text": None}
    if given.get("corpus", "corpora.pretrain") == "corpora.pretrain":
        sections["corpora"] = {**sections["corpora"], "pretrain": _RAW_TEXT}
    defaults = dict(_PRETRAINING)
    objective = given.get("objective")
    if isinstance(objective, Mapping) and "type" in objective:
        del defaults["objective"]  # by its type, as of 2020, it is complete
    return {**sections, "pretraining": defaults}


def _sections(config: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {
        "paths": {"train": None, "dev": None, "vectors": None, "init_tok2vec": None},
        "system": {"gpu_allocator": None, "seed": 0},
        "nlp": {**_NLP, "pipeline": list(config.get("components", {}))},
        "components": {},
        "corpora": {
            "train": {**_CORPUS, "path": "${paths.train}"},
            "dev": {**_CORPUS, "path": "${paths.dev}"},
        },
        "training": _TRAINING,
        "initialize": _INITIALIZE,
    }
