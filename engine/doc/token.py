# SPDX-License-Identifier: Apache-2.0
"""One token, as people read and write it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, MutableMapping, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from ..errors import DocValueError
from ..vocab.label_text import label_text
from ..vocab.morphology import MorphAnalysis, feature_text
from .token_lexical import TokenLexical
from .underscore import EXTENSIONS, Extension, Underscore

if TYPE_CHECKING:
    from .doc import Doc
    from .span import Span

IOB = ("", "I", "O", "B")
"""What the numbers of `ent_iob` mean."""

CONJUNCT = "conj"


def _label(column: str, values: Callable[[Any], Sequence[str]], doc: str) -> tuple[Any, Any]:
    """A label column as text with an underscore, and as text that equals its id without; both can be set.
    `values` reads the column of a document."""

    def write(token: Token, value: str | int | None) -> None:
        token.doc.set_token_label(column, token.i, text_of(token.doc, value))

    def read(token: Token) -> str:
        return values(token.doc)[token.i]

    def read_label(token: Token) -> str:
        return label_text(values(token.doc)[token.i])

    return (
        property(read, write, doc=f"{doc}, empty if unset."),
        property(read_label, write, doc=f"{doc}, empty if unset; equals its id."),
    )


def _column(name: str) -> Callable[[Any], Sequence[str]]:
    return lambda doc: doc.column(name)


class Token(TokenLexical):
    """One token of a document: position `i`, and what was found for it. What is set goes into the
    document."""

    __slots__ = ("doc", "i")
    _extensions: MutableMapping[str, Extension] = EXTENSIONS["token"]
    hooks = "user_token_hooks"

    def __init__(self, doc: Any, i: Any, offset: int | None = None) -> None:
        """Take the document and the position, with the vocabulary before them or without."""
        self.doc: Doc = doc if offset is None else i
        self.i: int = i if offset is None else offset

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

    def __lt__(self, other: object) -> bool:
        """By position."""
        return self.i < other.i if isinstance(other, Token) else NotImplemented

    def __le__(self, other: object) -> bool:
        return self.i <= other.i if isinstance(other, Token) else NotImplemented

    def __gt__(self, other: object) -> bool:
        return self.i > other.i if isinstance(other, Token) else NotImplemented

    def __ge__(self, other: object) -> bool:
        return self.i >= other.i if isinstance(other, Token) else NotImplemented

    def __hash__(self) -> int:
        """By document and position."""
        return hash((id(self.doc.batch), self.doc.index, self.i))

    @property
    def _(self) -> Underscore:
        """Attributes of one's own."""
        return Underscore(self._extensions, self, self.doc.user_data, (self.idx, None))

    tag_, tag = _label("tag", attrgetter("tags"), "Fine-grained tag")
    pos_, pos = _label("pos", attrgetter("pos_tags"), "Universal part of speech")
    lemma_, lemma = _label("lemma", attrgetter("lemmas"), "Lemma")
    dep_, dep = _label("dep", attrgetter("deps"), "Dependency label")
    ent_id_, ent_id = _label("ent_id", _column("ent_id"), "Id that a rule gave its entity")
    ent_kb_id_, ent_kb_id = _label("ent_kb_id", _column("ent_kb_id"), "Id of its entity in a knowledge base")

    @property
    def morph(self) -> MorphAnalysis:
        """Morphological features; can be set."""
        return MorphAnalysis.as_is(self.doc.morphs[self.i], self.doc.vocab)

    @morph.setter
    def morph(self, features: MorphAnalysis) -> None:
        self.set_morph(features)

    def set_morph(self, features: Any) -> None:
        """Set the features: as text, as a map, as an analysis or its id; None where nothing is known."""
        if features is not None:
            features = feature_text(text_of(self.doc, features) if isinstance(features, int) else features)
        self.doc.write_label("morph", self.i, features)

    def has_morph(self) -> bool:
        """Whether features were set, be it none."""
        return self.doc.is_known("morph", self.i)

    def has_dep(self) -> bool:
        """Whether it has a dependency label."""
        return bool(self.doc.deps[self.i])

    def has_head(self) -> bool:
        """Whether it has a head, as every token with a dependency label has."""
        return self.doc.heads[self.i] != self.i or self.has_dep()

    @property
    def head(self) -> Token:
        """Head in the tree; a root, or a token without a tree, is its own. Can be set."""
        return Token(self.doc, self.doc.heads[self.i])

    @head.setter
    def head(self, head: Token) -> None:
        if not self.doc.is_same(head.doc):
            raise DocValueError(f"expected a head of the same document, got {head!r} of another one")
        self.doc.write_head(self.i, head.i)

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
        return (self if i == self.i else Token(self.doc, i) for i in self.doc.tree.subtree(self.i))

    @property
    def ancestors(self) -> Iterator[Token]:
        """Its head, that one's head, and so on to the root."""
        return (Token(self.doc, i) for i in self.doc.tree.ancestors(self.i))

    def is_ancestor(self, descendant: Token) -> bool:
        """Whether another token is below it in the tree."""
        return self.i in self.doc.tree.ancestors(descendant.i)

    @property
    def conjuncts(self) -> tuple[Token, ...]:
        """Tokens that are coordinated with it, without it, in order."""
        hook = self.doc.user_token_hooks.get("conjuncts")
        if hook is not None:
            return tuple(hook(self))
        first = self
        while first.dep_ == CONJUNCT and first.head.i != first.i:
            first = first.head
        found, open_ = [first], [first]
        while open_:
            below = [child for token in open_ for child in token.rights if child.dep_ == CONJUNCT]
            found += below
            open_ = below
        return tuple(sorted(token for token in found if token.i != self.i))

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
    def sent(self) -> Span:
        """The sentence that it is in. Raises: DocError where nobody set sentence starts."""
        hook = self.doc.user_token_hooks.get("sent")
        if hook is not None:
            return hook(self)  # type: ignore[no-any-return]  # the user's
        return next(sent for sent in self.doc.sents if self.i < sent.end)

    @property
    def is_sent_start(self) -> bool | None:
        """Whether a sentence starts here, None if unknown, which the first token of a document is not; can be
        set where there is no tree."""
        return {1: True, -1: False}.get(self.doc.sent_starts[self.i], True if self.i == 0 else None)

    @is_sent_start.setter
    def is_sent_start(self, value: bool | int | None) -> None:
        if any(self.doc.deps):
            raise DocValueError(
                "expected a document without a tree, for sentences follow from trees; set sentence starts "
                "before the parser"
            )
        if value not in (None, True, False, -1):
            raise DocValueError(f"expected True, False or None for a sentence start, got {value!r}")
        self.doc.write_sent_start(self.i, 0 if value is None else 1 if value == 1 else -1)

    @property
    def sent_start(self) -> int:
        """1 where a sentence starts, -1 where none does, 0 where unknown; can be set."""
        return self.doc.sent_starts[self.i]

    @sent_start.setter
    def sent_start(self, value: int) -> None:
        self.is_sent_start = value if value else None

    @property
    def is_sent_end(self) -> bool | None:
        """Whether a sentence ends here, None if unknown; can be set where there is no tree."""
        return True if self.i + 1 == len(self.doc) else self.nbor().is_sent_start

    @is_sent_end.setter
    def is_sent_end(self, value: bool | None) -> None:
        if self.i + 1 < len(self.doc):
            self.nbor().is_sent_start = value

    @property
    def ent_type(self) -> str:
        """Label of the entity it belongs to, empty if none; equals its id. Can be set as `ent_type_`."""
        return label_text(self.doc.ent_types[self.i])

    @ent_type.setter
    def ent_type(self, value: str | int) -> None:
        self.doc.write_ent_type(self.i, text_of(self.doc, value))

    @property
    def ent_type_(self) -> str:
        """Label of the entity it belongs to, empty if none. Setting it names the whole entity, or makes one
        of a token that is in none."""
        return self.doc.ent_types[self.i]

    @ent_type_.setter
    def ent_type_(self, value: str) -> None:
        self.doc.write_ent_type(self.i, text_of(self.doc, value))

    @property
    def ent_iob_(self) -> str:
        """B where an entity begins, I inside, O outside of all, empty where nothing is known."""
        return self.doc.ent_iobs[self.i]

    @property
    def ent_iob(self) -> int:
        """3 where an entity begins, 1 inside, 2 outside of all, 0 where nothing is known."""
        return IOB.index(self.ent_iob_)

    @classmethod
    def iob_strings(cls) -> tuple[str, ...]:
        """What the numbers of `ent_iob` mean."""
        return IOB

    def nbor(self, i: int = 1) -> Token:
        """The token so many places on. Raises: IndexError where there is none."""
        if not 0 <= self.i + i < len(self.doc):
            raise IndexError(f"expected a token of a document of {len(self.doc)}, got {self.i + i}")
        return Token(self.doc, self.i + i)

    @property
    def tensor(self) -> Any:
        """Its row of the document's tensor."""
        return self.doc.tensor[self.i]


def text_of(doc: Any, value: str | int | None) -> str:
    """A text given as itself or as its id, which is remembered; None is the empty text.

    Raises: KeyError where no known text has the id.
    """
    if isinstance(value, str):
        return str(value)
    if value is None or value == 0:
        return ""
    text: str = doc.vocab.strings[value]
    return text
