# SPDX-License-Identifier: Apache-2.0
"""Text of configs: an error that says where, or a pipeline whose config reads back equal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import engine
from engine import fill_config
from engine.cli.config_problems import config_problems
from engine.config.config import parse_config
from engine.training.train import resolve_corpora, training_settings

from ...engine.toy import shared, toy_config
from ..trial import Target, words_of

PUBLIC = Path(__file__).parents[2] / "engine" / "config" / "public.cfg"
TINY = b"""[paths]
train = null
dev = ${paths.train}

[nlp]
lang = "en"
pipeline = ["tok2vec", "tagger"]

[components.tok2vec]
factory = "tok2vec"

[components.tok2vec.model]
@architectures = "spacy.HashEmbedCNN.v2"
pretrained_vectors = null
width = 8
depth = 1
embed_size = 50
window_size = 1
maxout_pieces = 2
subword_features = true

[components.tagger]
factory = "tagger"

[components.tagger.model]
@architectures = "spacy.Tagger.v2"
nO = null

[components.tagger.model.tok2vec]
@architectures = "spacy.Tok2VecListener.v1"
width = ${components.tok2vec.model.width}
upstream = "*"

[corpora.train]
@readers = "spacy.Corpus.v1"
path = ${paths.train}

[training.batcher]
@batchers = "spacy.batch_by_words.v1"
size = 100

[training.optimizer]
@optimizers = "Adam.v1"
learn_rate = 0.01

[initialize]
before_init = null
"""


def _seeds() -> Sequence[bytes]:
    toy = toy_config(shared("tagger", "ner", "textcat")).to_bytes(interpolate=False)
    return [TINY, toy]


def _tried(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    config = fill_config(parse_config(text))
    assert parse_config(config.to_str(interpolate=False)) == parse_config(
        parse_config(config.to_str(interpolate=False)).to_str(interpolate=False)
    ), "read back as another config"
    config_problems(config)
    if len(config["components"]) > 4 or _is_large(config):
        return
    nlp = engine.from_config(config)
    settings = training_settings(nlp)
    resolve_corpora(config, settings)


def _is_large(value: object) -> bool:
    """A training config may be as large as its author's machine: such are not made here."""
    if isinstance(value, dict):
        return any(_is_large(item) for item in value.values())
    if isinstance(value, list):
        return len(value) > 50 or any(_is_large(item) for item in value)
    return isinstance(value, int | float) and abs(value) > 2000


configs = Target("configs", _tried, _seeds, words_of("configs"), rounds=3)
