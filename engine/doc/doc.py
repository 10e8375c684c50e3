# SPDX-License-Identifier: Apache-2.0
"""Documents: reading tokens and spans from one document of a batch, and setting what is known of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import pairwise, repeat
from typing import Any, Literal, overload

import numpy as np

from ..cached import cached_attribute
from ..errors import DocError
from ..vocab.lexemes import LexemeTable
from .batch import UNSET, LabelColumn, SpanColumn
from .doc_columns import DocColumns
from .json import batch_from_json, batch_to_json
from .noun_chunks import noun_chunks
from .retokenize import Retokenizer
from .span import Span
from .token import Token

CharAlignment = Literal["strict", "contract", "expand"]
"""What becomes of characters that do not fit token borders."""


class Doc(DocColumns):
    """One document: its text, its tokens, and what the pipeline found in them.

    A view: `batch` holds the data and `index` says which document it is. What can be set is set for a
    document alone in its batch.
    """

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

    @cached_attribute
    def ents(self) -> tuple[Span, ...]:
        """Named entities in order."""
        return tuple(self._read_spans("ents"))

    @property
    def spans(self) -> Mapping[str, list[Span]]:
        """Groups of spans by their key, without the entities."""
        return {key: self._read_spans(key) for key in self.batch.spans if key != "ents"}

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

    def char_span(
        self, start: int, end: int, label: str = "", alignment: CharAlignment = "strict"
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
        """Merge or split tokens: what is asked of the `Retokenizer` that comes here is done when the block
        ends.

        Raises: DocError where the document is one of a batch of several, the tokens to merge overlap, or
        pieces do not spell their token.
        """
        self._expect_alone("tokens")
        changes = Retokenizer()
        yield changes
        changes.apply(self.batch)
        self._place()
        self._forget()

    def to_json(self) -> dict[str, Any]:
        """The document in the JSON form that spaCy reads."""
        return batch_to_json(self.batch, self.index)

    @classmethod
    def from_json(cls, data: Mapping[str, Any], lexemes: LexemeTable) -> Doc:
        """A document of its own from the JSON form, its words added to the given table
        (`tokenizer.lexemes`)."""
        return cls(batch_from_json(data, lexemes), 0)

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

    def _read_spans(self, key: str) -> list[Span]:
        column = self.batch.spans.get(key)
        if column is None:
            return []
        spans, ids = column.of(self.index), self._span_ids(key, column)
        if ids is None:
            return [Span(self, start, end, label) for start, end, label in spans]
        return [Span(self, start, end, label, id) for (start, end, label), id in zip(spans, ids, strict=True)]

    def _span_ids(self, key: str, column: SpanColumn) -> list[str] | None:
        """Ids of spans, if any has one: those of entities are in a column of tokens."""
        if key == "ents" and "ent_id" in self.batch.columns:
            token_ids = self.column("ent_id")
            return [token_ids[start] for start in column.starts[column.rows(self.index)].tolist()]
        if column.ids is None:
            return None
        rows = column.rows(self.index)
        return column.ids.strings(rows.start, rows.stop)

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


def _span_column(spans: Sequence[tuple[int, int, str]]) -> SpanColumn:
    labels = {label: i for i, label in enumerate(dict.fromkeys(label for _, _, label in spans))}
    starts = np.array([start for start, _, _ in spans], dtype=np.int32)
    ends = np.array([end for _, end, _ in spans], dtype=np.int32)
    ids = np.array([labels[label] for _, _, label in spans], dtype=np.int32)
    return SpanColumn(np.array([0, len(spans)], dtype=np.int64), starts, ends, ids, tuple(labels))
