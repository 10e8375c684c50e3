# SPDX-License-Identifier: Apache-2.0
"""One word of the vocabulary, without context."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from .attrs import attribute_name
from .flags import FLAGS
from .lexeme_features import shape_of
from .lexemes import OOV_RANK as OOV_RANK
from .likeness import likeness
from .strings import string_id

if TYPE_CHECKING:
    from .vocab import Vocab


def _flag(name: str) -> Any:
    """A yes-or-no feature that is read from the table, and can be set for the text."""

    def read(self: Lexeme) -> bool:
        return self.check_flag(name)

    def write(self: Lexeme, value: bool) -> None:
        self.set_flag(name, value)

    return property(read, write, doc=f"Whether the text has the feature {name}.")


def _text_and_id(make: Callable[[Lexeme], str], doc: str) -> tuple[Any, Any]:
    """The same feature as text and as the id of it."""
    return property(make, doc=f"{doc}."), property(
        lambda self: string_id(make(self)), doc=f"{doc}, as an id."
    )


class Lexeme:
    """A word of the vocabulary: its text and the features that follow from it.

    >>> from engine.vocab import Vocab
    >>> lexeme = Vocab()["Apple"]
    >>> lexeme.text, lexeme.lower_, lexeme.shape_, lexeme.is_alpha
    ('Apple', 'apple', 'Xxxxx', True)
    """

    __slots__ = ("orth", "text", "vocab")

    def __init__(self, vocab: Vocab, orth: int | str) -> None:
        self.vocab = vocab
        self.text: str = orth if isinstance(orth, str) else vocab.strings[orth]
        self.orth: int = string_id(self.text)
        vocab.lexemes.add(self.text)

    def __repr__(self) -> str:
        return f"Lexeme({self.text!r})"

    def __str__(self) -> str:
        return self.text

    def __eq__(self, other: object) -> bool:
        """The same text of any vocabulary."""
        return isinstance(other, Lexeme) and self.orth == other.orth

    def __lt__(self, other: Lexeme) -> bool:
        """By id."""
        return self.orth < other.orth

    def __hash__(self) -> int:
        return self.orth

    @property
    def rank(self) -> int:
        """Its place in the vectors' table; the largest number where it has none."""
        return self.vocab.rank_of(self.text)

    @property
    def is_oov(self) -> bool:
        """Whether it has no static vector."""
        table = self.vocab.lexemes
        return bool(table.is_oov(table.add_keys([self.text]))[0])

    @property
    def has_vector(self) -> bool:
        """Whether it has a static vector."""
        return self.vocab.has_vector(self.text)

    @property
    def vector(self) -> Any:
        """Its static vector, zeros where it has none; can be set. Shape: `(vocab.vectors_length,)`."""
        return self.vocab.get_vector(self.text)

    @vector.setter
    def vector(self, vector: Any) -> None:
        self.vocab.set_vector(self.text, vector)

    @property
    def vector_norm(self) -> float:
        """Length of its vector."""
        return float(np.linalg.norm(self.vector))

    def similarity(self, other: Any) -> float:
        """Cosine of its vector and that of a word, token, span or document; 1 of the same word."""
        return likeness(self, other)

    @property
    def norm_(self) -> str:
        """Its norm; can be set."""
        table = self.vocab.lexemes
        return table.norm(table.add(self.text))

    @norm_.setter
    def norm_(self, norm: str) -> None:
        table = self.vocab.lexemes
        table.set_norm(table.add(self.text), norm)

    @property
    def norm(self) -> int:
        """Its norm, as an id; can be set."""
        return string_id(self.norm_)

    @norm.setter
    def norm(self, norm: int) -> None:
        self.norm_ = self.vocab.strings[norm]

    @property
    def orth_(self) -> str:
        """Its text."""
        return self.text

    lower_, lower = _text_and_id(lambda self: self.text.lower(), "Its text in lower case")
    shape_, shape = _text_and_id(lambda self: shape_of(self.text), "Its shape")
    prefix_, prefix = _text_and_id(lambda self: self.text[:1], "Its first character")
    suffix_, suffix = _text_and_id(lambda self: self.text[-3:], "Its last three characters")
    lang_, lang = _text_and_id(lambda self: self.vocab.lang, "Language of the vocabulary")

    is_alpha, is_ascii, is_bracket = _flag("IS_ALPHA"), _flag("IS_ASCII"), _flag("IS_BRACKET")
    is_currency, is_digit = _flag("IS_CURRENCY"), _flag("IS_DIGIT")
    is_left_punct, is_right_punct = _flag("IS_LEFT_PUNCT"), _flag("IS_RIGHT_PUNCT")
    is_lower, is_upper, is_title = _flag("IS_LOWER"), _flag("IS_UPPER"), _flag("IS_TITLE")
    is_punct, is_quote, is_space = _flag("IS_PUNCT"), _flag("IS_QUOTE"), _flag("IS_SPACE")
    is_stop, like_num = _flag("IS_STOP"), _flag("LIKE_NUM")
    like_url, like_email = _flag("LIKE_URL"), _flag("LIKE_EMAIL")

    @property
    def prob(self) -> float:
        """Logarithm of its probability, as far as somebody set it; else the vocabulary's `oov_prob`."""
        return float(self.vocab.values_of(self.text).get("prob", self.vocab.oov_prob))

    @prob.setter
    def prob(self, value: float) -> None:
        self.vocab.set_value(self.text, "prob", float(value))

    @property
    def cluster(self) -> int:
        """Its cluster, as far as somebody set it."""
        return int(self.vocab.values_of(self.text).get("cluster", 0))

    @cluster.setter
    def cluster(self, value: int) -> None:
        self.vocab.set_value(self.text, "cluster", int(value))

    @property
    def sentiment(self) -> float:
        """How positive or negative it is, as far as somebody set it."""
        return float(self.vocab.values_of(self.text).get("sentiment", 0.0))

    @sentiment.setter
    def sentiment(self, value: float) -> None:
        self.vocab.set_value(self.text, "sentiment", float(value))

    @property
    def flags(self) -> int:
        """All its features as the bits of one number, each at its attribute's number."""
        return sum(1 << number for number, name in self.vocab.flag_names.items() if self.check_flag(name))

    def check_flag(self, flag_id: int | str) -> bool:
        """Whether it has a yes-or-no feature, given by name or number. Raises: KeyError where there is none
        of that name."""
        return self.vocab.check_flag(self.text, flag_id)

    def set_flag(self, flag_id: int | str, value: bool) -> None:
        """Say whether it has a yes-or-no feature, whatever the language says."""
        self.vocab.set_flag(self.text, flag_id, value)

    def set_attrs(self, **attrs: Any) -> None:
        """Set several features, by their names: `norm_="x"`, `is_stop=True`.

        Raises: AttributeError where one cannot be set.
        """
        for name, value in attrs.items():
            if name.upper() in FLAGS:
                self.set_flag(attribute_name(name), bool(value))
            elif isinstance(value, str) and not name.endswith("_"):
                setattr(self, f"{name}_", value)
            else:
                setattr(self, name, value)
