# SPDX-License-Identifier: Apache-2.0
"""Hugging Face tokenizers, with a cache of blank-separated units in front."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..safe_files import parse_json, read_file
from .alignment import expand
from .errors import TransformerError
from .libraries import require_transformers, tokenizers
from .slow_tokenizers import converted
from .unit_cache import Pieces, UnitCache, changes_across_units

IntArray = npt.NDArray[Any]

NO_LIMIT = 1 << 20
"""A `model_max_length` from here on stands for none; the library writes 10 to the power of 30."""

FILES = (
    "added_tokens.json",
    "merges.txt",
    "sentencepiece.bpe.model",
    "special_tokens_map.json",
    "spiece.model",
    "tokenizer.json",
    "tokenizer_config.json",
    "vocab.json",
    "vocab.txt",
)
"""What tokenizers are saved as."""

PROBE = "A few words, naïve ones: don't  cut (them) twice -- café, U.S., x2 日本語 n't go  on"
ANCHOR = "a"
SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True, eq=False)
class TextPieces:
    """Pieces of several texts, special ones included.

    Shape: ids, starts, ends `(n_pieces,)` int32, characters within the own text, 0 and 0 for special pieces;
    cu_seq_lens `(n_texts + 1,)` int64.
    """

    ids: IntArray
    starts: IntArray
    ends: IntArray
    cu_seq_lens: IntArray

    @property
    def lengths(self) -> IntArray:
        """Pieces of each text."""
        return np.diff(self.cu_seq_lens)


class PieceTokenizer:
    """Texts to pieces. It never pads and never cuts; safe for several threads at once.

    `files` are what it was made of, to be saved with a pipeline. `use_fast` is False where pieces of unknown
    words belong to no token, as slow tokenizers have it. `model_max_length` counts the pieces that the
    encoder can read at once, None where nothing says so.
    """

    def __init__(
        self,
        tokenizer_json: bytes,
        files: Mapping[str, bytes],
        *,
        use_fast: bool = True,
        model_max_length: int | None = None,
        pad_token: str | None = None,
        unk_token: str | None = None,
    ) -> None:
        require_transformers("a piece tokenizer")
        self.files = dict(files)
        self.use_fast = use_fast
        self.model_max_length = model_max_length
        self._json = tokenizer_json
        self._pad_token = pad_token
        self._unk_token = unk_token

    @cached_property
    def library_tokenizer(self) -> tokenizers.Tokenizer:
        """The library's own. What is saved holds the padding and the limit of its last call, which are
        dropped."""
        with _said_by_library("that the library reads"):
            tokenizer = tokenizers.Tokenizer.from_str(self._json.decode())
            tokenizer.no_padding()
            tokenizer.no_truncation()
        return tokenizer

    def _by_library(self, texts: Sequence[str], *, add_special_tokens: bool) -> list[tokenizers.Encoding]:
        tokenizer = self.library_tokenizer
        with _said_by_library("that cuts any text"):
            found: list[tokenizers.Encoding] = tokenizer.encode_batch(
                list(texts), add_special_tokens=add_special_tokens
            )
        return found

    def encode(self, texts: Sequence[str]) -> TextPieces:
        """The pieces of each text, units from the cache; equal to `encode_uncached`."""
        if self._cache is None or not texts:
            return self.encode_uncached(texts)
        pieces, counts, whole = self._cache.pieces_of(texts)
        before, behind = self.around
        specials = np.where(whole, 0, len(before) + len(behind))
        if not whole.any():
            return _framed(pieces, counts, before, behind)
        rest = self.encode_uncached([text for text, is_whole in zip(texts, whole, strict=True) if is_whole])
        divided = _framed(pieces, counts[~whole], before, behind)
        lengths = counts + specials
        lengths[whole] = rest.lengths
        return _in_order(divided, rest, whole, lengths)

    def encode_uncached(self, texts: Sequence[str]) -> TextPieces:
        """The pieces of each text by the library alone."""
        found = self._by_library(list(map(without_surrogates, texts)), add_special_tokens=True)
        lengths = [len(each.ids) for each in found]
        ids = np.fromiter((i for each in found for i in each.ids), np.int32, sum(lengths))
        offsets = np.array([o for each in found for o in each.offsets], np.int32).reshape(-1, 2)
        special = np.fromiter((m for each in found for m in each.special_tokens_mask), bool, sum(lengths))
        offsets[special] = 0
        cu_seq_lens = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
        return TextPieces(ids, offsets[:, 0], offsets[:, 1], cu_seq_lens)

    def aligned(self, texts: Sequence[str], pieces: TextPieces) -> IntArray:
        """Which pieces may belong to tokens. Of a slow tokenizer special ones and unknown words do not, but
        in texts that spell a special piece. Shape: `(n_pieces,)` bool."""
        if self.use_fast:
            return np.ones(len(pieces.ids), bool)
        spelled = [any(special in text for special in self._special_texts) for text in texts]
        kept: IntArray = np.repeat(np.asarray(spelled, bool), pieces.lengths)
        kept |= ~np.isin(pieces.ids, self._special_ids)
        return kept

    def strings(self, ids: IntArray) -> list[str]:
        """What the pieces are called."""
        name = self.library_tokenizer.id_to_token
        return [name(i) or "" for i in ids.tolist()]

    @cached_property
    def digest(self) -> str:
        """sha256 of what pieces depend on."""
        return sha256(repr((self.use_fast, self.model_max_length)).encode() + self._json).hexdigest()

    @cached_property
    def pad_id(self) -> int:
        """The id of the padding piece, 0 where there is none."""
        return self.library_tokenizer.token_to_id(self._pad_token) or 0 if self._pad_token else 0

    @property
    def vocab_size(self) -> int:
        """Number of pieces, added ones included."""
        return int(self.library_tokenizer.get_vocab_size(with_added_tokens=True))

    @cached_property
    def _added(self) -> dict[int, Any]:
        return dict(self.library_tokenizer.get_added_tokens_decoder())

    @cached_property
    def _special_texts(self) -> tuple[str, ...]:
        special = {token.content for token in self._added.values() if token.special}
        return tuple(special | ({self._unk_token} if self._unk_token else set()))

    @cached_property
    def _special_ids(self) -> IntArray:
        ids = (self.library_tokenizer.token_to_id(text) for text in self._special_texts)
        return np.array([i for i in ids if i is not None], np.int32)

    @cached_property
    def around(self) -> tuple[list[int], list[int]]:
        """Special pieces before and behind each text."""
        (whole,) = self._by_library([ANCHOR], add_special_tokens=True)
        inside = [not mask for mask in whole.special_tokens_mask]
        if not any(inside):
            raise TransformerError(f"expected a tokenizer with pieces for {ANCHOR!r}, got special ones alone")
        first, stop = inside.index(True), len(inside) - inside[::-1].index(True)
        return whole.ids[:first], whole.ids[stop:]

    @cached_property
    def _cache(self) -> UnitCache | None:
        """The cache, by whichever way of cutting units gives what the tokenizer gives on a probe; None where
        neither does."""
        undivided = [token.content for token in self._added.values() if " " in token.content]
        for cut in (self._cut, self._cut_behind_anchor):
            cache = UnitCache(cut, self._is_whole, undivided, is_same_at_start=cut == self._cut)
            pieces, _, whole = cache.pieces_of([PROBE])
            (found,) = self._by_library([PROBE], add_special_tokens=False)
            expected = np.concatenate([[found.ids], np.array(found.offsets).T]) if found.ids else pieces
            if not whole.any() and np.array_equal(pieces, expected):
                return cache
        return None

    def _cut(self, units: list[str]) -> list[Pieces]:
        return [(each.ids, each.offsets) for each in self._by_library(units, add_special_tokens=False)]

    def _cut_behind_anchor(self, units: list[str]) -> list[Pieces]:
        """As above, with a letter before units that begin with a blank: a few tokenizers treat the beginning
        of a text in another way."""
        moved = [len(ANCHOR) if unit.startswith(" ") else 0 for unit in units]
        texts = [ANCHOR * bool(n) + unit for n, unit in zip(moved, units, strict=True)]
        cut: list[Pieces] = []
        for n, (ids, offsets) in zip(moved, self._cut(texts), strict=True):
            first = next((i for i, (_, end) in enumerate(offsets) if end > n), len(ids)) if n else 0
            cut.append((ids[first:], [(max(start - n, 0), end - n) for start, end in offsets[first:]]))
        return cut

    def _is_whole(self, unit: str) -> bool:
        if changes_across_units(unit):
            return True
        normalizer = self.library_tokenizer.normalizer
        forms = (unit, normalizer.normalize_str(unit)) if normalizer else (unit,)
        return any(token.content in form for token in self._added.values() for form in forms)


def without_surrogates(text: str) -> str:
    """The text with the replacement character for half characters, which no UTF-8 has."""
    return text if text.isascii() else SURROGATE.sub("\ufffd", text)


def _framed(pieces: IntArray, counts: IntArray, before: list[int], behind: list[int]) -> TextPieces:
    """Pieces of texts, one after the other, with special pieces around each text."""
    lengths = counts + len(before) + len(behind)
    cu_seq_lens = np.concatenate([[0], np.cumsum(lengths)])
    framed = np.zeros((3, int(cu_seq_lens[-1])), np.int32)
    framed[:, expand(cu_seq_lens[:-1] + len(before), counts)] = pieces
    for place, special in enumerate(before):
        framed[0, cu_seq_lens[:-1] + place] = special
    for place, special in enumerate(reversed(behind), 1):
        framed[0, cu_seq_lens[1:] - place] = special
    return TextPieces(framed[0], framed[1], framed[2], cu_seq_lens)


def _in_order(divided: TextPieces, rest: TextPieces, whole: IntArray, lengths: IntArray) -> TextPieces:
    """The pieces of both kinds of texts in the order of the texts."""
    firsts = np.empty(len(whole), np.int64)
    firsts[~whole] = divided.cu_seq_lens[:-1]
    firsts[whole] = len(divided.ids) + rest.cu_seq_lens[:-1]
    places = expand(firsts, lengths)
    columns = [
        np.concatenate([getattr(divided, name), getattr(rest, name)])[places]
        for name in ("ids", "starts", "ends")
    ]
    return TextPieces(columns[0], columns[1], columns[2], np.concatenate([[0], np.cumsum(lengths)]))


def tokenizer_from_files(
    files: Mapping[str, bytes],
    *,
    use_fast: bool = True,
    settings: Mapping[str, Any] | None = None,
) -> PieceTokenizer:
    """A tokenizer from file names and their bytes: `tokenizer.json`, or the vocabulary files of slow ones.

    `settings` are laid over `tokenizer_config.json` (the documentation's `tokenizer_config`).
    Raises: TransformerError where no file among them says what the pieces are, or one is no such file.
    """
    config = {**_config(files), **(settings or {})}
    written = files.get("tokenizer.json")
    if written is None or set(settings or {}) - {"use_fast", "model_max_length"}:
        written = converted(files, dict(settings or {}))
    return PieceTokenizer(
        written,
        files,
        use_fast=bool((settings or {}).get("use_fast", use_fast)),
        model_max_length=_limit(config.get("model_max_length")),
        pad_token=_content(config.get("pad_token")),
        unk_token=_content(config.get("unk_token")),
    )


@contextmanager
def _said_by_library(what: str) -> Iterator[None]:
    """Whatever the library raises, and it has no errors of its own, as one of ours."""
    try:
        yield
    except BaseException as error:
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        said = " ".join(str(error).split())[:300]
        raise TransformerError(
            f"expected a tokenizer {what}, got {type(error).__name__}: {said}; save its tokenizer.json again"
        ) from None


def _limit(found: Any) -> int | None:
    """How many pieces an encoder reads at once, None where nothing says so. Raises: TransformerError."""
    if found is None:
        return None
    if isinstance(found, bool) or not isinstance(found, int | float) or not found >= 1:
        raise TransformerError(
            f"tokenizer_config.json: expected model_max_length to be a number from 1, got {found!r}"
        )
    return int(found) if found < NO_LIMIT else None


def _config(files: Mapping[str, bytes]) -> dict[str, Any]:
    config: dict[str, Any] = {}
    for name in ("special_tokens_map.json", "tokenizer_config.json"):
        if name in files:
            found = parse_json(files[name], name, "a tokenizer's settings as JSON")
            if not isinstance(found, dict):
                raise TransformerError(f"{name}: expected a map, got {type(found).__name__}")
            config.update(found)
    return config


def _content(token: Any) -> str | None:
    """The text of a special piece, which is written as itself or as a map. Raises: TransformerError."""
    text = token.get("content") if isinstance(token, Mapping) else token
    if text is not None and not isinstance(text, str):
        raise TransformerError(f"tokenizer_config.json: expected special pieces as texts, got {text!r}")
    return text


def tokenizer_files(folder: Path) -> dict[str, bytes]:
    """The files of a tokenizer that lie in a folder."""
    return {name: read_file(folder / name) for name in FILES if (folder / name).is_file()}
