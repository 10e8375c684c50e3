# SPDX-License-Identifier: Apache-2.0
"""Other spellings of words, such as other quotation marks and dashes, chosen anew for each example."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..doc.doc import Doc
from ..errors import EngineError

N_SIDES = 2


@dataclass(frozen=True, slots=True)
class Single:
    """Spellings of one word, for tokens with one of the tags."""

    tags: tuple[str, ...]
    variants: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Paired:
    """Pairs of spellings, such as opening and closing quotation marks, for tokens with one of the tags."""

    tags: tuple[str, ...]
    variants: tuple[tuple[str, str], ...]

    def side(self, tag: str, word: str) -> int:
        """Whether a word opens (0) or closes (1): by its tag where there are two, else by the pair that it is
        in; where both sides are alike, by chance."""
        if len(self.tags) == N_SIDES:
            return self.tags.index(tag)
        sides = {pair.index(word) for pair in self.variants if word in pair and pair[0] != pair[1]}
        return sides.pop() if len(sides) == 1 else random.randrange(N_SIDES)


@dataclass(frozen=True, slots=True)
class OrthVariants:
    """All variants of a file: `{"single": [{"tags", "variants"}], "paired": [...]}`."""

    single: tuple[Single, ...]
    paired: tuple[Paired, ...]

    @classmethod
    def of(cls, table: Mapping[str, Sequence[Mapping[str, Sequence[object]]]]) -> OrthVariants:
        """The variants of a JSON value. Raises: EngineError where it has another form."""
        try:
            single = [Single(_texts(one["tags"]), _texts(one["variants"])) for one in table.get("single", ())]
            paired = [
                Paired(_texts(one["tags"]), tuple(_pair(pair) for pair in one["variants"]))
                for one in table.get("paired", ())
            ]
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise EngineError(
                'expected orth_variants as {"single": [{"tags": [...], "variants": [...]}], "paired": '
                f'[{{..., "variants": [[left, right], ...]}}]}}, got {type(error).__name__}: {error}'
            ) from None
        return cls(tuple(single), tuple(paired))

    def words_of(self, doc: Doc) -> list[str]:
        """The words of a gold document in spellings that are chosen once for the whole of it."""
        words, tags = list(doc.words), doc.tags
        for one in self.single:
            chosen = random.choice(one.variants)
            words = [
                chosen if tag in one.tags and word in one.variants else word
                for word, tag in zip(words, tags, strict=True)
            ]
        for pairs in self.paired:
            both = random.choice(pairs.variants)
            known = {word for pair in pairs.variants for word in pair}
            words = [
                both[pairs.side(tag, word)] if tag in pairs.tags and word in known else word
                for word, tag in zip(words, tags, strict=True)
            ]
        return words


def _texts(values: Iterable[object]) -> tuple[str, ...]:
    texts = tuple(values)
    if not texts or not all(isinstance(text, str) and text for text in texts):
        raise ValueError(f"a list of texts, got {texts!r}")
    return texts  # type: ignore[return-value]  # checked above


def _pair(values: object) -> tuple[str, str]:
    left, right = _texts(values)  # type: ignore[arg-type]  # refused there where it is no list
    return left, right
