# SPDX-License-Identifier: Apache-2.0
"""Registered architectures: what a config's `@architectures` names."""

from __future__ import annotations

from .embed import CharacterEmbed, MultiHashEmbed
from .encode import MaxoutWindowEncoder, MishWindowEncoder
from .tagger import Tagger
from .textcat import TextCatBOW, TextCatBOWOverlapping, TextCatCNN, TextCatEnsemble, TextCatParametricAttention, TextCatReduce
from .tok2vec import HashEmbedCNN, Tok2Vec
from .transition_parser import PARSER_MODEL, TransitionBasedParser

__all__ = [
    "PARSER_MODEL",
    "CharacterEmbed",
    "HashEmbedCNN",
    "MaxoutWindowEncoder",
    "MishWindowEncoder",
    "MultiHashEmbed",
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
