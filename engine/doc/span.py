# SPDX-License-Identifier: Apache-2.0
"""Consecutive tokens of one document: an entity, a sentence, a noun phrase, or what one cuts out oneself."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from itertools import pairwise
from operator import or_
from typing import TYPE_CHECKING, Any, Literal, overload

from ..errors import DocError, DocValueError
from ..vocab.label_text import LabelText, label_text
from ..vocab.strings import string_id
from .batch_writer import SpanValue
from .token import Token, text_of
from .underscore import EXTENSIONS, Extensible, Extension, Underscore
from .vector_access import VectorAccess

if TYPE_CHECKING:
    from ..vocab.vocab import Vocab
    from .doc import Doc

CharAlignment = Literal["strict", "contract", "expand"]
"""What becomes of characters that do not fit token borders."""


class Span(VectorAccess, Extensible):
    """Consecutive tokens `start:end` of a document, with a label or an empty one, and the ids that a rule or
    a knowledge base gave it, if any.

    Raises: IndexError where the document has no such tokens.
    """

    __slots__ = ("_label", "doc", "end", "id_", "kb_id_", "own_vector", "start")
    _extensions: MutableMapping[str, Extension] = EXTENSIONS["span"]
    hooks = "user_span_hooks"

    def __init__(
        self,
        doc: Doc,
        start: int,
        end: int,
        label: str | int = "",
        vector: Any = None,
        vector_norm: float | None = None,
        kb_id: str | int = "",
        span_id: str | int = "",
    ) -> None:
        if not 0 <= start <= end <= len(doc):
            raise IndexError(f"expected tokens of a document of {len(doc)}, got {start}:{end}")
        self.doc = doc
        self.start, self.end = int(start), int(end)
        self._label = text_of(doc, label)
        self.kb_id_ = text_of(doc, kb_id)
        self.id_ = text_of(doc, span_id)
        self.own_vector = vector

    @classmethod
    def of(cls, doc: Doc, value: SpanValue) -> Span:
        """A value, whose tokens the document has, as a span of it."""
        span = cls.__new__(cls)
        span.doc = doc
        span.start, span.end, span._label, span.kb_id_, span.id_ = value
        span.own_vector = None
        return span

    def value(self) -> SpanValue:
        """Its tokens, label and ids."""
        return SpanValue(self.start, self.end, self._label, self.kb_id_, self.id_)

    def _place(self) -> tuple[Doc, slice]:
        return self.doc, slice(self.start, self.end)

    def __repr__(self) -> str:
        """The text."""
        return self.text

    def __len__(self) -> int:
        """Number of tokens."""
        return self.end - self.start

    def __iter__(self) -> Iterator[Token]:
        """Its tokens."""
        return (Token(self.doc, i) for i in range(self.start, self.end))

    @overload
    def __getitem__(self, key: int) -> Token: ...
    @overload
    def __getitem__(self, key: slice) -> Span: ...
    def __getitem__(self, key: int | slice) -> Token | Span:
        """A token by its position in the span, or a part of the span by a slice without step."""
        if isinstance(key, slice):
            start, end, step = key.indices(len(self))
            if step != 1:
                raise DocValueError(f"expected a slice without a step, got step {step}; take list(span)[...]")
            return Span(self.doc, self.start + start, self.start + max(start, end))
        if not -len(self) <= key < len(self):
            raise IndexError(f"expected a position below {len(self)}, got {key}")
        return Token(self.doc, self.start + key % len(self))

    def __eq__(self, other: object) -> bool:
        """Same tokens of the same document, same label and ids."""
        return isinstance(other, Span) and self.value() == other.value() and self.doc.is_same(other.doc)

    def __lt__(self, other: object) -> bool:
        """By place, then by label and ids."""
        return self.value() < other.value() if isinstance(other, Span) else NotImplemented

    def __le__(self, other: object) -> bool:
        return self.value() <= other.value() if isinstance(other, Span) else NotImplemented

    def __gt__(self, other: object) -> bool:
        return self.value() > other.value() if isinstance(other, Span) else NotImplemented

    def __ge__(self, other: object) -> bool:
        return self.value() >= other.value() if isinstance(other, Span) else NotImplemented

    def __hash__(self) -> int:
        """By document, tokens and label."""
        return hash((id(self.doc.batch), self.doc.index, self.start, self.end, self._label))

    def __reduce__(self) -> Any:
        """Raises: DocError; a span means nothing without its document."""
        raise DocError("expected a document to pickle, got a span; pickle span.doc, or span.as_doc()")

    @property
    def label(self) -> str:
        """Its label; equals the id of the label too."""
        return label_text(self._label)

    @label.setter
    def label(self, label: str | int) -> None:
        self._label = text_of(self.doc, label)

    @property
    def label_(self) -> str:
        """Its label; can be set, which changes this span and no list that it came from."""
        return self._label

    @label_.setter
    def label_(self, label: str) -> None:
        self._label = text_of(self.doc, label)

    @property
    def id(self) -> str:
        """The id that a rule gave it; equals the id of this text too."""
        return LabelText(self.id_)

    @id.setter
    def id(self, value: str | int) -> None:
        self.id_ = text_of(self.doc, value)

    @property
    def ent_id(self) -> str:
        """The id that a rule gave it."""
        return LabelText(self.id_)

    @ent_id.setter
    def ent_id(self, value: str | int) -> None:
        self.id_ = text_of(self.doc, value)

    @property
    def ent_id_(self) -> str:
        """The id that a rule gave it; can be set."""
        return self.id_

    @ent_id_.setter
    def ent_id_(self, value: str) -> None:
        self.id_ = text_of(self.doc, value)

    @property
    def kb_id(self) -> int:
        """Id of the text that a knowledge base has it under; 0 where it has none."""
        return string_id(self.kb_id_)

    @kb_id.setter
    def kb_id(self, value: str | int) -> None:
        self.kb_id_ = text_of(self.doc, value)

    @property
    def _(self) -> Underscore:
        """Attributes of one's own; spans of the same characters share them, whatever their labels."""
        place = (self.start_char, self.end_char)
        return Underscore(self._extensions, self, self.doc.user_data, place)

    @property
    def vocab(self) -> Vocab:
        """The vocabulary of the document."""
        return self.doc.vocab

    @property
    def start_char(self) -> int:
        """Character offset of its first code point."""
        starts = self.doc.starts
        return starts[self.start] if self.start < len(starts) else len(self.doc.text)

    @property
    def end_char(self) -> int:
        """Character offset behind its last code point."""
        return self.doc.ends[self.end - 1] if self.end > self.start else self.start_char

    @property
    def text(self) -> str:
        """Its text, with the blanks inside."""
        return self.doc.text[self.start_char : self.end_char]

    @property
    def text_with_ws(self) -> str:
        """Its text, with the blank that follows."""
        return self.text + (self[-1].whitespace_ if len(self) else "")

    @property
    def orth_(self) -> str:
        """Its text."""
        return self.text

    @property
    def orth(self) -> int:
        """Id of its text."""
        return string_id(self.text)

    @property
    def lemma_(self) -> str:
        """Lemmas of its tokens, with the blanks between."""
        return "".join(token.lemma_ + token.whitespace_ for token in self).strip()

    @property
    def tensor(self) -> Any:
        """The rows of the document's tensor."""
        return self.doc.tensor[self.start : self.end]

    @property
    def sentiment(self) -> float:
        """What a hook says, else the mean of the tokens'."""
        hook = self.doc.user_span_hooks.get("sentiment")
        if hook is not None:
            return float(hook(self))
        return sum(token.sentiment for token in self) / (len(self) or 1)

    @property
    def root(self) -> Token:
        """The token nearest to the root of its tree; the first of several.

        Raises: DocError where the span is empty.
        """
        hook = self.doc.user_span_hooks.get("root")
        if hook is not None:
            return hook(self)  # type: ignore[no-any-return]  # the user's
        if self.end == self.start:
            raise DocError("expected a span with tokens to find its root, got an empty one")
        marks = list(map(or_, self.doc.is_puncts, self.doc.is_spaces))
        return Token(self.doc, self.doc.tree.top(self.start, self.end, marks))

    @property
    def ents(self) -> tuple[Span, ...]:
        """Entities that lie wholly inside."""
        return tuple(e for e in self.doc.ents if self.start <= e.start and e.end <= self.end)

    @property
    def sent(self) -> Span:
        """The sentence that it begins in. Raises: DocError where nobody set sentence starts."""
        hook = self.doc.user_span_hooks.get("sent")
        if hook is not None:
            return hook(self)  # type: ignore[no-any-return]  # the user's
        return next(sent for sent in self.doc.sents if self.start < sent.end or sent.end == len(self.doc))

    @property
    def sents(self) -> Iterator[Span]:
        """The sentences that it is in or touches. Raises: DocError where nobody set sentence starts."""
        hook = self.doc.user_span_hooks.get("sents")
        if hook is not None:
            return iter(hook(self))
        return (sent for sent in self.doc.sents if sent.start < self.end and self.start < sent.end)

    @property
    def noun_chunks(self) -> Iterator[Span]:
        """Base noun phrases that lie wholly inside."""
        chunks = self.doc.noun_chunks
        return (chunk for chunk in chunks if self.start <= chunk.start and chunk.end <= self.end)

    @property
    def conjuncts(self) -> tuple[Token, ...]:
        """Tokens that are coordinated with its root."""
        return self.root.conjuncts

    @property
    def lefts(self) -> Iterator[Token]:
        """Tokens before it whose head is inside."""
        return (left for token in self for left in token.lefts if left.i < self.start)

    @property
    def rights(self) -> Iterator[Token]:
        """Tokens behind it whose head is inside."""
        return (right for token in self for right in token.rights if right.i >= self.end)

    @property
    def n_lefts(self) -> int:
        """Number of tokens before it whose head is inside."""
        return sum(1 for _ in self.lefts)

    @property
    def n_rights(self) -> int:
        """Number of tokens behind it whose head is inside."""
        return sum(1 for _ in self.rights)

    @property
    def subtree(self) -> Iterator[Token]:
        """Its tokens and all below them, in order."""
        below = {i for token in range(self.start, self.end) for i in self.doc.tree.subtree(token)}
        return (Token(self.doc, i) for i in sorted(below))

    def char_span(
        self,
        start_idx: int,
        end_idx: int,
        label: str | int = "",
        kb_id: str | int = "",
        vector: Any = None,
        id: str | int = "",
        alignment_mode: CharAlignment = "strict",
        span_id: str | int = "",
    ) -> Span | None:
        """Span of character offsets that count from its own first character; None where they do not fit."""
        first = self.start_char
        return self.doc.char_span(
            first + start_idx, first + end_idx, label, kb_id, vector, alignment_mode, span_id or id
        )

    def as_doc(self, *, copy_user_data: bool = False, array_head: Any = None, array: Any = None) -> Doc:
        """A document of its own of these tokens with their annotations."""
        part: Doc = self.doc.part(self.start, self.end, copy_user_data=copy_user_data)
        return part

    def to_array(self, py_attr_ids: Any) -> Any:
        """Attributes of its tokens as numbers: `(len(self), n)`, or `(len(self),)` for a single one."""
        return self.doc.to_array(py_attr_ids)[self.start : self.end]

    def get_lca_matrix(self) -> Any:
        """Lowest common ancestor of each two tokens, by positions within the span; -1 where there is none
        inside. Shape: `(len(self), len(self))`."""
        return self.doc.get_lca_matrix(self.start, self.end)


def spans_between(doc: Doc, bounds: list[int]) -> Iterator[Span]:
    """The spans between each two neighbours of a list of positions."""
    return (Span(doc, start, end) for start, end in pairwise(bounds))
