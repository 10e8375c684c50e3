# SPDX-License-Identifier: Apache-2.0
"""Asking for tokens to be merged or split: what `Doc.retokenize` hands out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

from ..errors import DocError
from .batch import Batch
from .span import Span
from .token import Token
from .token_merge import COLUMNS, Merge, merge_tokens
from .token_split import Split, split_tokens

SETTABLE = (*COLUMNS, "norm", "ent_type")
"""What may be set of a merged token; all else is that of the root of the tokens it is made of."""

SPLIT_SETTABLE = COLUMNS
"""What may be set of the pieces of a token."""

Value = TypeVar("Value")


class Retokenizer:
    """Collects what is to be merged or split; `Doc.retokenize` does it when its block ends. One block does
    one of the two."""

    def __init__(self) -> None:
        self.merges: list[Merge] = []
        self.splits: list[Split] = []

    def merge(self, span: Span, attrs: Mapping[str, str] | None = None) -> None:
        """Make one token of a span. `attrs` says what it is, such as `{"LEMMA": "New York"}`.

        Raises: DocError where an attribute is none that can be set.
        """
        self.merges.append(Merge(0, span.start, span.end, _check_attrs(attrs or {}, SETTABLE)))

    def split(
        self,
        token: Token,
        orths: Sequence[str],
        heads: Sequence[Token | tuple[Token, int]],
        attrs: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        """Make several tokens of one. `heads` says the head of each piece: a token, or a token and which of
        its pieces.

        `attrs` says what the pieces are, such as `{"POS": ["PROPN", "PROPN"]}`. Raises: DocError where an
        attribute is none that can be set.
        """
        places = [(head[0].i, head[1]) if isinstance(head, tuple) else (head.i, 0) for head in heads]
        self.splits.append(Split(token.i, list(orths), places, _check_attrs(attrs or {}, SPLIT_SETTABLE)))

    def apply(self, batch: Batch) -> None:
        """Do it. Raises: DocError where it cannot be done, or one block is to merge and to split."""
        if self.merges and self.splits:
            raise DocError("expected a block that either merges or splits tokens, got both; write two blocks")
        merge_tokens(batch, self.merges)
        split_tokens(batch, self.splits)


def _check_attrs(attrs: Mapping[str, Value], settable: Sequence[str]) -> dict[str, Value]:
    """The attributes by the names of our columns."""
    values = {name.lower(): value for name, value in attrs.items()}
    unknown = [name for name in values if name not in settable]
    if unknown:
        raise DocError(
            f"expected attributes of a token to set, got {unknown[0]!r}; there are: {', '.join(settable)}"
        )
    return values
