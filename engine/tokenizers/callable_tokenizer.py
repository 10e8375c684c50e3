# SPDX-License-Identifier: Apache-2.0
"""A function of people's own, text to document, in the place of a tokenizer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..doc.batch import Batch
from ..doc.doc import Doc
from ..doc.gather import gather
from ..doc.tokenizer_protocol import Tokenizer
from ..errors import TokenizerError
from .made_by_config import MadeByConfig


class CallableTokenizer(MadeByConfig):
    """Asks `function` for each text, one after the other; words that are given go to `words`, the tokenizer
    of the pipeline's language.

    It is slower than rules: the function makes Python objects. Attributes that are not here are the
    function's own.
    """

    def __init__(self, function: Callable[[str], Doc], words: Tokenizer) -> None:
        super().__init__(words)
        self.function = function

    def __getattr__(self, name: str) -> Any:
        """An attribute of the function, where it is an object with some."""
        if name in ("function", "_words"):
            raise AttributeError(name)
        return getattr(self.function, name)

    def __call__(self, text: str) -> Doc:
        """One document. Raises: TokenizerError where the function gives something else."""
        doc = self.function(text)
        if not isinstance(doc, Doc):
            raise TokenizerError(
                f"expected the tokenizer to return a Doc, got {type(doc).__name__}; return "
                "Doc(vocab, words=words, spaces=spaces)"
            )
        return doc

    def tokenize(self, texts: Sequence[str]) -> Batch:
        """A batch of documents, in the order of the texts."""
        docs = [self(text) for text in texts]
        if len(docs) == 1 and docs[0].batch.n_docs == 1:
            return docs[0].batch
        return gather([(doc.batch, doc.index) for doc in docs]) if docs else self._words.tokenize([])


def as_tokenizer(value: Any, make_words: Callable[[], Tokenizer]) -> Tokenizer:
    """A tokenizer of whatever people put in its place: one of ours as it is, any other function wrapped;
    `make_words` gives the one for words that it does not cut.

    Raises: TokenizerError where it cannot be called.
    """
    if all(hasattr(value, name) for name in ("tokenize", "from_words", "to_json")):
        tokenizer: Tokenizer = value
        return tokenizer
    if not callable(value):
        raise TokenizerError(
            f"expected a tokenizer, a function of a text that returns a Doc, got {type(value).__name__}"
        )
    return CallableTokenizer(value, make_words())
