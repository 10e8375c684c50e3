# SPDX-License-Identifier: Apache-2.0
"""New training configs, complete, from a few wishes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from typing import Any

from confection import Config

from ..config.config import interpolate_config
from ..config.default_values import fill_config
from ..config.registry import names_of, registry
from ..errors import EngineError
from ..tokenizers import tokenizer_for
from .encoder_names import recommended_encoder
from .quickstart import (
    ENCODER,
    GPU_TRAINING,
    PIECES,
    SHARED,
    Optimize,
    component_block,
    embedding_block,
    encoder_block,
    listens,
)

DEFAULT_PIPELINE = ("tagger", "parser", "ner")

VECTORS = {
    "ca": "ca_core_news_lg",
    "da": "da_core_news_lg",
    "de": "de_core_news_lg",
    "el": "el_core_news_lg",
    "en": "en_core_web_lg",
    "es": "es_core_news_lg",
    "fi": "fi_core_news_lg",
    "fr": "fr_core_news_lg",
    "hr": "hr_core_news_lg",
    "it": "it_core_news_lg",
    "ja": "ja_core_news_lg",
    "ko": "ko_core_news_lg",
    "lt": "lt_core_news_lg",
    "mk": "mk_core_news_lg",
    "nb": "nb_core_news_lg",
    "nl": "nl_core_news_lg",
    "pl": "pl_core_news_lg",
    "pt": "pt_core_news_lg",
    "ro": "ro_core_news_lg",
    "ru": "ru_core_news_lg",
    "sl": "sl_core_news_lg",
    "sv": "sv_core_news_lg",
    "uk": "uk_core_news_lg",
    "zh": "zh_core_web_lg",
}
"""Language -> the package whose vectors the documentation recommends where accuracy matters most."""


def init_config(
    *,
    lang: str = "en",
    pipeline: Iterable[str] = DEFAULT_PIPELINE,
    optimize: str = "efficiency",
    gpu: bool = False,
    pretraining: bool = False,
    shared: bool = True,
) -> Config:
    """A complete config for these components, in this order, on one embedding that they share (or, unless
    `shared`, each on its own); with `gpu` on an encoder that is recommended for the language.

    `optimize`: "efficiency", or "accuracy" for a wider and deeper embedding, with vectors of words where
    their package is installed. Raises: EngineError for a component, language or wish that cannot be met.
    """
    aim = optimize_of(optimize)
    names = list(pipeline)
    check_components(names)
    tokenizer_for(lang)  # says which languages there are
    if gpu or ENCODER in names:
        if pretraining:
            raise EngineError(
                "expected an embedding to pretrain, got an encoder, which its publisher pretrained: leave "
                "--pretraining out"
            )
        return on_encoder(lang, names, aim, shared=shared)
    vectors = recommended_vectors(lang) if aim is Optimize.accuracy and shared else None
    blocks = {name: component_block(name, aim) for name in names if name != SHARED}
    if SHARED in names or any(map(listens, blocks.values())):
        blocks = {SHARED: embedding_block(aim, vectors=vectors is not None), **blocks}
        names = [SHARED, *(name for name in names if name != SHARED)]
    if not shared:
        blocks = with_own_embeddings(blocks)
        names = list(blocks)
    paths = {"train": None, "dev": None, "vectors": vectors, "init_tok2vec": None}
    config = Config({"paths": paths, "nlp": {"lang": lang, "pipeline": names}, "components": blocks})
    return fill_config(with_pretraining(config) if pretraining else config)


def on_encoder(lang: str, names: Sequence[str], aim: Optimize, *, shared: bool = True) -> Config:
    """The same on the encoder that is recommended for the language, trained as the documentation does.

    Raises: EngineError where every component is to have one of its own, which needs more memory than people
    have.
    """
    if not shared:
        raise EngineError("expected one encoder that all share: leave --independent or --gpu out")
    blocks = {name: component_block(name, aim, PIECES) for name in names if name not in (SHARED, ENCODER)}
    if ENCODER in names or any(map(listens, blocks.values())):
        blocks = {ENCODER: encoder_block(recommended_encoder(lang)), **blocks}
    return fill_config(
        Config(
            {
                "paths": {"train": None, "dev": None, "vectors": None, "init_tok2vec": None},
                "system": {"gpu_allocator": "pytorch"},
                "nlp": {"lang": lang, "pipeline": list(blocks), "batch_size": 128},
                "components": blocks,
                "training": GPU_TRAINING,
            }
        )
    )


def check_components(names: Sequence[str]) -> None:
    """Raises: EngineError for a name that no factory has, and for one that comes twice."""
    for name in names:
        if not registry.has("factories", name):
            raise EngineError(
                f"expected names of components, got {name!r}; there are: {', '.join(names_of('factories'))}"
            )
        if names.count(name) > 1:
            raise EngineError(f"expected each component once, got {name!r} {names.count(name)} times")


def optimize_of(name: str) -> Optimize:
    """Raises: EngineError where it is none of the two."""
    if name not in tuple(Optimize):
        raise EngineError(f"expected optimize to be one of {', '.join(Optimize)}, got {name!r}")
    return Optimize(name)


def with_pretraining(config: Config) -> Config:
    """A copy whose section of pretraining is there, so that its defaults are filled."""
    made = config.copy()
    made["pretraining"] = {"component": "tok2vec", "layer": "", **made.get("pretraining", {})}
    return made


def recommended_vectors(lang: str) -> str | None:
    """The package of vectors for a language, if it is installed."""
    package = VECTORS.get(lang)
    return package if package is not None and find_spec(package) is not None else None


def with_own_embeddings(blocks: dict[str, Any]) -> dict[str, Any]:
    """The same components, each that listens with a copy of the embedding that it would have shared."""
    if SHARED not in blocks:
        return blocks
    values = interpolate_config(Config({"components": blocks}, is_interpolated=False))["components"]
    own = values[SHARED]["model"]
    return {
        name: {**block, "model": {**block["model"], "tok2vec": own}} if listens(blocks[name]) else block
        for name, block in values.items()
        if name != SHARED
    }
