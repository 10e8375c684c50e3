# SPDX-License-Identifier: Apache-2.0
"""The rule tokenizer: texts to lexeme ids and character offsets."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence

import numpy as np

from ..doc.batch import Batch, join
from ..doc.doc import Doc
from ..errors import TokenizerError
from ..vocab.flags import Flag
from ..vocab.lexemes import HasVector, LexemeTable
from .chunk_table import ChunkTable
from .rules import Rules
from .search_functions import METHODS
from .splitter import Function, Splitter
from .token_arrays import FoundChunks, find_chunks, lay_out_tokens


class RuleTokenizer:
    """Cuts texts by its rules; safe to call from several threads at once.

    Chunks seen before are found in a table by compiled loops that release the interpreter lock; new ones are
    cut by the rules, under one lock. The table and its lexemes are replaced by fresh ones when they hold
    `max_lexemes` lexemes or `max_bytes` of text, so hostile text cannot grow them; a batch keeps the lexeme
    table that its ids belong to. `flags`: what the language's yes-or-no features mean, where it is not what
    `rules.lang` says.
    """

    def __init__(
        self,
        rules: Rules,
        *,
        max_lexemes: int = 40_000,
        max_bytes: int = 32_000_000,
        flags: Mapping[str, Flag] | None = None,
    ) -> None:
        self.rule_set = rules
        self.max_lexemes = max_lexemes
        self.max_bytes = max_bytes
        self._flags = flags
        self._functions: dict[str, Function] = {}
        self._splitter = Splitter(rules)
        self._stale = False
        self._lock = threading.Lock()
        self._has_vector: HasVector | None = None
        self._table = ChunkTable(self._splitter, flags)

    def __call__(self, text: str) -> Doc:
        """One document."""
        return Doc(self.tokenize([text]), 0)

    @property
    def lexemes(self) -> LexemeTable:
        """The current lexeme table."""
        return self._table.lexemes

    def tokenize(self, texts: Sequence[str]) -> Batch:
        """A batch of documents, in the order of the texts."""
        texts = list(texts)
        table = self._current()
        chunks = find_chunks(texts, table)
        tokens = lay_out_tokens(chunks, table.state)
        unsure = [
            d
            for d in np.flatnonzero(tokens.doc_spanning).tolist()
            if _may_reach_on(texts[d], d, chunks, table)
        ]
        batch = Batch(
            texts, tokens.doc_offsets, tokens.ids, tokens.starts, tokens.lengths, tokens.spaces, table.lexemes
        )
        return _with_whole(batch, unsure, table.splitter) if unsure else batch

    def tokenize_plain(self, text: str) -> list[tuple[str, str, bool]]:
        """Tokens by the reference path, without any cache: text, norm, and whether one blank follows."""
        tokens = self.splitter.tokens(text)
        rules = self.rule_set
        table = LexemeTable(rules.norms, rules.norms_by_id, rules.lang)
        ids = table.add_many([t[0] for t in tokens], [t[1] for t in tokens])
        return [(t[0], table.norm(i), t[2]) for t, i in zip(tokens, ids, strict=True)]

    def from_words(self, words: Sequence[str], spaces: Sequence[bool] | None = None) -> Doc:
        """A document of given words; `spaces` says after which of them one blank follows (default: after all
        but the last).

        Raises: TokenizerError where a word is empty or the two differ in length.
        """
        if spaces is None:
            spaces = [i + 1 < len(words) for i in range(len(words))]
        if len(spaces) != len(words):
            raise TokenizerError(f"expected one space flag for each of {len(words)} words, got {len(spaces)}")
        if not all(words):
            raise TokenizerError(
                f"expected words that are not empty, got one at position {list(words).index('')}; leave it "
                "out"
            )
        text = "".join([word + " " if space else word for word, space in zip(words, spaces, strict=True)])
        return Doc(_batch_of_words(text, words, spaces, self._current().lexemes), 0)

    def use_vectors(self, has_vector: HasVector) -> None:
        """Tell the lexemes, those of later tables too, which of them have a static vector."""
        with self._lock:
            self._has_vector = self._table.lexemes.has_vector = has_vector

    def to_json(self) -> str:
        """The rules as JSON text. Raises: TokenizerError where one of them is a function."""
        self._refuse_functions()
        return self.rule_set.to_json()

    @classmethod
    def from_json(cls, source: str | bytes) -> RuleTokenizer:
        """A tokenizer from the rules that `to_json` wrote."""
        return cls(Rules.from_json(source))

    @property
    def splitter(self) -> Splitter:
        """The rules, compiled."""
        return self._current().splitter

    def change(self, rules: Rules, functions: Mapping[str, Function] | None = None) -> None:
        """Cut by these rules from now on, `functions` in the place of some of them; documents that are there
        stay."""
        with self._lock:
            self.rule_set, self._functions, self._stale = rules, dict(functions or {}), True

    def _current(self) -> ChunkTable:
        """The chunk table, a fresh one if it is full or if the rules have changed."""
        table = self._table
        if not self._stale and not table.is_full(self.max_lexemes, self.max_bytes):
            return table
        with self._lock:
            if self._stale or self._table is table:
                if self._stale:
                    self._splitter = Splitter(self.rule_set, self._functions)
                fresh = ChunkTable(self._splitter, self._flags)
                fresh.lexemes.replace(table.lexemes)
                fresh.lexemes.has_vector = self._has_vector
                self._table, self._stale = fresh, False
            return self._table

    def _refuse_functions(self) -> None:
        for name in self._functions:
            attribute, method = METHODS[name]
            raise TokenizerError(
                f"expected rules that can be written down, got a function as {attribute}; give the method "
                f"{method} of a compiled pattern, or make the tokenizer by a registered function"
            )


def _may_reach_on(text: str, doc: int, chunks: FoundChunks, table: ChunkTable) -> bool:
    """Whether an exception may reach from a chunk of this document into the next one."""
    rows = slice(int(chunks.doc_chunks[doc]), int(chunks.doc_chunks[doc + 1]))
    starts = [*chunks.starts[rows].tolist(), len(text)]
    spaces = chunks.spaces[rows].tolist()
    unsure = np.flatnonzero(table.state.spanning[chunks.entries[rows]]).tolist()

    def chunk(number: int) -> str:
        return text[starts[number] : starts[number + 1] - spaces[number]]

    borders = {k for i in unsure for k in (i - 1, i) if 0 <= k < len(spaces) - 1}
    return any(table.splitter.reaches(chunk(k), chunk(k + 1)) for k in borders)


def _with_whole(batch: Batch, docs: list[int], splitter: Splitter) -> Batch:
    """The batch with these documents cut anew by the reference path, exceptions over several chunks
    included."""
    parts = [(batch, d) for d in range(batch.n_docs)]
    for d in docs:
        tokens = splitter.tokens(batch.texts[d], again=True)
        parts[d] = (batch_of_tokens([batch.texts[d]], [tokens], batch.lexemes), 0)
    return join(parts)


def _batch_of_words(text: str, words: Sequence[str], spaces: Sequence[bool], table: LexemeTable) -> Batch:
    """One document of words that no exception gave a norm; `text` is what they say."""
    n = len(words)
    lengths = np.fromiter(map(len, words), dtype=np.int32, count=n)
    after = np.fromiter(map(bool, spaces), dtype=np.uint8, count=n)
    sizes = lengths + after
    starts = (np.cumsum(sizes, dtype=np.int64) - sizes).astype(np.int32)
    offsets = np.array([0, n], dtype=np.int64)
    return Batch([text], offsets, table.add_keys(words), starts, lengths, after, table)


def batch_of_tokens(
    texts: list[str], docs: Sequence[Sequence[tuple[str, str | None, bool]]], table: LexemeTable
) -> Batch:
    """Documents of given tokens: text, norm of an exception, whether one blank follows."""
    tokens = [token for doc in docs for token in doc]
    ids = table.add_many([token[0] for token in tokens], [token[1] for token in tokens])
    offsets = np.zeros(len(docs) + 1, dtype=np.int64)
    np.cumsum([len(doc) for doc in docs], out=offsets[1:])
    lengths = np.array([len(token[0]) for token in tokens], dtype=np.int32)
    spaces = np.array([token[2] for token in tokens], dtype=np.uint8)
    ends = np.cumsum(lengths + spaces, dtype=np.int64)
    before = np.concatenate([[0], ends])
    starts = before[:-1] - np.repeat(before[offsets[:-1]], np.diff(offsets))
    return Batch(
        texts, offsets, np.array(ids, dtype=np.int32), starts.astype(np.int32), lengths, spaces, table
    )
