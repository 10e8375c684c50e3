# SPDX-License-Identifier: Apache-2.0
"""What is guessed of a hidden word: its static vector, or its first and last characters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from thinc.api import CosineDistance, L2Distance, Linear, Maxout, Model, chain, zero_init
from thinc.types import Floats2d

from ..config.registry import registry
from ..doc.batch import Batch
from ..errors import EngineError

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]
Node: TypeAlias = Model[Any, Any]
CreateObjective = Callable[[Any, Node], Node]
"""Takes the vocabulary and the embedding; what comes back is the embedding and a head on it, whose attribute
`loss` is `(ops, docs, prediction) -> (loss, gradient)`."""

ROWS_LOSS = "loss_of_rows"
"""Attribute of a model of ours: `(batch, rows, prediction) -> (loss, gradient)`, of these tokens alone."""

BYTE_VALUES = 256


class Loss(StrEnum):
    """How far a guessed vector is from the right one."""

    cosine = "cosine"
    L2 = "L2"


@registry.architectures("freshet.PretrainVectors.v1")
def PretrainVectors(maxout_pieces: int = 3, hidden_size: int = 300, loss: str = "cosine") -> CreateObjective:
    """Guess the static vector of a word, which has to be loaded by `[initialize] vectors`.

    Raises: EngineError where `loss` is neither `cosine` nor `L2`.
    """
    if loss not in tuple(Loss):
        raise EngineError(f"expected loss to be one of {', '.join(Loss)}, got {loss!r}")
    distance: Any = CosineDistance(normalize=True, ignore_zeros=True)
    if loss == Loss.L2:
        distance = L2Distance(normalize=True)

    def create(vocab: Any, tok2vec: Node) -> Node:
        if not vocab.has_vectors:
            raise EngineError(
                "expected static vectors to learn from, as spacy.PretrainVectors.v1 guesses them, got none; "
                "name some by [initialize] vectors (`freshet init vectors` makes them)"
            )

        def loss_of_rows(batch: Batch, rows: Rows, prediction: Floats) -> tuple[float, Floats]:
            wanted = vocab.vectors.rows(batch.lexemes, batch.lexeme_ids[rows])
            gradient, error = distance(prediction, wanted)
            return float(error), gradient

        head: Node = chain(_hidden(hidden_size, maxout_pieces), Linear(nO=vocab.vectors_length))
        return _objective(tok2vec, head, loss_of_rows)

    return create


@registry.architectures("freshet.PretrainCharacters.v1")
def PretrainCharacters(
    maxout_pieces: int = 3, hidden_size: int = 300, n_characters: int = 4
) -> CreateObjective:
    """Guess the first and the last `n_characters` UTF-8 bytes of a word."""
    if n_characters < 1:
        raise EngineError(f"expected n_characters of at least 1, got {n_characters}")
    n_ends = 2 * n_characters

    def loss_of_rows(batch: Batch, rows: Rows, prediction: Floats) -> tuple[float, Floats]:
        wanted = end_bytes(batch.lexemes.texts(batch.lexeme_ids[rows]), n_characters)
        difference = softmax(prediction.reshape(len(rows), n_ends, BYTE_VALUES))
        np.put_along_axis(
            difference, wanted[:, :, None], np.take_along_axis(difference, wanted[:, :, None], 2) - 1, 2
        )
        gradient = difference.reshape(prediction.shape) / np.float32(max(1, len(rows)))
        return float((difference**2).sum()), gradient

    def create(vocab: Any, tok2vec: Node) -> Node:
        scores = Linear(nO=n_ends * BYTE_VALUES, init_W=zero_init)
        head: Node = chain(_hidden(hidden_size, maxout_pieces), scores)
        return _objective(tok2vec, head, loss_of_rows)

    return create


def end_bytes(texts: Sequence[str], n: int) -> npt.NDArray[np.int64]:
    """The first `n` and the last `n` bytes of each text, 0 where there are fewer. Shape: `(n_texts, 2 * n)`.

    >>> end_bytes(["abc"], 2).tolist() == [[97, 98, 98, 99]]
    True
    """
    ends = np.zeros((len(texts), 2 * n), dtype=np.int64)
    for row, text in zip(ends, texts, strict=True):
        data = text.encode("utf8", "surrogatepass")
        first, last = data[:n], data[-n:]
        row[: len(first)] = list(first)
        row[n : n + len(last)] = list(last)
    return ends


def softmax(scores: Floats) -> Floats:
    """Probabilities along the last axis."""
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    shares: Floats = powers / powers.sum(axis=-1, keepdims=True)
    return shares


def create_objective(block: Any) -> CreateObjective:
    """What `[pretraining.objective]` says, in the form of 2020, too: `type = "characters"`. Raises:
    EngineError."""
    if callable(block):
        create: CreateObjective = block
        return create
    kinds: dict[str, Callable[..., CreateObjective]] = {
        "characters": PretrainCharacters,
        "vectors": PretrainVectors,
    }
    settings = dict(block) if isinstance(block, dict) else {}
    kind = settings.pop("type", None)
    if kind not in kinds:
        raise EngineError(
            f"expected an objective: @architectures, or a type among {', '.join(kinds)}, got {block!r}"
        )
    return kinds[kind](**settings)


def _hidden(hidden_size: int, maxout_pieces: int) -> Model[Floats2d, Floats2d]:
    return Maxout(nO=hidden_size, nP=maxout_pieces, normalize=True, dropout=0.0)


def _objective(tok2vec: Node, head: Node, loss_of_rows: Callable[..., Any]) -> Node:
    model: Node = chain(tok2vec, head)
    model.set_ref("tok2vec", tok2vec)
    model.set_ref("output_layer", head)

    def loss(ops: Any, docs: Any, prediction: Any) -> tuple[float, Any]:
        batch = docs[0].batch
        return loss_of_rows(batch, np.arange(batch.n_tokens), prediction)  # type: ignore[no-any-return]

    model.attrs["loss"], model.attrs[ROWS_LOSS] = loss, loss_of_rows
    return model
