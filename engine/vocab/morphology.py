# SPDX-License-Identifier: Apache-2.0
"""Morphological features of a word as `Name=Value|...`, as a map, and as both at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .string_store import StringStore
from .strings import string_id

NO_FEATURES = "_"
"""How an analysis without features is written where the empty text means that nothing is known."""

FEATURE_SEP, FIELD_SEP, VALUE_SEP = "|", "=", ","


class MorphAnalysis(str):
    """The features of a word: their text, and a map from names to values.

    >>> morph = MorphAnalysis("Case=Nom|Number=Sing")
    >>> str(morph), morph.get("Case"), morph.to_dict(), len(morph), "Number=Sing" in morph
    ('Case=Nom|Number=Sing', ['Nom'], {'Case': 'Nom', 'Number': 'Sing'}, 2, True)
    """

    vocab: Any

    def __new__(cls, vocab: Any = None, features: str | Mapping[str, Any] | None = None) -> MorphAnalysis:
        """Take the features as text or as a map, with the vocabulary before them or alone."""
        if features is None and isinstance(vocab, str):
            vocab, features = None, vocab
        self = super().__new__(cls, feature_text(features or ""))
        self.vocab = vocab
        return self

    @classmethod
    def as_is(cls, text: str, vocab: Any) -> MorphAnalysis:
        """The features as a text that is not brought into one form."""
        self = super().__new__(cls, text)
        self.vocab = vocab
        return self

    @classmethod
    def from_id(cls, vocab: Any, key: int) -> MorphAnalysis:
        """The features whose text has this id in the vocabulary. Raises: KeyError where none has."""
        return cls(vocab, vocab.strings[key])

    @property
    def key(self) -> int:
        """Id of its text, which the vocabulary knows from then on."""
        text = str(self) or NO_FEATURES
        return string_id(text) if self.vocab is None else int(self.vocab.strings.add(text))

    def get(self, field: str, default: list[str] | None = None) -> list[str]:
        """Values of a feature; `default`, or an empty list, where it is not there."""
        values = self.to_dict().get(field)
        return values.split(VALUE_SEP) if values is not None else list(default or [])

    def to_dict(self) -> dict[str, str]:
        """Values by the names of the features."""
        return dict(feature.split(FIELD_SEP, 1) for feature in self._features())

    def to_json(self) -> str:
        """Its text."""
        return str(self)

    def __str__(self) -> str:
        return str.__str__(self)

    def __repr__(self) -> str:
        """The text."""
        return str.__str__(self)

    def __len__(self) -> int:
        """Number of features; each value of one that has several counts."""
        return sum(1 for _ in self)

    def __bool__(self) -> bool:
        """Whether there are features."""
        return bool(str(self))

    def __iter__(self) -> Iterator[str]:
        """Features as `Name=Value`, one for each value."""
        for feature in self._features():
            name, equals, values = feature.partition(FIELD_SEP)
            yield from (f"{name}{equals}{value}" for value in values.split(VALUE_SEP))

    def _features(self) -> list[str]:
        text = str.__str__(self)
        return text.split(FEATURE_SEP) if text else []

    def __contains__(self, feature: object) -> bool:
        """Whether a feature `Name=Value`, or that name, is there."""
        return feature in {*self, *self._features()} or feature in self.to_dict()

    def __eq__(self, other: object) -> bool:
        """The same features, or their text, or its id."""
        if isinstance(other, int):
            return self.key == other
        return isinstance(other, str) and str.__eq__(self, other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        """As its text."""
        return str.__hash__(self)

    def __reduce__(self) -> Any:
        """The features without the vocabulary."""
        return MorphAnalysis, (None, str.__str__(self))


class Morphology:
    """Analyses of a vocabulary: their texts in one form, and their ids."""

    EMPTY_MORPH = NO_FEATURES
    FEATURE_SEP, FIELD_SEP, VALUE_SEP = FEATURE_SEP, FIELD_SEP, VALUE_SEP

    def __init__(self, strings: StringStore) -> None:
        self.strings = strings

    def add(self, features: str | int | Mapping[str, Any]) -> int:
        """Add features, given as text or as a map, and give their id."""
        if isinstance(features, int):
            return features
        return self.strings.add(feature_text(features) or NO_FEATURES)

    def get(self, morph: int) -> str:
        """The text of an id; empty where it means no features, or nothing. Raises: KeyError."""
        text = self.strings[morph]
        return "" if text == NO_FEATURES else text

    def normalize_features(self, features: str | Mapping[str, Any]) -> str:
        """The text in one form: names and values sorted, `_` for none."""
        return feature_text(features) or NO_FEATURES

    @staticmethod
    def feats_to_dict(feats: str, *, sort_values: bool = True) -> dict[str, str]:
        """The map that a text says."""
        return _as_map(feats, sort_values)

    @staticmethod
    def dict_to_feats(feats_dict: Mapping[str, Any]) -> str:
        """The text that a map says."""
        return feature_text(feats_dict)


def feature_text(features: str | Mapping[str, Any]) -> str:
    """Features as one text: names sorted, values of a name sorted; the empty text where there are none.

    A text that is no list of `Name=Value` stays as it is.
    """
    if isinstance(features, str):
        if features in ("", NO_FEATURES):
            return ""
        if not all(FIELD_SEP in part for part in features.split(FEATURE_SEP)):
            return str(features)
        features = _as_map(features, True)
    parts = []
    for name, values in sorted(features.items(), key=lambda item: item[0].lower()):
        listed = values if isinstance(values, str) else VALUE_SEP.join(sorted(map(str, values)))
        parts.append(f"{name}{FIELD_SEP}{listed}")
    return FEATURE_SEP.join(parts)


def _as_map(features: str, sort_values: bool) -> dict[str, str]:
    if features in ("", NO_FEATURES):
        return {}
    found: dict[str, str] = {}
    for part in features.split(FEATURE_SEP):
        name, _, values = part.partition(FIELD_SEP)
        listed = values.split(VALUE_SEP)
        found[name] = VALUE_SEP.join(sorted(listed) if sort_values else listed)
    return found
