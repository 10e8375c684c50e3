# SPDX-License-Identifier: Apache-2.0
"""Components: one file per step of a pipeline."""

from __future__ import annotations

from .component import Component, FileComponent, InitializedComponent, State, TrainableComponent
from .embedding import EmbeddingComponent
from .lemmatizer import Lemmatizer
from .morphologizer import Morphologizer
from .ner import EntityRecognizer
from .parser import DependencyParser
from .sentencizer import Sentencizer
from .senter import SentenceRecognizer
from .tagger import Tagger
from .textcat import TextCategorizer
from .trainable_lemmatizer import TrainableLemmatizer

__all__ = [
    "Component",
    "DependencyParser",
    "EmbeddingComponent",
    "EntityRecognizer",
    "FileComponent",
    "InitializedComponent",
    "Lemmatizer",
    "Morphologizer",
    "SentenceRecognizer",
    "Sentencizer",
    "State",
    "Tagger",
    "TextCategorizer",
    "TrainableComponent",
    "TrainableLemmatizer",
]
