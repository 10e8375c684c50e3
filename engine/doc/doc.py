# SPDX-License-Identifier: Apache-2.0
"""Documents: reading tokens and spans from one document of a batch, and setting what is known of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager
from itertools import repeat
from typing import Any, cast, overload

import numpy as np

from ..cached import cached_attribute
from ..errors import DocValueError
from ..vocab.strings import string_id
from ..vocab.vocab import Vocab
from .batch import Batch
from .batch_writer import ENTS, SpanValue
from .biluo import MISSING
from .doc_setters import BLOCKED, SETTERS, no_such_attribute
from .doc_storage import DocStorage
from .noun_chunk_rules import iterator_of
from .retokenize import Retokenizer
from .span import CharAlignment, Span, spans_between
from .span_group import SpanGroups
from .stated_doc import state_annotations
from .token import Token
from .underscore import EXTENSIONS, Extensible, Extension, Underscore
from .vector_access import VectorAccess
from .words import batch_of_words

HOOKS = ("user_hooks", "user_token_hooks", "user_span_hooks")
STATE = ("user_data", *HOOKS, "activations", "tensor", "sentiment", "has_unknown_spaces")
"""Attributes that are kept beside the annotations."""

ALIGNMENTS = ("strict", "contract", "expand")
"""What may become of characters that do not fit token borders."""


class _FromJson:
    """`Doc.from_json(data, lexemes)` makes a document; `Doc(vocab).from_json(data)` becomes one."""

    def __get__(self, doc: Doc | None, kind: type[Doc]) -> Any:
        if doc is None:
            return lambda data, lexemes: kind(batch_of_words(lexemes, [], None), 0)._read_json(data, lexemes)
        return lambda doc_json, *, validate=False: doc._read_json(doc_json, doc.batch.lexemes)


class Doc(DocStorage, VectorAccess, Extensible):
    """One document: its text, its tokens, and what the pipeline found in them.

    `Doc(vocab, words=[...])` makes one. What a pipeline gives is a view: `batch` holds the data and `index`
    says which document of it this is; what is set of it goes there, too.

    >>> from engine.vocab import Vocab
    >>> doc = Doc(Vocab(), words=["Hello", "world", "!"], spaces=[True, False, False])
    >>> doc[0].tag_ = "UH"
    >>> doc.text, [token.tag_ for token in doc]
    ('Hello world!', ['UH', '', ''])
    """

    _extensions: MutableMapping[str, Extension] = EXTENSIONS["doc"]
    from_json = _FromJson()

    @overload
    def __init__(self, vocab: Batch, words: int) -> None: ...
    @overload
    def __init__(
        self,
        vocab: Vocab,
        words: Sequence[str] | None = None,
        spaces: Sequence[bool] | None = None,
        user_data: MutableMapping[Any, Any] | None = None,
        *,
        tags: Sequence[str | None] | None = None,
        pos: Sequence[str | None] | None = None,
        morphs: Sequence[str | None] | None = None,
        lemmas: Sequence[str | None] | None = None,
        heads: Sequence[int | None] | None = None,
        deps: Sequence[str | None] | None = None,
        sent_starts: Sequence[bool | int | None] | None = None,
        ents: Sequence[str | None] | None = None,
    ) -> None: ...
    def __init__(
        self, vocab: Any, words: Any = None, spaces: Any = None, user_data: Any = None, **annotations: Any
    ) -> None:
        if isinstance(vocab, Batch):
            self._take(vocab, words)
            return
        given = vocab.vocab if not isinstance(vocab, Vocab) and hasattr(vocab, "vocab") else vocab
        if not isinstance(given, Vocab):
            raise TypeError(f"expected a Vocab to make a document with, got {type(vocab).__name__}")
        self._take(batch_of_words(given.lexemes, [] if words is None else list(words), spaces), 0)
        if words is not None and spaces is None:
            self.state.has_unknown_spaces = True
        if user_data is not None:
            self.state.user_data = user_data
        state_annotations(self, annotations)

    def __setattr__(self, name: str, value: Any) -> None:
        """Set what can be set of a document, so that it is kept. Raises: AttributeError for all else."""
        if name in SETTERS:
            SETTERS[name](self, value)
        elif name == "cats":
            self.set_cats(value)
        elif name == "spans":
            self._set_groups(value)
        elif name in STATE:
            setattr(self.state, name, value)
        elif name in ("batch", "index"):
            self.__dict__[name] = value
        else:
            raise no_such_attribute(name)

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
                raise DocValueError(
                    f"expected a slice without a step, got step {step}; take list(doc)[...] instead"
                )
            return Span(self, start, max(start, end))
        if not -len(self) <= key < len(self):
            raise IndexError(f"expected a token position below {len(self)}, got {key}")
        return Token(self, key % len(self))

    def __repr__(self) -> str:
        """The text."""
        return self.text

    def __str__(self) -> str:
        """The text."""
        return self.text

    @property
    def doc(self) -> Doc:
        """The document itself, as spans and tokens have theirs."""
        return self

    @property
    def _(self) -> Underscore:
        """Attributes of one's own."""
        return Underscore(self._extensions, self, self.user_data, (None, None))

    @property
    def user_data(self) -> MutableMapping[Any, Any]:
        """What people keep with it."""
        return self.state.user_data

    @property
    def user_hooks(self) -> MutableMapping[str, Any]:
        """Functions in place of attributes and methods of the document, by their names."""
        return self._hooks_of("user_hooks")

    @property
    def user_token_hooks(self) -> MutableMapping[str, Any]:
        """Functions in place of attributes and methods of its tokens."""
        return self._hooks_of("user_token_hooks")

    @property
    def user_span_hooks(self) -> MutableMapping[str, Any]:
        """Functions in place of attributes and methods of its spans."""
        return self._hooks_of("user_span_hooks")

    def _hooks_of(self, name: str) -> MutableMapping[str, Any]:
        hooks: MutableMapping[str, Any] = getattr(self.state, name)
        return hooks

    @property
    def activations(self) -> MutableMapping[str, Any]:
        """What components keep of their computation, by their names."""
        return self.state.activations

    @property
    def tensor(self) -> Any:
        """What somebody set, else the shared vectors of its tokens, if any. Shape: `(len(self), width)`."""
        known = self.state.tensor if self.batch.states else None
        if known is None and self.batch.vectors:
            return self._rows(next(iter(self.batch.vectors.values())))
        return np.zeros((0,), dtype=np.float32) if known is None else known

    def _place(self) -> tuple[Doc, slice]:
        return self, slice(None)

    def extend_tensor(self, tensor: Any) -> None:
        """Add columns to the tensor."""
        known = self.tensor
        self.state.tensor = tensor if known.size == 0 else np.hstack([known, tensor])

    @property
    def sentiment(self) -> float:
        """What a hook says, else what somebody set."""
        hook = self.user_hooks.get("sentiment")
        return float(hook(self)) if hook is not None else self.state.sentiment

    @property
    def has_unknown_spaces(self) -> bool:
        """Whether nobody said which words a blank follows."""
        return self.state.has_unknown_spaces

    @property
    def text_with_ws(self) -> str:
        """The text."""
        return self.text

    @property
    def lang_(self) -> str:
        """Language of the vocabulary."""
        return self.vocab.lang

    @property
    def lang(self) -> int:
        """Id of the language of the vocabulary."""
        return string_id(self.lang_)

    @cached_attribute
    def ents(self) -> tuple[Span, ...]:
        """Named entities in order; can be set, as `set_ents` does."""
        hook = self.user_hooks.get("ents") if self.batch.states else None
        if hook is not None:
            return tuple(hook(self))
        return tuple(
            e for e in self.read_spans(ENTS) if e.label_ not in (MISSING, BLOCKED) or e.kb_id_ or e.id_
        )

    @cached_attribute
    def spans(self) -> SpanGroups:
        """Groups of spans by their key, without the entities; can be set."""
        return SpanGroups(self)

    def _set_groups(self, groups: Mapping[str, Any]) -> None:
        values = {key: list(group) for key, group in groups.items()}
        for key in list(self.spans):
            del self.spans[key]
        for key, group in values.items():
            self.spans[key] = group

    @property
    def cats(self) -> dict[str, float]:
        """Score of each category, without those that are unknown; can be set, as a whole and one by one."""
        return self._get_cats()

    @property
    def sents(self) -> Iterator[Span]:
        """Sentences in order.

        Raises: DocError where nobody set sentence starts, and there are several tokens.
        """
        hook = self.user_hooks.get("sents") if self.batch.states else None
        if hook is not None:
            return iter(hook(self))
        if not self.has_annotation("SENT_START"):
            raise DocValueError(
                "expected sentence starts, but this document has none; add a senter, sentencizer or parser "
                "to the pipeline"
            )
        bounds = [i for i, value in enumerate(self.sent_starts) if value == 1 or i == 0] + [len(self)]
        return spans_between(self, bounds)

    @property
    def noun_chunks(self) -> Iterator[Span]:
        """Base noun phrases in order, by the rule of the language or of `vocab.get_noun_chunks`.

        Raises: DocError where nobody set dependencies and parts of speech; NotImplementedError where the
        language has no rule.
        """
        if not (self.has("dep") and self.has("pos")):
            raise DocValueError(
                "expected dependencies and parts of speech, but this document lacks them; add a parser and "
                "a morphologizer"
            )
        find = self.vocab.get_noun_chunks or iterator_of(self.batch.lexemes.lang)
        return (Span(self, start, end, label) for start, end, label in find(self))

    def char_span(
        self,
        start_idx: int,
        end_idx: int,
        label: str | int = "",
        kb_id: str | int = "",
        vector: Any = None,
        alignment_mode: CharAlignment = "strict",
        span_id: str | int = "",
        *,
        alignment: CharAlignment | None = None,
    ) -> Span | None:
        """Span of the given character offsets; None where they do not fit token borders.

        `contract` takes the tokens that lie wholly inside, `expand` all that are touched.
        """
        if kb_id in ALIGNMENTS:  # the fourth argument of our first version
            kb_id, alignment = "", cast(CharAlignment, kb_id)
        mode = alignment or alignment_mode
        if mode not in ALIGNMENTS:
            raise DocValueError(f"expected alignment_mode to be one of {', '.join(ALIGNMENTS)}, got {mode!r}")
        place = self._tokens_between(start_idx, end_idx, mode)
        return None if place is None else Span(self, *place, label, vector, None, kb_id, span_id)

    def _tokens_between(self, start: int, end: int, mode: CharAlignment) -> tuple[int, int] | None:
        starts, ends = self.starts, self.ends
        if mode == "strict":
            by_start, by_end = self._cached(
                "borders", lambda: ({s: i for i, s in enumerate(starts)}, {e: i for i, e in enumerate(ends)})
            )
            first, last = by_start.get(start), by_end.get(end)
            return None if first is None or last is None or last < first else (first, last + 1)
        inside = [
            i
            for i, (s, e) in enumerate(zip(starts, ends, strict=True))
            if (start <= s and e <= end if mode == "contract" else s < end and start < e)
        ]
        return (inside[0], inside[-1] + 1) if inside else None

    @contextmanager
    def retokenize(self) -> Iterator[Retokenizer]:
        """Merge or split tokens: what is asked of the `Retokenizer` that comes here is done when the block
        ends. A document of a batch of several leaves that one for a batch of its own.

        Raises: DocError where the tokens to merge overlap, or pieces do not spell their token.
        """
        changes = Retokenizer()
        yield changes
        self.detach()
        changes.apply(self.batch)
        self._take(self.batch, 0)
        self.refresh()
        for text, name, value in changes.flags_of_merges:
            self.vocab.set_flag(text, name, value)
        for start_char, label in changes.entities_of_merges:
            self[self.starts.index(start_char)].ent_type_ = label
        for start_char, own in changes.own_of_merges:
            for name, value in own.items():
                self[self.starts.index(start_char)]._.set(name, value)

    def write_ent_type(self, i: int, label: str) -> None:
        """Name the entity that a token is in; make one of a token that is in none. An empty name takes the
        entity out."""
        values = [span.value() for span in self.ents]
        inside = [value for value in values if value.start <= i < value.end]
        changed = [value._replace(label=label) for value in inside] or [SpanValue(i, i + 1, label)]
        kept = [value for value in values if value not in inside]
        self.set_ents(
            [Span.of(self, value) for value in (*kept, *changed) if value.label], default="unmodified"
        )

    def read_spans(self, key: str) -> list[Span]:
        """The spans of a group, or the entities, as the batch has them."""
        column = self.batch.spans.get(key)
        if column is None:
            return []
        rows = column.rows(self.index)
        if key == ENTS:
            tokens = [
                self.column(name) if name in self.batch.columns else None for name in ("ent_kb_id", "ent_id")
            ]
            starts = column.starts[rows].tolist()
            ids = [[""] * len(starts) if each is None else [each[i] for i in starts] for each in tokens]
        else:
            ids = [
                [""] * (rows.stop - rows.start) if each is None else each.strings(rows.start, rows.stop)
                for each in (column.kb_ids, column.ids)
            ]
        spans = zip(column.of(self.index), *ids, strict=True)
        of = Span.of
        return [
            of(self, SpanValue(start, end, label, kb_id, own)) for (start, end, label), kb_id, own in spans
        ]
