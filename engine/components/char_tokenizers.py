# SPDX-License-Identifier: Apache-2.0
"""Components that learn to tokenize: they read documents of single characters, and cut them into words.

The pipeline's tokenizer is `spacy-experimental.char_pretokenizer.v1`. What other components said of the
characters is dropped.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from thinc.api import Model
from thinc.types import Floats2d

from ..config.factory_arguments import with_defaults
from ..config.registry import registry
from ..doc.batch import Batch
from ..doc.cut_out import cut_out
from ..doc.doc import Doc
from ..doc.example import Example, sentences_of
from ..doc.regroup import CharPlace, regroup
from ..layers.ragged import Array as Rows
from .component import Array, GetExamples, Losses, Scorer
from .defaults import DEFAULT_CHAR_NER, DEFAULT_CHAR_TAGGER
from .ner import ENTS, EntityRecognizer
from .tagger import Tagger

TOKEN = "TOKEN"
"""Label of the characters of a word."""

START, INSIDE, OUTSIDE, SENTENCE = "T", "I", "O", "S"
"""Tags of characters: a word begins, goes on, there is none; a word begins that begins a sentence.

Source: Evang et al. 2013, "Elephant: sequence labeling for word and sentence segmentation" (EMNLP).
"""


class CharNerTokenizer(EntityRecognizer):
    """Finds words as entities of characters."""

    def initialize(self, get_examples: GetExamples, sample: Batch, labels: Any = None) -> None:
        """There is one label; draw the weights."""
        super().initialize(lambda: map(_with_words_as_entities, get_examples()), sample, labels or [TOKEN])

    def predict(self, batch: Batch) -> None:
        """Cut the documents into the words that are found."""
        super().predict(batch)
        column = batch.spans[ENTS]
        first, last = batch.span_rows(column)
        starts, ends = batch.starts[first], batch.starts[last - 1] + batch.lengths[last - 1]
        pairs = list(zip(starts.tolist(), ends.tolist(), strict=True))
        regroup(batch, [pairs[column.rows(doc)] for doc in range(batch.n_docs)])

    def update(self, batch: Batch, examples: Sequence[Example], *, dropout: float, losses: Losses) -> None:
        """Collect gradients for one batch."""
        words = [_with_words_as_entities(example) for example in examples]
        super().update(batch, words, dropout=dropout, losses=losses)

    def gold_labels_of(self, example: Example) -> Iterable[str]:
        """There is one label."""
        return ()


class CharTaggerTokenizer(Tagger):
    """Tags characters as begin, inside and outside of words; with `annotate_sents` also as begin of
    sentences."""

    def __init__(
        self, name: str, model: Model[Batch, Floats2d], annotate_sents: bool, scorer: Scorer | None
    ) -> None:
        super().__init__(name, model, True, 0.0, "", scorer)
        self.annotate_sents = annotate_sents

    def initialize(
        self, get_examples: GetExamples, sample: Batch, labels: Sequence[str] | None = None
    ) -> None:
        """The labels are fixed; draw the weights."""
        tags = [START, INSIDE, OUTSIDE, *([SENTENCE] if self.annotate_sents else [])]
        super().initialize(get_examples, sample, labels or tags)

    def predict(self, batch: Batch) -> None:
        """Cut the documents into words, and write where sentences start."""
        tags = np.array(self.labels)[self.classes(batch)] if batch.n_tokens else np.zeros(0, dtype=str)
        docs = [_words_of(tags[batch.rows(doc)].tolist()) for doc in range(batch.n_docs)]
        regroup(batch, [[(start, end) for start, end, _ in doc] for doc in docs])
        if self.annotate_sents:
            begins = {
                (doc, start) for doc, words in enumerate(docs) for start, _, is_first in words if is_first
            }
            numbers = np.repeat(np.arange(batch.n_docs), np.diff(batch.doc_offsets)).tolist()
            places = zip(numbers, batch.starts.tolist(), strict=True)
            starts = np.array([1 if place in begins else -1 for place in places], dtype=np.int8)
            starts[batch.doc_offsets[:-1][np.diff(batch.doc_offsets) > 0]] = 1
            batch.sent_starts = starts

    def targets(self, examples: Sequence[Example]) -> tuple[Array, Array]:
        """Gold class of every character; none is only denied."""
        ids = {label: i for i, label in enumerate(self.labels)}
        tags = [ids[tag] for example in examples for tag in self._gold_tags(example)]
        return np.array(tags, dtype=np.int64), np.zeros(len(tags), dtype=bool)

    def _gold_tags(self, example: Example) -> list[str]:
        """A tag for each predicted character."""
        tags = [OUTSIDE] * len(example)
        first_words = {start for start, _, _ in sentences_of(example.reference)}
        for word, (start, end) in _word_places(example):
            begins = self.annotate_sents and word in first_words
            tags[start:end] = [SENTENCE if begins else START, *[INSIDE] * (end - start - 1)]
        return tags

    def gold_labels_of(self, example: Example) -> Iterable[str]:
        """The labels are fixed."""
        return ()


def _with_words_as_entities(example: Example) -> Example:
    """The example with gold words as entities of characters."""
    gold = _characters(example)
    gold.set_ents([(start, end, TOKEN) for _, (start, end) in _word_places(example)])
    return Example(example.predicted, gold)


def _characters(example: Example) -> Doc:
    """The predicted side alone, without anything known of it."""
    predicted = example.predicted
    rows = predicted.batch.rows(predicted.index)
    part, _ = cut_out(predicted.batch, np.array([[rows.start, rows.stop]], dtype=np.int64))
    part.columns, part.sent_starts = {}, None
    return Doc(part, 0)


def _word_places(example: Example) -> Iterator[tuple[int, CharPlace]]:
    """Number of each gold word, and the predicted characters that it has."""
    for number, is_space in enumerate(example.reference.is_spaces):
        place = None if is_space else example.to_predicted.span(number, number + 1)
        if place is not None:
            yield number, place


def _words_of(tags: Sequence[str]) -> list[tuple[int, int, bool]]:
    """Words as characters `start:end`, and whether they begin a sentence."""
    words: list[tuple[int, int, bool]] = []
    for i, tag in enumerate(tags):
        if tag in (START, SENTENCE):
            words.append((i, i + 1, tag == SENTENCE))
        elif tag == INSIDE and words and words[-1][1] == i:
            words[-1] = (words[-1][0], i + 1, words[-1][2])
    return words


@with_defaults(model=DEFAULT_CHAR_NER, scorer={"@scorers": "freshet.tokenizer_scorer.v1"})
@registry.factories("experimental_char_ner_tokenizer")
def make_char_ner_tokenizer(
    name: str,
    model: Model[tuple[Batch, Rows], Floats2d],
    moves: Any = None,
    update_with_oracle_cut_size: int = 100,
    scorer: Scorer | None = None,
) -> CharNerTokenizer:
    """Words as entities of characters. `update_with_oracle_cut_size` is read and not needed."""
    component = CharNerTokenizer(name, model, scorer)
    if moves is not None:
        component.load_labels(moves)
    return component


@with_defaults(model=DEFAULT_CHAR_TAGGER, scorer={"@scorers": "freshet.tokenizer_senter_scorer.v1"})
@registry.factories("experimental_char_tagger_tokenizer")
def make_char_tagger_tokenizer(
    name: str, model: Model[Batch, Floats2d], annotate_sents: bool = True, scorer: Scorer | None = None
) -> CharTaggerTokenizer:
    """Words, and perhaps sentences, by tags of characters."""
    return CharTaggerTokenizer(name, model, annotate_sents, scorer)
