# SPDX-License-Identifier: Apache-2.0
"""Tokenizers of one's own: how what makes one is called, and one that gives documents beside ours."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from ..config.parameters import parameters_of
from ..doc.batch import Batch
from ..doc.doc import Doc
from ..doc.gathering import gather
from ..errors import TokenizerError
from ..tokenizers import Tokenizer, tokenizer_for
from ..vocab.lexemes import HasVector, LexemeTable

LANGUAGE_CODES = ("lang", "language", "code")
"""Names of an argument by which a maker asks for the code of the language, not for the pipeline."""


def call_maker(maker: Callable[[Any], Any], nlp: Any, lang: str) -> Any:
    """What a maker of tokenizers makes, of the pipeline or of its language's code, as its argument says."""
    parameters = parameters_of(maker)
    first = parameters[0] if parameters else None
    by_code = first is not None and (first.annotation in (str, "str") or first.name in LANGUAGE_CODES)
    return maker(lang if by_code else nlp)


def as_tokenizer(made: Any, nlp: Any) -> Tokenizer:
    """A tokenizer that gives batches. Raises: TokenizerError where it is none."""
    if hasattr(made, "tokenize") and hasattr(made, "lexemes"):
        own: Tokenizer = made
        return own
    if not callable(made):
        raise TokenizerError(
            f"expected a tokenizer that takes a text and returns a document, got {type(made).__name__}"
        )
    return DocTokenizer(made, nlp.lang)


class DocTokenizer:
    """A function or object that makes a document of a text, as a tokenizer of batches."""

    def __init__(self, tokenizer: Any, lang: str) -> None:
        self.tokenizer = tokenizer
        self._words = tokenizer_for(lang)

    def __getattr__(self, name: str) -> Any:
        """What the tokenizer has of its own."""
        return getattr(self.__dict__["tokenizer"], name)

    @property
    def lexemes(self) -> LexemeTable:
        """The table of the documents that are made of words."""
        return self._words.lexemes

    def __call__(self, text: str) -> Doc:
        """One document. Raises: TokenizerError where the tokenizer gives something else."""
        doc = self.tokenizer(text)
        if not isinstance(doc, Doc):
            raise TokenizerError(
                f"expected the tokenizer {type(self.tokenizer).__name__} to return a document, got "
                f"{type(doc).__name__}"
            )
        return doc

    def tokenize(self, texts: Sequence[str]) -> Batch:
        """A batch of documents, in the order of the texts."""
        docs = [self(text) for text in texts]
        return gather([(doc.batch, doc.index) for doc in docs]) if docs else self._words.tokenize([])

    def from_words(self, words: Sequence[str], spaces: Sequence[bool] | None = None) -> Doc:
        """A document of given words."""
        return self._words.from_words(words, spaces)

    def use_vectors(self, has_vector: HasVector) -> None:
        """Tell the lexemes which of them have a static vector."""
        self._words.use_vectors(has_vector)

    def to_json(self) -> str:
        """What is saved: that the config's own maker makes it."""
        return json.dumps({"made_by": type(self.tokenizer).__qualname__})
