# SPDX-License-Identifier: Apache-2.0
"""Pieces made token by token, as spacy-curated-transformers makes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from ..doc.batch import Batch
from .alignment import TokenRows
from .errors import TransformerError
from .libraries import require_transformers, tokenizers
from .piece_tokenizer import without_surrogates
from .pieces import PieceBatch, TokenSpans
from .sentencepiece_model import SentencePieceModel
from .windows import stride_windows
from .word_pieces import CharacterPieces, WordPieces

MAX_CACHED_TOKENS = 1 << 17
"""Tokens whose pieces are kept, so that no stream of texts can fill the memory."""


class PieceEncoder:
    """Tokens to pieces, each token by itself; the same token has the same pieces everywhere.

    `kind` is the name of its architecture without prefix and version, `attributes` are what is saved of it.
    """

    def __init__(
        self,
        kind: str,
        attributes: Mapping[str, Any],
        names: Sequence[str],
        cut: Callable[[str], tuple[int, ...]],
        bos_id: int,
        eos_id: int,
        *,
        sees_blanks: bool = False,
    ) -> None:
        self.kind = kind
        self.attributes = dict(attributes)
        self.bos_id = bos_id
        self.eos_id = eos_id
        self.sees_blanks = sees_blanks
        self._names = names
        self._cut = lru_cache(MAX_CACHED_TOKENS)(cut)

    def ids_of(self, token: str, blank_before: bool = False) -> tuple[int, ...]:
        """The pieces of one token; none for white space."""
        if token.isspace() or not token:
            return ()
        token = without_surrogates(token)
        return self._cut(f" {token}" if blank_before and self.sees_blanks else token)

    def strings(self, ids: Sequence[int]) -> list[str]:
        """What the pieces are called."""
        return [self._names[i] for i in ids]

    @property
    def vocab_size(self) -> int:
        """Number of pieces."""
        return len(self._names)


def piece_encoder(kind: str, attributes: Mapping[str, Any]) -> PieceEncoder:
    """A piece encoder from its saved attributes.

    `kind` is the name of its architecture without prefix and version: ByteBpeEncoder, BertWordpieceEncoder,
    WordpieceEncoder, SentencepieceEncoder, XlmrSentencepieceEncoder, CamembertSentencepieceEncoder,
    CharEncoder. `attributes` are those of the saved node: byte_bpe_processor (merges and vocab),
    wordpiece_processor (pieces, or their text, a line each), sentencepiece_processor (the model's bytes),
    vocab, normalize; unk_piece, bos_piece, eos_piece, lowercase, strip_accents.
    Raises: TransformerError.
    """
    make = MAKERS.get(kind)
    if make is None:
        raise TransformerError(f"expected a piece encoder among {', '.join(sorted(MAKERS))}, got {kind!r}")
    try:
        return make(kind, attributes)
    except KeyError as error:
        raise TransformerError(
            f"expected {error.args[0]} of a {kind}, got {', '.join(sorted(attributes)) or 'nothing'}; give "
            "it a loader in "
            "[initialize.components.transformer.piecer_loader], or load a trained pipeline"
        ) from None


def _byte_bpe(kind: str, attributes: Mapping[str, Any]) -> PieceEncoder:
    require_transformers(f"a {kind}")
    processor = attributes["byte_bpe_processor"]
    vocab = {str(piece): int(i) for piece, i in processor["vocab"].items()}
    merges = [(first, second) for first, second in processor["merges"]]
    try:
        tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE(vocab=vocab, merges=merges))
    except Exception as error:  # the library raises nothing narrower
        raise TransformerError(f"expected merges whose pieces are in the vocabulary, got {error}") from None
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    missing = sorted(set(tokenizers.pre_tokenizers.ByteLevel.alphabet()) - set(vocab))

    def cut(token: str) -> tuple[int, ...]:
        ids = tuple(tokenizer.encode(token, add_special_tokens=False).ids)
        if missing and len("".join(map(names.__getitem__, ids))) != len(token.encode()):
            raise TransformerError(
                f"expected pieces for every byte of a token, got a vocabulary without {len(missing)} of 256 "
                "bytes"
            )
        return ids

    names = _names(vocab)
    bos, eos = _special(vocab, attributes, "<s>", "</s>")
    return PieceEncoder(kind, attributes, names, cut, bos, eos, sees_blanks=True)


def _wordpiece(kind: str, attributes: Mapping[str, Any]) -> PieceEncoder:
    saved = attributes["wordpiece_processor"]
    text = saved.decode() if isinstance(saved, bytes) else saved
    pieces = text.split("\n") if isinstance(text, str) else list(text)
    vocab = {piece: i for i, piece in enumerate(pieces)}
    bos, eos = _special(vocab, attributes, "[CLS]", "[SEP]")
    unk = _id_of(vocab, attributes.get("unk_piece", "[UNK]"))
    words = WordPieces(
        tuple(pieces),
        unk,
        lowercase=bool(attributes.get("lowercase", False)),
        strip_accents=bool(attributes.get("strip_accents", False)),
        splits_punctuation=kind == "BertWordpieceEncoder",
    )
    return PieceEncoder(kind, attributes, pieces, words.ids_of, bos, eos)


def _sentencepiece(kind: str, attributes: Mapping[str, Any]) -> PieceEncoder:
    model = SentencePieceModel(bytes(attributes["sentencepiece_processor"]))
    if kind == "SentencepieceEncoder" and min(model.bos_id, model.eos_id) < 0:
        raise TransformerError(
            f"expected a SentencePiece model with pieces for beginning and end, got ids {model.bos_id} and "
            f"{model.eos_id}"
        )
    renumber = RENUMBERED[kind]
    names = {renumber(i): piece for i, piece in enumerate(model.pieces)}

    def cut(token: str) -> tuple[int, ...]:
        return tuple(map(renumber, model.ids_of(token)))

    listed = [names.get(i, "") for i in range(max(names) + 1)]
    return PieceEncoder(kind, attributes, listed, cut, renumber(model.bos_id), renumber(model.eos_id))


def _xlmr_id(number: int) -> int:
    """fairseq put beginning, padding, end and unknown first; the model has unknown, beginning, end."""
    return {0: 3, 1: 0, 2: 2}.get(number, number + 1)


def _camembert_id(number: int) -> int:
    """Four pieces of fairseq's come before the model's own."""
    return 3 if number == 0 else number + 4


def _characters(kind: str, attributes: Mapping[str, Any]) -> PieceEncoder:
    vocab = {str(piece): int(i) for piece, i in attributes["vocab"].items()}
    bos, eos = _special(vocab, attributes, "[BOS]", "[EOS]")
    form = attributes.get("normalize", "NFKC")
    unk = _id_of(vocab, attributes.get("unk_piece", "[UNK]"))
    characters = CharacterPieces(vocab, unk, form or "")
    return PieceEncoder(kind, attributes, _names(vocab), characters.ids_of, bos, eos)


def _names(vocab: Mapping[str, int]) -> list[str]:
    by_id = {i: piece for piece, i in vocab.items()}
    return [by_id.get(i, "") for i in range(max(by_id, default=-1) + 1)]


def _special(vocab: Mapping[str, int], attributes: Mapping[str, Any], bos: str, eos: str) -> tuple[int, int]:
    return _id_of(vocab, attributes.get("bos_piece", bos)), _id_of(vocab, attributes.get("eos_piece", eos))


def _id_of(vocab: Mapping[str, int], piece: str) -> int:
    if piece not in vocab:
        raise TransformerError(
            f"expected the piece {piece!r} in a vocabulary, got one of {len(vocab)} pieces without it"
        )
    return vocab[piece]


RENUMBERED: dict[str, Callable[[int], int]] = {
    "CamembertSentencepieceEncoder": _camembert_id,
    "SentencepieceEncoder": int,
    "XlmrSentencepieceEncoder": _xlmr_id,
}
MAKERS: dict[str, Callable[[str, Mapping[str, Any]], PieceEncoder]] = {
    "BertWordpieceEncoder": _wordpiece,
    "ByteBpeEncoder": _byte_bpe,
    "CharEncoder": _characters,
    "WordpieceEncoder": _wordpiece,
    **dict.fromkeys(RENUMBERED, _sentencepiece),
}


def pieces_of_documents(
    encoder: PieceEncoder, batch: Batch, *, window: int | None = None, stride: int | None = None
) -> PieceBatch:
    """The pieces of whole documents, the first and the last piece of each a special one; rows of windows
    averaged where a window is given (its stride: a window, where none is). A document without tokens has no
    span."""
    ids: list[int] = []
    lengths = np.zeros(batch.n_tokens, np.int64)
    firsts = np.zeros(batch.n_tokens, np.int64)
    bounds = [0]
    docs = np.flatnonzero(np.diff(batch.doc_offsets))
    for doc in docs.tolist():
        ids.append(encoder.bos_id)
        for token, pieces in zip(range(*_range(batch, doc)), _document(encoder, batch, doc), strict=True):
            firsts[token], lengths[token] = len(ids), len(pieces)
            ids.extend(pieces)
        ids.append(encoder.eos_id)
        bounds.append(len(ids))
    cu_seq_lens = np.array(bounds, np.int32)
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    return PieceBatch(
        n_docs=batch.n_docs,
        spans=TokenSpans(
            docs, batch.doc_offsets[docs].astype(np.int64), batch.doc_offsets[docs + 1].astype(np.int64)
        ),
        ids=np.array(ids, np.int32),
        cu_seq_lens=cu_seq_lens,
        offsets=None,
        alignment=TokenRows(offsets, np.arange(offsets[-1]) + np.repeat(firsts - offsets[:-1], lengths)),
        n_cut=np.zeros(batch.n_docs, np.int64),
        windows=None if window is None else stride_windows(cu_seq_lens, window, stride or window),
    )


def _range(batch: Batch, doc: int) -> tuple[int, int]:
    rows = batch.rows(doc)
    return rows.start, rows.stop


def _document(encoder: PieceEncoder, batch: Batch, doc: int) -> list[tuple[int, ...]]:
    text, rows = batch.texts[doc], batch.rows(doc)
    starts, lengths = batch.starts[rows].tolist(), batch.lengths[rows].tolist()
    blanks = [False, *(batch.spaces[rows] != 0).tolist()[:-1]]
    places = zip(starts, lengths, blanks, strict=True)
    return [encoder.ids_of(text[start : start + length], blank) for start, length, blank in places]
