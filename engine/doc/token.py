# SPDX-License-Identifier: Apache-2.0
"""One token, as people read it."""

from __future__ import annotations

from collections.abc import Iterator

from ..vocab.lexeme_features import shape_of
from .doc_columns import DocColumns


class Token:
    """One token of a document: position `i`, and what was found for it."""

    __slots__ = ("doc", "i")

    def __init__(self, doc: DocColumns, i: int) -> None:
        self.doc = doc
        self.i = i

    def __repr__(self) -> str:
        """The text."""
        return self.text

    def __str__(self) -> str:
        """The text."""
        return self.text

    def __len__(self) -> int:
        """Number of code points."""
        return len(self.text)

    def __eq__(self, other: object) -> bool:
        """Same position of the same document."""
        return isinstance(other, Token) and self.i == other.i and self.doc.is_same(other.doc)

    def __hash__(self) -> int:
        """By document and position."""
        return hash((id(self.doc.batch), self.doc.index, self.i))

    @property
    def text(self) -> str:
        """The text."""
        return self.doc.words[self.i]

    @property
    def idx(self) -> int:
        """Character offset in the document's text."""
        return self.doc.starts[self.i]

    @property
    def tag(self) -> str:
        """Fine-grained tag, empty if unset."""
        return self.doc.tags[self.i]

    @property
    def pos(self) -> str:
        """Universal part of speech, empty if unset."""
        return self.doc.pos_tags[self.i]

    @property
    def morph(self) -> str:
        """Morphological features, empty if unset."""
        return self.doc.morphs[self.i]

    @property
    def lemma(self) -> str:
        """Lemma, empty if unset."""
        return self.doc.lemmas[self.i]

    @property
    def dep(self) -> str:
        """Dependency label, empty if unset."""
        return self.doc.deps[self.i]

    @property
    def head(self) -> Token:
        """Head in the tree; a root, or a token without a tree, is its own."""
        return Token(self.doc, self.doc.heads[self.i])

    @property
    def lefts(self) -> Iterator[Token]:
        """Children before it, in order."""
        return (Token(self.doc, i) for i in self.doc.tree.children[self.i] if i < self.i)

    @property
    def rights(self) -> Iterator[Token]:
        """Children behind it, in order."""
        return (Token(self.doc, i) for i in self.doc.tree.children[self.i] if i > self.i)

    @property
    def children(self) -> Iterator[Token]:
        """Tokens whose head it is, in order."""
        return (Token(self.doc, i) for i in self.doc.tree.children[self.i])

    @property
    def subtree(self) -> Iterator[Token]:
        """It and all tokens below it, in order."""
        return (Token(self.doc, i) for i in self.doc.tree.subtree(self.i))

    @property
    def ancestors(self) -> Iterator[Token]:
        """Its head, that one's head, and so on to the root."""
        return (Token(self.doc, i) for i in self.doc.tree.ancestors(self.i))

    def is_ancestor(self, descendant: Token) -> bool:
        """Whether another token is below it in the tree."""
        return self.i in self.doc.tree.ancestors(descendant.i)

    @property
    def left_edge(self) -> Token:
        """First token of its subtree."""
        return Token(self.doc, self.doc.tree.left_edges[self.i])

    @property
    def right_edge(self) -> Token:
        """Last token of its subtree."""
        return Token(self.doc, self.doc.tree.right_edges[self.i])

    @property
    def n_lefts(self) -> int:
        """Number of children before it."""
        return sum(1 for _ in self.lefts)

    @property
    def n_rights(self) -> int:
        """Number of children behind it."""
        return sum(1 for _ in self.rights)

    @property
    def norm(self) -> str:
        """Norm: the text as the features see it."""
        return self.doc.norms[self.i]

    @property
    def lower(self) -> str:
        """Text in lower case."""
        return self.text.lower()

    @property
    def shape(self) -> str:
        """Shape such as "Xxxxx" or "dd"."""
        return shape_of(self.text)

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

    @property
    def is_alpha(self) -> bool:
        """Whether it is letters only."""
        return self.doc.flags("IS_ALPHA")[self.i]

    @property
    def is_ascii(self) -> bool:
        """Whether it is ASCII only."""
        return self.doc.flags("IS_ASCII")[self.i]

    @property
    def is_digit(self) -> bool:
        """Whether it is digits only."""
        return self.doc.flags("IS_DIGIT")[self.i]

    @property
    def is_lower(self) -> bool:
        """Whether its letters are lower case, and it has some."""
        return self.doc.flags("IS_LOWER")[self.i]

    @property
    def is_upper(self) -> bool:
        """Whether its letters are upper case, and it has some."""
        return self.doc.flags("IS_UPPER")[self.i]

    @property
    def is_title(self) -> bool:
        """Whether its words begin with a capital and go on without."""
        return self.doc.flags("IS_TITLE")[self.i]

    @property
    def is_bracket(self) -> bool:
        """Whether it is one bracket."""
        return self.doc.flags("IS_BRACKET")[self.i]

    @property
    def is_quote(self) -> bool:
        """Whether it is a quotation mark."""
        return self.doc.flags("IS_QUOTE")[self.i]

    @property
    def is_left_punct(self) -> bool:
        """Whether it is a mark that opens, such as a bracket or quotation mark."""
        return self.doc.flags("IS_LEFT_PUNCT")[self.i]

    @property
    def is_right_punct(self) -> bool:
        """Whether it is a mark that closes."""
        return self.doc.flags("IS_RIGHT_PUNCT")[self.i]

    @property
    def is_currency(self) -> bool:
        """Whether it is signs of currencies."""
        return self.doc.flags("IS_CURRENCY")[self.i]

    @property
    def is_stop(self) -> bool:
        """Whether it is among the commonest words of the language."""
        return self.doc.flags("IS_STOP")[self.i]

    @property
    def like_url(self) -> bool:
        """Whether it looks like a web address."""
        return self.doc.flags("LIKE_URL")[self.i]

    @property
    def like_num(self) -> bool:
        """Whether it looks like a number, by digits or by a word of the language."""
        return self.doc.flags("LIKE_NUM")[self.i]

    @property
    def like_email(self) -> bool:
        """Whether it looks like the address of a mailbox."""
        return self.doc.flags("LIKE_EMAIL")[self.i]

    @property
    def is_oov(self) -> bool:
        """Whether it has no static vector, as all words have none where the pipeline has no vectors."""
        return self.doc.is_oovs[self.i]

    @property
    def is_sent_start(self) -> bool | None:
        """Whether a sentence starts here, None if unknown."""
        return {1: True, -1: False}.get(self.doc.sent_starts[self.i])

    @property
    def ent_type(self) -> str:
        """Label of the entity it belongs to, empty if none."""
        return self.doc.ent_types[self.i]
