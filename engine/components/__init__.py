# SPDX-License-Identifier: Apache-2.0
"""Components: one step of a pipeline a file.

- `component`: what a component is, and what all trainable ones have in common
- `pipe`: base classes for components of one's own, written against documents
- `tok2vec`: the shared embedding
- `tagger`, `morphologizer`, `senter`, `parser`, `ner`, `textcat`, `spancat`, `trainable_lemmatizer`: heads
- `span_finder`, `entity_linker` with the `contexts` of entities, `nn_labeller`: more heads
- `beam_ner`, `beam_parser`, and the `beams` that they learn from: heads that keep several ways at once
- `char_tokenizers`: heads that learn to tokenize
- `attribute_ruler`, `entity_ruler`, `span_ruler`, `lemmatizer`, `sentencizer`, `mergers`, `token_splitter`,
  `doc_cleaner`: by rules
- `targets`, `losses`: what a head learns from a batch, and the gradients of that
- `growth`: more classes for a trained head
- `state_files`, `shim_state`: a trained component as files; weights of PyTorch modules in Thinc's wrappers
- `adaptable`, `shared_encoders`: what components with an encoder can do; encoders that pipelines share
- `compiled`: kernels for models that have a shape they know; `state_scorer`: the plain form of a transition
  model
- `label_columns`, `batch_spans`, `span_filters`: writing labels and spans onto a batch
- `ruler`, `suggesters`, `edit_trees`, `lemma_rules`, `rule_lemmatizers`, `defaults`: parts of single ones
"""

from __future__ import annotations

from ..thinc_import import thinc as thinc  # first: it comes without torch

# isort: split

from .attribute_ruler import AttributeRuler
from .beam_ner import BeamEntityRecognizer
from .beam_parser import BeamDependencyParser
from .char_tokenizers import CharNerTokenizer, CharTaggerTokenizer
from .component import (
    Component,
    FileComponent,
    InitializedComponent,
    PhraseReadingComponent,
    State,
    TrainableComponent,
)
from .doc_cleaner import DocCleaner
from .entity_linker import EntityLinker
from .entity_ruler import EntityRuler
from .growth import Growth
from .lemmatizer import Lemmatizer
from .mergers import Merger
from .morphologizer import Morphologizer
from .ner import EntityRecognizer
from .nn_labeller import NnLabeller
from .parser import DependencyParser
from .rule_lemmatizers import BY_RULES
from .sentencizer import Sentencizer
from .senter import SentenceRecognizer
from .span_finder import SpanFinder
from .span_ruler import SpanRuler
from .spancat import SpanCategorizer
from .tagger import Tagger
from .textcat import TextCategorizer
from .tok2vec import EmbeddingComponent
from .token_splitter import TokenSplitter
from .trainable_lemmatizer import TrainableLemmatizer

__all__ = [
    "BY_RULES",
    "AttributeRuler",
    "BeamDependencyParser",
    "BeamEntityRecognizer",
    "CharNerTokenizer",
    "CharTaggerTokenizer",
    "Component",
    "DependencyParser",
    "DocCleaner",
    "EmbeddingComponent",
    "EntityLinker",
    "EntityRecognizer",
    "EntityRuler",
    "FileComponent",
    "Growth",
    "InitializedComponent",
    "Lemmatizer",
    "Merger",
    "Morphologizer",
    "NnLabeller",
    "PhraseReadingComponent",
    "SentenceRecognizer",
    "Sentencizer",
    "SpanCategorizer",
    "SpanFinder",
    "SpanRuler",
    "State",
    "Tagger",
    "TextCategorizer",
    "TokenSplitter",
    "TrainableComponent",
    "TrainableLemmatizer",
]
