# SPDX-License-Identifier: Apache-2.0
"""What documents need of a tokenizer, whoever wrote it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from ..vocab.lexemes import HasVector, LexemeTable
from .batch import Batch
from .doc import Doc


class Tokenizer(Protocol):
    """Texts in, documents out: what a pipeline, a corpus reader and an example ask of a tokenizer.

    Tokens follow each other with at most one blank between, and with these blanks they spell the text: white
    space beyond that is tokens too. All documents of one batch share one lexeme table. It is called from
    several threads at once. `tokenizers.RuleTokenizer` is the one that Freshet brings.
    """

    @property
    def lexemes(self) -> LexemeTable:
        """The table that the next batch will have; a full one may be replaced by a fresh one."""
        ...

    def __call__(self, text: str) -> Doc:
        """One document, alone in its batch."""
        ...

    def tokenize(self, texts: Sequence[str]) -> Batch:
        """A batch of documents, in the order of the texts; none for no texts."""
        ...

    def from_words(self, words: Sequence[str], spaces: Sequence[bool] | None = None) -> Doc:
        """A document of given words; `spaces` says after which of them one blank follows (default: after all
        but the last).

        Raises: EngineError where a word is empty or the two differ in length.
        """
        ...

    def use_vectors(self, has_vector: HasVector) -> None:
        """Tell the lexemes, those of later tables too, which of them have a static vector."""
        ...

    def to_json(self) -> str:
        """Everything that decides how it cuts, as JSON text: what is saved with the pipeline."""
        ...
