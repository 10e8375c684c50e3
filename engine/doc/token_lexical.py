# SPDX-License-Identifier: Apache-2.0
"""What a token is by its text alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..vocab.label_text import LabelText
from ..vocab.lexeme import Lexeme
from ..vocab.lexeme_features import shape_of
from ..vocab.strings import string_id
from .underscore import Extensible
from .vector_access import VectorAccess

if TYPE_CHECKING:
    from ..vocab.vocab import Vocab
    from .doc import Doc


def _flag(name: str, doc: str) -> Any:
    return property(lambda token: token.doc.flags(name)[token.i], doc=doc)


class TokenLexical(VectorAccess, Extensible):
    """Text, norm, shape and yes-or-no features of a token."""

    __slots__ = ()
    doc: Doc
    i: int

    @property
    def vocab(self) -> Vocab:
        """The vocabulary of the document."""
        return self.doc.vocab

    def _place(self) -> tuple[Any, slice]:
        return self.doc, slice(self.i, self.i + 1)

    @property
    def lex(self) -> Lexeme:
        """The word without context."""
        return Lexeme(self.doc.vocab, self.text)

    @property
    def text(self) -> str:
        """The text."""
        return self.doc.words[self.i]

    @property
    def orth_(self) -> str:
        """The text."""
        return self.text

    @property
    def orth(self) -> int:
        """Id of the text."""
        return string_id(self.text)

    @property
    def idx(self) -> int:
        """Character offset in the document's text."""
        return self.doc.starts[self.i]

    @property
    def norm(self) -> str:
        """Norm: the text as the features see it; equals its id. Can be set."""
        return LabelText(self.doc.norms[self.i])

    @norm.setter
    def norm(self, value: str | int) -> None:
        self.norm_ = value if isinstance(value, str) else self.doc.vocab.strings[value]

    @property
    def norm_(self) -> str:
        """Norm: the text as the features see it; can be set."""
        return self.doc.norms[self.i]

    @norm_.setter
    def norm_(self, value: str) -> None:
        self.doc.write_norm(self.i, str(value))

    @property
    def lower(self) -> str:
        """Text in lower case; equals its id."""
        return LabelText(self.text.lower())

    @property
    def lower_(self) -> str:
        """Text in lower case."""
        return self.text.lower()

    @property
    def shape(self) -> str:
        """Shape such as "Xxxxx" or "dd"; equals its id."""
        return LabelText(shape_of(self.text))

    @property
    def shape_(self) -> str:
        """Shape such as "Xxxxx" or "dd"."""
        return shape_of(self.text)

    @property
    def prefix_(self) -> str:
        """First character."""
        return self.text[:1]

    @property
    def prefix(self) -> int:
        """Id of the first character."""
        return string_id(self.prefix_)

    @property
    def suffix_(self) -> str:
        """Last three characters."""
        return self.text[-3:]

    @property
    def suffix(self) -> int:
        """Id of the last three characters."""
        return string_id(self.suffix_)

    @property
    def lang_(self) -> str:
        """Language of the vocabulary."""
        return self.doc.lang_

    @property
    def lang(self) -> int:
        """Id of the language of the vocabulary."""
        return string_id(self.doc.lang_)

    @property
    def whitespace_(self) -> str:
        """One blank if one follows, else the empty string."""
        return " " if self.doc.spaces[self.i] else ""

    @property
    def text_with_ws(self) -> str:
        """Text and the blank that follows."""
        return self.text + self.whitespace_

    @property
    def is_space(self) -> bool:
        """Whether it is white space."""
        return self.doc.is_spaces[self.i]

    @property
    def is_punct(self) -> bool:
        """Whether it is punctuation."""
        return self.doc.is_puncts[self.i]

    is_alpha = _flag("IS_ALPHA", "Whether it is letters only.")
    is_ascii = _flag("IS_ASCII", "Whether it is ASCII only.")
    is_digit = _flag("IS_DIGIT", "Whether it is digits only.")
    is_lower = _flag("IS_LOWER", "Whether its letters are lower case, and it has some.")
    is_upper = _flag("IS_UPPER", "Whether its letters are upper case, and it has some.")
    is_title = _flag("IS_TITLE", "Whether its words begin with a capital and go on without.")
    is_bracket = _flag("IS_BRACKET", "Whether it is one bracket.")
    is_quote = _flag("IS_QUOTE", "Whether it is a quotation mark.")
    is_left_punct = _flag("IS_LEFT_PUNCT", "Whether it is a mark that opens, such as a bracket.")
    is_right_punct = _flag("IS_RIGHT_PUNCT", "Whether it is a mark that closes.")
    is_currency = _flag("IS_CURRENCY", "Whether it is signs of currencies.")
    is_stop = _flag("IS_STOP", "Whether it is among the commonest words of the language.")
    like_url = _flag("LIKE_URL", "Whether it looks like a web address.")
    like_num = _flag("LIKE_NUM", "Whether it looks like a number, by digits or by a word of the language.")
    like_email = _flag("LIKE_EMAIL", "Whether it looks like the address of a mailbox.")

    @property
    def is_oov(self) -> bool:
        """Whether it has no static vector, as all words have none where the pipeline has no vectors."""
        return self.doc.is_oovs[self.i]

    def check_flag(self, flag_id: int | str) -> bool:
        """Whether it has a yes-or-no feature, given by name or number."""
        return self.doc.vocab.check_flag(self.text, flag_id)

    @property
    def prob(self) -> float:
        """Logarithm of its probability, as far as somebody set it; else the vocabulary's `oov_prob`."""
        return self.lex.prob

    @property
    def cluster(self) -> int:
        """Its cluster, as far as somebody set it."""
        return self.lex.cluster

    @property
    def sentiment(self) -> float:
        """What a hook says, else what was set of the word."""
        hook = self.doc.user_token_hooks.get("sentiment")
        return float(hook(self)) if hook is not None else self.lex.sentiment

    @property
    def rank(self) -> int:
        """Its place in the vectors' table; the largest number where it has none."""
        return self.lex.rank

    @property
    def lex_id(self) -> int:
        """Its place in the vectors' table; the largest number where it has none."""
        return self.lex.rank
