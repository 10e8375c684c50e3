# SPDX-License-Identifier: Apache-2.0
"""Components: one file per step of a pipeline."""

from __future__ import annotations

from ..lazy_torch import loaded_torch as loaded_torch  # first: Thinc, imported after it, leaves torch out

# isort: split

from .attribute_ruler import AttributeRuler
from .component import (
    Component,
    FileComponent,
    InitializedComponent,
    PhraseReadingComponent,
    State,
    TrainableComponent,
)
from .doc_cleaner import DocCleaner
from .entity_ruler import EntityRuler
from .lemmatizer import Lemmatizer
from .mergers import Merger
from .morphologizer import Morphologizer
from .ner import EntityRecognizer
from .parser import DependencyParser
from .sentencizer import Sentencizer
from .senter import SentenceRecognizer
from .span_ruler import SpanRuler
from .spancat import SpanCategorizer
from .tagger import Tagger
from .textcat import TextCategorizer
from .tok2vec import EmbeddingComponent
from .trainable_lemmatizer import TrainableLemmatizer

__all__ = [
    "AttributeRuler",
    "Component",
    "DependencyParser",
    "DocCleaner",
    "EmbeddingComponent",
    "EntityRecognizer",
    "EntityRuler",
    "FileComponent",
    "InitializedComponent",
    "Lemmatizer",
    "Merger",
    "Morphologizer",
    "PhraseReadingComponent",
    "SentenceRecognizer",
    "Sentencizer",
    "SpanCategorizer",
    "SpanRuler",
    "State",
    "Tagger",
    "TextCategorizer",
    "TrainableComponent",
    "TrainableLemmatizer",
]
