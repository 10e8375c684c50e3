# SPDX-License-Identifier: Apache-2.0
"""Registered architectures: what a config's `@architectures` names.

- `embed`, `encode`, `tok2vec`: lexemes to vectors, vectors to vectors in context, and both together
- `tagger`, `textcat`, `spancat`, `span_finder`, `entity_linker`, `transition_parser`: the models of the heads
- `pretraining`: what an embedding guesses of hidden words, imported where somebody pretrains
- `older_textcat`: document classifiers with an embedding of their own; `multi_task`: heads that only help

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
from .encode import MAXOUT_WINDOW_ENCODER, BiLSTMEncoder, MaxoutWindowEncoder, MishWindowEncoder
from .entity_linker import CONTEXT_SPANS, EntityLinker, EntityLinkerOfDocs
from .multi_task import MultiTask
from .older_textcat import TextCatEnsembleOfWidth, TextCatLowData
from .span_finder import SpanFinder
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
    "CONTEXT_SPANS",
    "ENTITY_MODEL",
    "LEXICAL_EMBED",
    "MAXOUT_WINDOW_ENCODER",
    "MULTI_HASH_EMBED",
    "PARSER_MODEL",
    "SPAN_MODEL",
    "TAGGER",
    "TOK2VEC",
    "BiLSTMEncoder",
    "CharacterEmbed",
    "CharacterEmbedLastForMissing",
    "EntityLinker",
    "EntityLinkerOfDocs",
    "HashEmbedCNN",
    "HashEmbedCNNLastForMissing",
    "MaxoutWindowEncoder",
    "MishWindowEncoder",
    "MultiHashEmbed",
    "MultiHashEmbedLastForMissing",
    "MultiTask",
    "SpanCategorizer",
    "SpanFinder",
    "Tagger",
    "TextCatBOW",
    "TextCatBOWOverlapping",
    "TextCatCNN",
    "TextCatEnsemble",
    "TextCatEnsembleOfWidth",
    "TextCatLowData",
    "TextCatParametricAttention",
    "TextCatReduce",
    "Tok2Vec",
    "TransitionBasedParser",
]
