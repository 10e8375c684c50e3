# SPDX-License-Identifier: Apache-2.0
"""Setting what is known of a document, whether it is alone in its batch or not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from ..errors import DocError, DocValueError
from ..vocab.attrs import attribute_name
from ..vocab.strings import SYMBOL_IDS, SYMBOLS
from ..vocab.vocab import Vocab, vocab_of
from .batch import LabelColumn
from .batch_writer import ENTS, MORPH, SpanValue, writer_of
from .biluo import MISSING
from .categories import Categories
from .doc_columns import DocColumns
from .doc_state import DocState, state_of
from .span import Span
from .token import text_of
from .tree import edges_of, sentence_starts

COLUMNS = {
    "TAG": "tag",
    "POS": "pos",
    "LEMMA": "lemma",
    "DEP": "dep",
    "ENT_ID": "ent_id",
    "ENT_KB_ID": "ent_kb_id",
}
"""Attribute -> label column."""

UNIVERSAL_POS = SYMBOLS[SYMBOL_IDS["ADJ"] : SYMBOL_IDS["SPACE"] + 1]
"""Universal parts of speech."""

TOKEN_KINDS = ("blocked", "missing", "outside")
BLOCKED = ""
"""Label of a token that is no part of an entity and is to stay none."""


class DocSetters(DocColumns):
    """What can be set of a document. Values go into the batch, so that every view and every file has them."""

    @property
    def vocab(self) -> Vocab:
        """The vocabulary, which all documents of a pipeline share."""
        return vocab_of(self.batch.lexemes)

    @property
    def state(self) -> DocState:
        """What people keep with the document besides annotations."""
        return state_of(self.batch, self.index)

    @property
    def _token_rows(self) -> slice:
        return slice(self.start_row, self.end_row)

    def set_tags(self, tags: Sequence[str]) -> None:
        """Set the fine-grained tags; an empty string leaves a token unset."""
        self.set_column("tag", tags)

    def set_pos(self, pos: Sequence[str]) -> None:
        """Set the universal parts of speech; an empty string leaves a token unset."""
        self.set_column("pos", pos)

    def set_morphs(self, morphs: Sequence[str]) -> None:
        """Set the morphological features; an empty string is a token without features."""
        self.set_column(MORPH, morphs)

    def set_lemmas(self, lemmas: Sequence[str]) -> None:
        """Set the lemmas; an empty string leaves a token unset."""
        self.set_column("lemma", lemmas)

    def set_column(self, name: str, values: Sequence[str]) -> None:
        """Set a label column; an empty string leaves a token unset.

        Raises: DocError where the number of values is not that of the tokens.
        """
        self._expect_length(name, values)
        if self.batch.n_docs == 1:
            different = dict.fromkeys(values)
            labels = tuple(value for value in different if value)
            places = {**dict.fromkeys(different, -1), **{label: i for i, label in enumerate(labels)}}
            ids = np.array(list(map(places.__getitem__, values)), dtype=np.int32)
            self.batch.columns[name] = LabelColumn(ids, labels)
        else:
            writer_of(self.batch).set_labels(name, self._token_rows, values)
        self._forget(name)

    def is_known(self, column: str, i: int) -> bool:
        """Whether a token has a value in a label column; in `morph` that may be the empty one."""
        known = self.batch.columns.get(column)
        if known is None:
            return False
        return bool(known.ids[self.start_row + i] >= 0) or (column == "morph" and "" not in known.labels)

    def set_token_label(self, column: str, i: int, value: str) -> None:
        """Set a token's label; an empty one is unset. Where the vocabulary knows what a tag means, that is
        set too."""
        self.write_label(column, i, expect_pos(value) if column == "pos" else value)
        for name, implied in self.vocab.tag_map.get(value, {}).items() if column == "tag" else ():
            layer = COLUMNS.get(attribute_name(name), "morph")
            self.write_label(layer, i, text_of(self, implied))

    def set_layer(self, column: str, values: Sequence[str | None]) -> None:
        """Set a label column as `set_token_label` does; None and the empty text are unset."""
        if column == "pos":
            values = [expect_pos(value or "") for value in values]
        self.set_column(column, [value or "" for value in values])
        if column == "tag" and self.vocab.tag_map:
            for i, value in enumerate(values):
                self.set_token_label(column, i, value or "")

    def write_label(self, name: str, i: int, value: str | None) -> None:
        """Set a token's value in a label column; None is unset."""
        writer_of(self.batch).set_label(name, self.start_row + i, value)
        for listed in (f"column {name}", {"pos": "pos_tags"}.get(name, f"{name}s")):
            known = self.__dict__.get(listed)
            if known is not None:
                list.__setitem__(known, i, value or "")

    def write_head(self, i: int, head: int) -> None:
        """Set a token's head; itself makes it a root. Raises: DocValueError where it is none of the
        tokens."""
        if not 0 <= head < len(self):
            raise DocValueError(f"expected a head that is one of {len(self)} tokens, got {head}")
        row = self.start_row + i
        writer_of(self.batch).set_heads(slice(row, row + 1), [head])
        self._forget("heads")

    def write_sent_start(self, i: int, value: int) -> None:
        """Set whether a sentence starts at a token: 1, -1, or 0 where unknown."""
        row = self.start_row + i
        writer_of(self.batch).set_sent_starts(slice(row, row + 1), [value])
        known = self.__dict__.get("sent_starts")
        if known is not None:
            list.__setitem__(known, i, value)

    def write_norm(self, i: int, norm: str) -> None:
        """Set a token's norm."""
        row = self.start_row + i
        writer_of(self.batch).set_lexemes(slice(row, row + 1), [self.batch.lexemes.add(self.words[i], norm)])
        self._forget("norm")

    def set_heads(self, heads: Sequence[int], deps: Sequence[str]) -> None:
        """Set the tree: position of each token's head (its own for a root) and dependency labels."""
        self._expect_length("heads", heads)
        n = len(self)
        outside = [head for head in heads if not 0 <= head < n]
        if outside:
            raise DocValueError(f"expected heads to be token positions below {n}, got {outside[0]}")
        if self.batch.n_docs == 1:
            self.batch.heads = np.array(heads, dtype=np.int32)
        else:
            writer_of(self.batch).set_heads(self._token_rows, heads)
        self._forget("heads")
        self.set_column("dep", deps)

    def sentences_from_tree(self) -> None:
        """Set the sentence starts that follow from the tree."""
        self.set_sent_starts(sentence_starts(self.heads, edges_of(self.heads)[0]))

    def set_sent_starts(self, sent_starts: Sequence[int]) -> None:
        """Set sentence starts: 1 starts one, -1 does not, 0 is unknown."""
        self._expect_length("sent_starts", sent_starts)
        if not set(sent_starts) <= {-1, 0, 1}:
            raise DocValueError(
                f"expected sentence starts to be 1, -1 or 0, got {sorted(set(sent_starts) - {-1, 0, 1})}"
            )
        writer_of(self.batch).set_sent_starts(self._token_rows, sent_starts)
        self._forget("sents")

    def set_ents(
        self,
        entities: Iterable[Any],
        *,
        blocked: Iterable[Span] | None = None,
        missing: Iterable[Span] | None = None,
        outside: Iterable[Span] | None = None,
        default: str = "outside",
    ) -> None:
        """Set the entities: spans, or `(start token, end token, label)`; they may not overlap.

        Spans that are `blocked` stay without entity, of `missing` ones nothing is known, `outside` ones are
        in none. All other tokens are what `default` says: one of the three, or "unmodified".
        Ids come with spans; where all are given without, those that tokens have stay. Raises: DocValueError
        where two overlap, or one is not a span of this document.
        """
        given = list(entities)
        ents = sorted(_span_value(self, span) for span in given)
        for one, other in pairwise(ents):
            if other.start < one.end:
                raise DocValueError(
                    f"expected entities that do not overlap, got {other.label!r} starting at token "
                    f"{other.start} before {one.end}"
                )
        said = {"blocked": blocked, "missing": missing, "outside": outside}
        named = {kind: [_span_value(self, span) for span in spans or ()] for kind, spans in said.items()}
        if default != "outside" or any(named.values()):
            ents = self._with_default(ents, named, default)
        self._expect_spans(ents)
        with_ids = not given or any(isinstance(span, Span) or len(span) > 3 for span in given)
        writer_of(self.batch).set_spans(ENTS, self.index, ents, entity_ids=with_ids)
        self._forget(ENTS)

    def set_spans(self, key: str, spans: Sequence[tuple[int, int, str]]) -> None:
        """Set a group of spans as (start token, end token, label); they may overlap."""
        values = [SpanValue(*span) for span in sorted(spans, key=lambda span: span[0])]
        self._expect_spans(values)
        writer_of(self.batch).set_spans(key, self.index, values)
        self._forget(key)

    def set_group(self, key: str, spans: Sequence[SpanValue]) -> None:
        """Set a group of spans, in the given order.

        Raises: DocValueError for spans outside; DocError for the key of entities.
        """
        if key == ENTS:
            raise DocError(
                "expected another key than 'ents', under which entities are kept; set doc.ents, or name the "
                "group otherwise"
            )
        self._expect_spans(spans)
        writer_of(self.batch).set_spans(key, self.index, spans)

    def set_cats(self, cats: Mapping[str, float]) -> None:
        """Set the score of each category."""
        values = {str(label): float(score) for label, score in dict(cats).items()}
        writer_of(self.batch).set_cats(self.index, values)

    def _get_cats(self) -> dict[str, float]:
        return Categories(self._read_cats(), self.set_cats)

    def _with_default(
        self, ents: list[SpanValue], named: Mapping[str, list[SpanValue]], default: str
    ) -> list[SpanValue]:
        """The entities, and the tokens that are said to be something else than outside."""
        if default not in (*TOKEN_KINDS, "unmodified"):
            raise DocValueError(
                f"expected default to be one of {', '.join(TOKEN_KINDS)}, unmodified, got {default!r}"
            )
        free = np.ones(len(self), dtype=bool)
        for kind, spans in (("entity", ents), *named.items()):
            for span in spans:
                if not free[span.start : span.end].all():
                    raise DocValueError(
                        f"expected tokens that are said one thing of, got {kind} at {span[:2]} too"
                    )
                free[span.start : span.end] = False
        if default == "unmodified":
            known = self.batch.spans_of(ENTS, self.index) or (
                [] if self.has(ENTS) else [(0, len(self), MISSING)]
            )
            kept = [s for s in known if free[s[0] : s[1]].all()]
            torn = [(i, i + 1, s[2]) for s in known if s not in kept for i in range(*s[:2]) if free[i]]
            named = {**named, "unmodified": [SpanValue(*s) for s in (*kept, *torn)]}
        elif default != "outside":
            rest = [SpanValue(i, i + 1, "") for i in np.flatnonzero(free).tolist()]
            named = {**named, default: [*named[default], *rest]}
        blocked = [
            SpanValue(i, i + 1, BLOCKED) for span in named["blocked"] for i in range(span.start, span.end)
        ]
        missing = [SpanValue(span.start, span.end, MISSING) for span in named["missing"]]
        return sorted([*ents, *blocked, *missing, *named.get("unmodified", ())])

    def _expect_spans(self, spans: Iterable[SpanValue]) -> None:
        for span in spans:
            if not 0 <= span.start < span.end <= len(self):
                raise DocValueError(
                    f"expected spans of at least one of {len(self)} tokens, got {span.label!r} at "
                    f"{span.start}:{span.end}"
                )

    def _expect_length(self, what: str, values: Sequence[Any]) -> None:
        if len(values) != len(self):
            raise DocValueError(f"expected {len(self)} values of {what}, one per token, got {len(values)}")


