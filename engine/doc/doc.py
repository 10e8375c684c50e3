# SPDX-License-Identifier: Apache-2.0
"""Documents, tokens and spans: lazy views over one document of a batch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise, repeat
from operator import or_
from typing import Any, Literal, TypeVar, overload

import numpy as np
import numpy.typing as npt

from ..cached import kept
from ..errors import DocError
from ..vocab.lexemes import LexemeTable, shape_of
from . import json as doc_json
from .batch import UNSET, Batch, LabelColumn, SpanColumn, Spans
from .noun_chunks import noun_chunks
from .token_merge import Retokenizer
from .tree import Tree

Value = TypeVar("Value")
Alignment = Literal["strict", "contract", "expand"]


class Doc:
    """One document: its text, its tokens, and what the pipeline found in them.

    A view: `batch` holds the data and `index` says which document it is. The list properties (`tags`,
    `heads`, ...) are made once, on first use, and are the fast way to read; tokens and spans read from them.
    """

    def __init__(self, batch: Batch, index: int) -> None:
        self.batch = batch
        self.index = index
        self._place()

    @property
    def text(self) -> str:
        """The text, exactly as it came."""
        return self.batch.texts[self.index]

    def __len__(self) -> int:
        """Number of tokens."""
        return self.end_row - self.start_row

    def __iter__(self) -> Iterator[Token]:
        """All tokens."""
        return map(Token, repeat(self), range(len(self)))

    @overload
    def __getitem__(self, key: int) -> Token: ...
    @overload
    def __getitem__(self, key: slice) -> Span: ...
    def __getitem__(self, key: int | slice) -> Token | Span:
        """A token by position, or a span by a slice without step."""
        if isinstance(key, slice):
            start, end, step = key.indices(len(self))
            if step != 1:
                raise DocError(
                    f"expected a slice without a step, got step {step}; take list(doc)[...] instead"
                )
            return Span(self, start, max(start, end))
        if not -len(self) <= key < len(self):
            raise IndexError(f"expected a token position below {len(self)}, got {key}")
        return Token(self, key % len(self))

    def __repr__(self) -> str:
        """The text, cut."""
        text = self.text
        return f"Doc({text if len(text) <= 60 else text[:57] + '...'!r}, {len(self)} tokens)"

    @kept
    def words(self) -> list[str]:
        """Token texts."""
        return self.batch.lexemes.texts(self._rows(self.batch.lexeme_ids))

    @kept
    def norms(self) -> list[str]:
        """Token norms."""
        return self.batch.lexemes.norms(self._rows(self.batch.lexeme_ids))

    @kept
    def starts(self) -> list[int]:
        """Character offset of each token's first code point."""
        return _listed(self._rows(self.batch.starts))

    @kept
    def ends(self) -> list[int]:
        """Character offset behind each token's last code point."""
        return _listed(self._rows(self.batch.starts) + self._rows(self.batch.lengths))

    @kept
    def spaces(self) -> list[bool]:
        """Whether one blank follows each token."""
        return _listed(self._rows(self.batch.spaces).astype(np.bool_))

    @kept
    def is_spaces(self) -> list[bool]:
        """Whether each token is white space."""
        return self._lexeme_flags(self.batch.lexemes.is_space)

    @kept
    def is_puncts(self) -> list[bool]:
        """Whether each token is punctuation."""
        return self._lexeme_flags(self.batch.lexemes.is_punct)

    @kept
    def is_oovs(self) -> list[bool]:
        """Whether each token lacks a static vector."""
        return _listed(self.batch.lexemes.is_oov(self._rows(self.batch.lexeme_ids)))

    def flags(self, name: str) -> list[bool]:
        """Whether each token has a lexical attribute such as "LIKE_NUM". Raises: KeyError where there is none
        of that name."""
        return self._cached(f"flag {name}", lambda: self._lexeme_flags(self.batch.lexemes.flag(name)))

    @kept
    def tags(self) -> list[str]:
        """Fine-grained tags, empty strings where unset."""
        return self.column("tag")

    @kept
    def pos_tags(self) -> list[str]:
        """Universal parts of speech, empty strings where unset."""
        return self.column("pos")

    @kept
    def morphs(self) -> list[str]:
        """Morphological features as `Name=Value|...`, empty strings where unset."""
        return self.column("morph")

    @kept
    def lemmas(self) -> list[str]:
        """Lemmas, empty strings where unset."""
        return self.column("lemma")

    @kept
    def deps(self) -> list[str]:
        """Dependency labels, empty strings where unset."""
        return self.column("dep")

    @kept
    def heads(self) -> list[int]:
        """Position of each token's head, its own position for a root and where there are no heads."""
        return self._read_heads()

    @kept
    def sent_starts(self) -> list[int]:
        """1 where a sentence starts, -1 where none does, 0 where unknown."""
        return self._read_sent_starts()

    def column(self, name: str) -> list[str]:
        """Labels of a column of the batch, empty strings where it has none."""
        return self._cached(f"column {name}", lambda: self._read_column(name))

    def has(self, layer: str) -> bool:
        """Whether a layer was set: a column's name, or "ents", "sents", "heads", "cats"."""
        batch = self.batch
        found = {
            "sents": batch.sent_starts is not None,
            "heads": batch.heads is not None,
            "cats": bool(batch.cats),
        }
        return found.get(layer, layer in batch.columns or layer in batch.spans)

    @kept
    def ents(self) -> tuple[Span, ...]:
        """Named entities in order."""
        return tuple(self._read_spans("ents"))

    @property
    def spans(self) -> Mapping[str, list[Span]]:
        """Groups of spans by their key, without the entities."""
        return {key: self._read_spans(key) for key in self.batch.spans if key != "ents"}

    def span_scores(self, key: str) -> list[float]:
        """How sure a model was of each span of a group, in their order; empty where no model said."""
        column = self.batch.spans.get(key)
        if column is None or column.scores is None:
            return []
        scores: list[float] = column.scores[column.rows(self.index)].tolist()
        return scores

    @property
    def sents(self) -> Iterator[Span]:
        """Sentences in order.

        Raises: DocError where nobody set sentence starts.
        """
        if self.batch.sent_starts is None:
            raise DocError(
                "expected sentence starts, but this document has none; add a senter, sentencizer or parser "
                "to the pipeline"
            )
        bounds = [i for i, value in enumerate(self.sent_starts) if value == 1 or i == 0] + [len(self)]
        return (Span(self, start, end) for start, end in pairwise(bounds))

    @kept
    def tree(self) -> Tree:
        """The dependency tree by token positions; without heads, every token is a root."""
        return Tree.of(self.heads)

    @property
    def noun_chunks(self) -> Iterator[Span]:
        """Base noun phrases in order, by the rules of English.

        Raises: DocError where nobody set dependencies and parts of speech.
        """
        if not (self.has("dep") and self.has("pos")):
            raise DocError(
                "expected dependencies and parts of speech, but this document lacks them; add a parser and "
                "a morphologizer"
            )
        return (
            Span(self, start, end, "NP") for start, end in noun_chunks(self.tree, self.pos_tags, self.deps)
        )

    @property
    def cats(self) -> dict[str, float]:
        """Score of each category, without those that are unknown for this document (not a number)."""
        scores = {label: float(column[self.index]) for label, column in self.batch.cats.items()}
        return {label: score for label, score in scores.items() if score == score}

    def char_span(
        self, start: int, end: int, label: str = "", alignment: Alignment = "strict"
    ) -> Span | None:
        """Span of the given character offsets; None where they do not fit token borders.

        `contract` takes the tokens that lie wholly inside, `expand` all that are touched.
        """
        starts, ends = self.starts, self.ends
        if alignment == "strict":
            by_start, by_end = self._cached(
                "borders", lambda: ({s: i for i, s in enumerate(starts)}, {e: i for i, e in enumerate(ends)})
            )
            first, last = by_start.get(start), by_end.get(end)
            return (
                None if first is None or last is None or last < first else Span(self, first, last + 1, label)
            )
        inside = [
            i
            for i, (s, e) in enumerate(zip(starts, ends, strict=True))
            if (start <= s and e <= end if alignment == "contract" else s < end and start < e)
        ]
        return Span(self, inside[0], inside[-1] + 1, label) if inside else None

    @contextmanager
    def retokenize(self) -> Iterator[Retokenizer]:
        """Join or split tokens: what is given to `merge` or `split` of what comes here is done when the block
        ends.

        Raises: DocError where the document is one of a batch of several, the tokens to join overlap, or
        pieces do not spell their token.
        """
        self._expect_alone("tokens")
        changes = Retokenizer()
        yield changes
        changes.apply(self.batch)
        self._place()
        self._forget()

    def to_json(self) -> dict[str, Any]:
        """The document in the JSON form that the spaCy ecosystem reads."""
        return doc_json.to_json(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any], lexemes: LexemeTable) -> Doc:
        """A document of its own from the JSON form, its words added to the given table
        (`tokenizer.lexemes`)."""
        return cls(doc_json.batch_from_json(data, lexemes), 0)

    def set_tags(self, tags: Sequence[str]) -> None:
        """Set the fine-grained tags; an empty string leaves a token unset."""
        self.set_column("tag", tags)

    def set_pos(self, pos: Sequence[str]) -> None:
        """Set the universal parts of speech; an empty string leaves a token unset."""
        self.set_column("pos", pos)

    def set_morphs(self, morphs: Sequence[str]) -> None:
        """Set the morphological features; an empty string leaves a token unset."""
        self.set_column("morph", morphs)

    def set_lemmas(self, lemmas: Sequence[str]) -> None:
        """Set the lemmas; an empty string leaves a token unset."""
        self.set_column("lemma", lemmas)

    def set_column(self, name: str, values: Sequence[str]) -> None:
        """Set a label column; an empty string leaves a token unset.

        Raises: DocError where the number of values is not that of the tokens, or the batch has other
        documents.
        """
        self._expect_alone(name)
        self._expect_length(name, values)
        labels = {value: i for i, value in enumerate(dict.fromkeys(value for value in values if value))}
        ids = np.array([labels.get(value, UNSET) for value in values], dtype=np.int32)
        self.batch.columns[name] = LabelColumn(ids, tuple(labels))

    def set_heads(self, heads: Sequence[int], deps: Sequence[str]) -> None:
        """Set the tree: position of each token's head (its own for a root) and dependency labels."""
        self._expect_alone("heads")
        self._expect_length("heads", heads)
        if not all(0 <= head < len(self) for head in heads):
            raise DocError(
                f"expected heads to be token positions below {len(self)}, got {max(heads, default=0)}"
            )
        self.batch.heads = np.array(heads, dtype=np.int32)
        self.set_column("dep", deps)

    def set_sent_starts(self, sent_starts: Sequence[int]) -> None:
        """Set sentence starts: 1 starts one, -1 does not, 0 is unknown."""
        self._expect_alone("sent_starts")
        self._expect_length("sent_starts", sent_starts)
        if not set(sent_starts) <= {-1, 0, 1}:
            raise DocError(
                f"expected sentence starts to be 1, -1 or 0, got {sorted(set(sent_starts) - {-1, 0, 1})}"
            )
        self.batch.sent_starts = np.array(sent_starts, dtype=np.int8)
        self._forget()

    def set_ents(self, ents: Sequence[tuple[int, int, str]]) -> None:
        """Set the entities as (start token, end token, label); they may not overlap."""
        ordered = sorted(ents)
        for (_, end, _), (start, _, label) in pairwise(ordered):
            if start < end:
                raise DocError(
                    f"expected entities that do not overlap, got {label!r} starting at token {start} before "
                    f"{end}"
                )
        self.set_spans("ents", ordered)

    def set_spans(self, key: str, spans: Sequence[tuple[int, int, str]]) -> None:
        """Set a group of spans as (start token, end token, label); they may overlap."""
        self._expect_alone(key)
        ordered = sorted(spans, key=lambda span: span[0])
        for start, end, label in ordered:
            if not 0 <= start < end <= len(self):
                raise DocError(
                    f"expected spans of at least one of {len(self)} tokens, got {label!r} at {start}:{end}"
                )
        self.batch.spans[key] = _span_column(ordered)
        self._forget()

    def set_cats(self, cats: Mapping[str, float]) -> None:
        """Set the score of each category."""
        self._expect_alone("cats")
        self.batch.cats = {label: np.array([score], dtype=np.float32) for label, score in cats.items()}

    def _place(self) -> None:
        """Find its rows of the batch."""
        rows = self.batch.rows(self.index)
        self.start_row: int = rows.start
        self.end_row: int = rows.stop

    def _rows(self, array: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return array[self.start_row : self.end_row]

    def _cached(self, name: str, make: Callable[[], Value]) -> Value:
        found: Value | None = self.__dict__.get(name)
        if found is None:
            found = self.__dict__[name] = make()
        return found

    def _forget(self) -> None:
        """Drop the lists, which what was set now contradicts."""
        self.__dict__ = {name: self.__dict__[name] for name in ("batch", "index", "start_row", "end_row")}

    def _lexeme_flags(self, flags: npt.NDArray[np.bool_]) -> list[bool]:
        out: list[bool] = flags[self._rows(self.batch.lexeme_ids)].tolist()
        return out

    def _read_column(self, name: str) -> list[str]:
        column = self.batch.columns.get(name)
        return [""] * len(self) if column is None else column.strings(self.start_row, self.end_row)

    def _read_heads(self) -> list[int]:
        heads = self.batch.heads
        return list(range(len(self))) if heads is None else self._rows(heads).tolist()

    def _read_sent_starts(self) -> list[int]:
        starts = self.batch.sent_starts
        return [0] * len(self) if starts is None else self._rows(starts).tolist()

    def _read_spans(self, key: str) -> list[Span]:
        column = self.batch.spans.get(key)
        if column is None:
            return []
        spans = column.of(self.index)
        ids = self._span_ids(key, column, spans)
        return [
            Span(self, start, end, label, id) for (start, end, label), id in zip(spans, ids, strict=False)
        ]

    def _span_ids(self, key: str, column: SpanColumn, spans: Spans) -> list[str]:
        """Ids of spans: those of entities are in a column of tokens."""
        if key == "ents" and "ent_id" in self.batch.columns:
            of_tokens = self.column("ent_id")
            return [of_tokens[start] for start, _, _ in spans]
        rows = column.rows(self.index)
        return [""] * len(spans) if column.ids is None else column.ids.strings(rows.start, rows.stop)

    def _expect_alone(self, what: str) -> None:
        if self.batch.n_docs != 1:
            raise DocError(
                f"expected a document of its own to set {what}, got one of a batch of {self.batch.n_docs}; "
                "tokenize it alone"
            )
        self._forget()

    def _expect_length(self, what: str, values: Sequence[Any]) -> None:
        if len(values) != len(self):
            raise DocError(f"expected {len(self)} values of {what}, one per token, got {len(values)}")


class Token:
    """One token of a document: position `i`, and what was found for it."""

    __slots__ = ("doc", "i")

    def __init__(self, doc: Doc, i: int) -> None:
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
        return isinstance(other, Token) and self.i == other.i and _same_doc(self.doc, other.doc)

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
        return next((ent.label for ent in self.doc.ents if ent.start <= self.i < ent.end), "")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Span:
    """Consecutive tokens `start:end` of a document, with a label or an empty one, and the id that a rule gave
    it, if any."""

    doc: Doc
    start: int
    end: int
    label: str = ""
    id: str = ""

    def __repr__(self) -> str:
        """The text."""
        return self.text

    def __len__(self) -> int:
        """Number of tokens."""
        return self.end - self.start

    def __iter__(self) -> Iterator[Token]:
        """Its tokens."""
        return (Token(self.doc, i) for i in range(self.start, self.end))

    def __getitem__(self, key: int) -> Token:
        """A token by its position in the span."""
        if not -len(self) <= key < len(self):
            raise IndexError(f"expected a position below {len(self)}, got {key}")
        return Token(self.doc, self.start + key % len(self))

    def __eq__(self, other: object) -> bool:
        """Same tokens of the same document, same label."""
        mine = (self.start, self.end, self.label)
        return (
            isinstance(other, Span)
            and mine == (other.start, other.end, other.label)
            and _same_doc(self.doc, other.doc)
        )

    def __hash__(self) -> int:
        """By document, tokens and label."""
        return hash((id(self.doc.batch), self.doc.index, self.start, self.end, self.label))

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
    def root(self) -> Token:
        """The token nearest to the root of its tree; the first of several.

        Raises: DocError where the span is empty.
        """
        if self.end == self.start:
            raise DocError("expected a span with tokens to find its root, got an empty one")
        return Token(
            self.doc,
            self.doc.tree.top(self.start, self.end, list(map(or_, self.doc.is_puncts, self.doc.is_spaces))),
        )

    @property
    def text(self) -> str:
        """Its text, with the blanks inside."""
        return self.doc.text[self.start_char : self.end_char]


def _same_doc(one: Doc, other: Doc) -> bool:
    return one.batch is other.batch and one.index == other.index


def _listed(array: npt.NDArray[Any]) -> list[Any]:
    """The values as Python's own."""
    out: list[Any] = array.tolist()
    return out


def _span_column(spans: Sequence[tuple[int, int, str]]) -> SpanColumn:
    labels = {label: i for i, label in enumerate(dict.fromkeys(label for _, _, label in spans))}
    starts = np.array([start for start, _, _ in spans], dtype=np.int32)
    ends = np.array([end for _, end, _ in spans], dtype=np.int32)
    ids = np.array([labels[label] for _, _, label in spans], dtype=np.int32)
    return SpanColumn(np.array([0, len(spans)], dtype=np.int64), starts, ends, ids, tuple(labels))
