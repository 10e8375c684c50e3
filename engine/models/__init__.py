# SPDX-License-Identifier: Apache-2.0
"""Registered architectures: what a config's `@architectures` names.

- `embed`, `encode`, `tok2vec`: lexemes to vectors, vectors to vectors in context, and both together
- `tagger`, `textcat`, `spancat`, `transition_parser`: the models of the heads

Names that end in `LastForMissing` give tokens without a static vector the table's last one, as models of
spaCy's first version were trained.
"""

from __future__ import annotations

from ..thinc_import import thinc as thinc  # first: it comes without torch

# isort: split

from .embed import (
    LEXICAL_EMBED,
    MULTI_HASH_EMBED,
    CharacterEmbed,
    CharacterEmbedLastForMissing,
    MultiHashEmbed,
    MultiHashEmbedLastForMissing,
)
from .encode import MAXOUT_WINDOW_ENCODER, MaxoutWindowEncoder, MishWindowEncoder
from .spancat import SPAN_MODEL, SpanCategorizer
from .tagger import TAGGER, Tagger
from .textcat import (
    TextCatBOW,
    TextCatBOWOverlapping,
    TextCatCNN,
    TextCatEnsemble,
    TextCatParametricAttention,
    TextCatReduce,
)
from .tok2vec import TOK2VEC, HashEmbedCNN, HashEmbedCNNLastForMissing, Tok2Vec
from .transition_parser import ARC_MODEL, ENTITY_MODEL, PARSER_MODEL, TransitionBasedParser

__all__ = [
    "ARC_MODEL",
    "ENTITY_MODEL",
    "LEXICAL_EMBED",
    "MAXOUT_WINDOW_ENCODER",
    "MULTI_HASH_EMBED",
    "PARSER_MODEL",
    "SPAN_MODEL",
    "TAGGER",
    "TOK2VEC",
    "CharacterEmbed",
    "CharacterEmbedLastForMissing",
    "HashEmbedCNN",
    "HashEmbedCNNLastForMissing",
    "MaxoutWindowEncoder",
    "MishWindowEncoder",
    "MultiHashEmbed",
    "MultiHashEmbedLastForMissing",
    "SpanCategorizer",
    "Tagger",
    "TextCatBOW",
    "TextCatBOWOverlapping",
    "TextCatCNN",
    "TextCatEnsemble",
    "TextCatParametricAttention",
    "TextCatReduce",
    "Tok2Vec",
    "TransitionBasedParser",
]
