# SPDX-License-Identifier: Apache-2.0
"""Asking for tokens to be merged or split: what `Doc.retokenize` hands out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from ..errors import DocError
from ..vocab.attrs import NAMES
from ..vocab.flags import FLAGS
from .batch import Batch
from .span import Span
from .token import Token, text_of
from .token_merge import COLUMNS, Merge, merge_tokens
from .token_split import Split, split_tokens

SETTABLE = (*COLUMNS, "norm", "ent_type")
"""What may be set of a merged token; all else is that of the root of the tokens it is made of."""

SPLIT_SETTABLE = COLUMNS
"""What may be set of the pieces of a token."""

OWN = "_"
"""The key of attributes of one's own."""

Value = TypeVar("Value")


class Retokenizer:
    """Collects what is to be merged or split; `Doc.retokenize` does it when its block ends. One block does
    one of the two."""

    def __init__(self) -> None:
        self.merges: list[Merge] = []
        self.splits: list[Split] = []
        self.own_of_merges: list[tuple[int, Mapping[str, Any]]] = []
        """First character and attributes of one's own of each merged token."""
        self.entities_of_merges: list[tuple[int, str]] = []
        """First character and entity type of each merged token that was given one."""
        self.flags_of_merges: list[tuple[str, str, bool]] = []
        """Text, and the feature that its word in the vocabulary gets."""

    def merge(self, span: Span, attrs: Mapping[Any, Any] | None = None) -> None:
        """Make one token of a span. `attrs` says what it is, such as `{"LEMMA": "New York"}`; under `_`
        attributes of one's own. A feature of words, such as `IS_STOP`, is set of the word in the vocabulary.

        Raises: DocError where an attribute is none that can be set.
        """
        given = dict(attrs or {})
        own = given.pop(OWN, {})
        for key in list(given):
            name = str(NAMES.get(key, key)).upper()
            if name in FLAGS:
                self.flags_of_merges.append((span.text, name, bool(given.pop(key))))
        unknown = [name for name in own if not Token.has_extension(name)]
        if unknown:
            raise DocError(
                f"expected attributes of Token._ to set, got {unknown[0]!r}; add it by Token.set_extension"
            )
        values = {name: text_of(span.doc, value) for name, value in _check_attrs(given, SETTABLE).items()}
        self.merges.append(Merge(0, span.start, span.end, values))
        self.own_of_merges.append((span.start_char, own))
        if "ent_type" in values:
            self.entities_of_merges.append((span.start_char, values["ent_type"]))

    def split(
        self,
        token: Token,
        orths: Sequence[str],
        heads: Sequence[Token | tuple[Token, int]],
        attrs: Mapping[Any, Sequence[str]] | None = None,
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


def _check_attrs(attrs: Mapping[Any, Value], settable: Sequence[str]) -> dict[str, Value]:
    """The attributes by the names of our columns."""
    values = {NAMES.get(name, str(name)).lower(): value for name, value in attrs.items()}
    unknown = [name for name in values if name not in settable]
    if unknown:
        raise DocError(
            f"expected attributes of a token to set, got {unknown[0]!r}; there are: {', '.join(settable)}"
        )
    return values