def _span_value(doc: DocColumns, span: Any) -> SpanValue:
    """A span as a value: a Span of these words, or `(start, end, label)`, or `(label, start, end)`."""
    if isinstance(span, Span):
        if span.doc is not doc and not span.doc.is_same(doc) and span.doc.words != doc.words:
            raise DocValueError(
                f"expected spans of this document, or of one with the same words, got {span!r} of another one"
            )
        return span.value()
    parts = tuple(span)
    if not isinstance(parts[2], str):
        label, *rest = parts
        kb_id, start, end = rest if len(rest) == 3 else ("", *rest)
        return SpanValue(int(start), int(end), text_of(doc, label), text_of(doc, kb_id))
    return SpanValue(int(parts[0]), int(parts[1]), *(str(part) for part in parts[2:]))


def expect_pos(value: str) -> str:
    """A universal part of speech, or an empty one. Raises: DocValueError, which lists them."""
    if value and value not in UNIVERSAL_POS:
        raise DocValueError(
            f"expected a universal part of speech, got {value!r}; there are: {', '.join(UNIVERSAL_POS)}; "
            "other tags belong into `tag`"
        )
    return value


SETTERS: dict[str, Callable[[Any, Any], None]] = {
    "tags": lambda doc, values: doc.set_tags(values),
    "pos_tags": lambda doc, values: doc.set_pos(values),
    "morphs": lambda doc, values: doc.set_morphs(values),
    "lemmas": lambda doc, values: doc.set_lemmas(values),
    "deps": lambda doc, values: doc.set_column("dep", values),
    "heads": lambda doc, values: doc.set_heads(values, doc.deps),
    "sent_starts": lambda doc, values: doc.set_sent_starts(values),
    "ents": lambda doc, values: doc.set_ents(values),
}
"""Lists of a document that can be assigned, and how each is kept."""


def no_such_attribute(name: str) -> AttributeError:
    """The error of an assignment that nothing would keep."""
    return AttributeError(
        f"expected an attribute of documents that can be set, got {name!r}; there are: "
        f"{', '.join((*SETTERS, 'cats', 'spans', 'user_data', 'tensor'))}; keep your own values in doc._ "
        "(Doc.set_extension) or doc.user_data"
    )
