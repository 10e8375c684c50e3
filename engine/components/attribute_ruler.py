# SPDX-License-Identifier: Apache-2.0
"""The component `attribute_ruler`: attributes of tokens by patterns, such as exceptions and maps from tags to
parts of speech."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import orjson

from ..config.factory_arguments import with_defaults
from ..config.registry import registry
from ..doc.batch import UNSET, Batch, IntArray, LabelColumn
from ..doc.example import Example
from ..matching import Matcher, Pattern, PatternError, read_lines
from ..vocab.strings import SYMBOL_IDS, SYMBOLS
from .component import GetExamples, Scorer, Scores
from .morphologizer import normal_form
from .on_documents import OnDocuments
from .ruler import PATTERNS

COLUMNS = {
    "TAG": "tag",
    "POS": "pos",
    "MORPH": "morph",
    "LEMMA": "lemma",
    "DEP": "dep",
    "ENT_ID": "ent_id",
    "ENT_KB_ID": "ent_kb_id",
}
"""Attribute -> column of the batch."""

SETTABLE = (*COLUMNS, "NORM", "SENT_START")
UNIVERSAL = ("", *SYMBOLS[SYMBOL_IDS["ADJ"] : SYMBOL_IDS["SPACE"] + 1])
NO_FEATURES = "_"
FAR = 1 << 31
"""A position that lies outside of every match."""

Rule = Mapping[str, Any]
"""`patterns`, `attrs` that they set, and the `index` of the token of the match that gets them."""


class AttributeRuler(OnDocuments):
    """Finds all patterns first; then sets attributes in the order of the patterns, so that later ones win
    over all before."""

    factory = "attribute_ruler"
    documented = ("vocab", "name")
    labels: tuple[str, ...] = ()
    label_data = None
    validate = True
    """Patterns are always validated."""

    def __init__(self, name: str, scorer: Scorer | None) -> None:
        self.name = name
        self.scorer = scorer
        self._rules: list[dict[str, Any]] = []
        self._attrs: list[dict[str, Any]] = []
        self._matcher = Matcher()

    @property
    def matcher(self) -> Matcher:
        """What finds the patterns."""
        return self._matcher

    @property
    def patterns(self) -> list[dict[str, Any]]:
        """The rules as they were given."""
        return list(self._rules)

    def add(self, patterns: Sequence[Pattern], attrs: Mapping[str, Any], index: int = 0) -> None:
        """Add a rule: what matches one of the patterns gets the attributes at its token `index`.

        Raises: PatternError, which says what is wrong and what exists.
        """
        number = len(self._rules)
        if isinstance(index, bool) or not isinstance(index, int):
            raise PatternError(f"rule {number}: expected the position of a token as index, got {index!r}")
        if not isinstance(attrs, Mapping):
            raise PatternError(f"rule {number}: expected attributes as a map, got {attrs!r}")
        values = {name: value for key, item in attrs.items() for name, value in [_check(key, item, number)]}
        self._matcher.add(number, patterns)
        self._rules.append({"patterns": list(patterns), "attrs": dict(attrs), "index": index})
        self._attrs.append(values)

    def add_patterns(self, patterns: Iterable[Rule]) -> None:
        """Add rules as maps of `patterns`, `attrs` and perhaps `index`. Raises: PatternError."""
        for rule in patterns:
            if not isinstance(rule, Mapping) or "patterns" not in rule or "attrs" not in rule:
                raise PatternError(
                    f"rule {len(self._rules)}: expected a map with 'patterns' and 'attrs', got {rule!r}"
                )
            self.add(rule["patterns"], rule["attrs"], rule.get("index", 0))

    def clear(self) -> None:
        """Remove all rules."""
        self._rules, self._attrs, self._matcher = [], [], Matcher()

    def load_from_tag_map(self, tag_map: Mapping[str, Mapping[str, str]]) -> None:
        """A rule for each tag: its part of speech and its features."""
        for tag, attrs in tag_map.items():
            self.add([[{"TAG": tag}]], {"MORPH": NO_FEATURES, **_with_features(attrs)})

    def load_from_morph_rules(self, morph_rules: Mapping[str, Mapping[str, Mapping[str, str]]]) -> None:
        """A rule for each word with a tag: its attributes and its features."""
        for tag, words in morph_rules.items():
            for word, attrs in words.items():
                self.add([[{"ORTH": word, "TAG": tag}]], _with_features(attrs))

    def initialize(
        self,
        get_examples: GetExamples,
        sample: Batch,
        patterns: Iterable[Rule] | None = None,
        tag_map: Mapping[str, Mapping[str, str]] | None = None,
        morph_rules: Mapping[str, Mapping[str, Mapping[str, str]]] | None = None,
    ) -> None:
        """Take rules in place of all others: patterns first, then a tag map, then words with tags. Raises:
        PatternError."""
        if patterns is None and tag_map is None and morph_rules is None:
            return
        self.clear()
        self.add_patterns(patterns or ())
        self.load_from_tag_map(tag_map or {})
        self.load_from_morph_rules(morph_rules or {})

    def predict(self, batch: Batch) -> None:
        """Write the columns of all attributes that the rules name; what is not matched stays as it is, or
        unset.

        Raises: PatternError where a rule's index lies outside of a match.
        """
        keys, matches = self._matcher.find(batch, allow_missing=True)
        for name in {name for attrs in self._attrs for name in attrs}:
            _ensure(batch, name)
        numbers = np.array(keys, dtype=np.int64)[matches.rules] if keys else matches.rules
        targets = self._targets(numbers, matches.rows, matches.ends)
        order = np.argsort(numbers, kind="stable")
        used, counts = np.unique(numbers, return_counts=True)
        attrs, rows = [self._attrs[number] for number in used.tolist()], targets[order]
        for name in dict.fromkeys(name for of_rule in attrs for name in of_rule):
            _set(batch, name, rows, counts, [of_rule.get(name) for of_rule in attrs])

    def _targets(self, numbers: IntArray, starts: IntArray, ends: IntArray) -> IntArray:
        """The token of each match that gets the attributes of its rule."""
        indices = np.array([min(max(rule["index"], -FAR), FAR) for rule in self._rules], dtype=np.int64)
        index = indices[numbers]
        rows: IntArray = np.where(index >= 0, starts, ends) + index
        outside = (rows < starts) | (rows >= ends)
        if outside.any():
            number = int(numbers[outside].min())
            rule = self._rules[number]
            raise PatternError(
                f"rule {number}: expected an index within every match, got {rule['index']} for a shorter one "
                f"of {rule['patterns']}"
            )
        return rows

    def score(self, examples: Sequence[Example]) -> Scores:
        """Scores by the configured scorer."""
        return self.scorer(examples) if self.scorer is not None else {}

    def files(self) -> dict[str, bytes]:
        """The rules, one a line."""
        return {PATTERNS: b"".join(orjson.dumps(rule) + b"\n" for rule in self._rules)}

    def load_files(self, files: Mapping[str, bytes]) -> None:
        """Take over what `files` gave."""
        rules = list(read_lines(files[PATTERNS]))
        self.clear()
        self.add_patterns(rules)


def _check(key: str, value: Any, number: int) -> tuple[str, Any]:
    """Name and value of an attribute. Raises: PatternError."""
    name = str(key).upper()
    if name not in SETTABLE:
        raise PatternError(
            f"rule {number}: expected an attribute that can be set, got {key!r}; there are: "
            f"{', '.join(SETTABLE)}"
        )
    if name == "SENT_START":
        if value not in (-1, 0, 1):
            raise PatternError(f"rule {number}: expected true, false or -1 for {key}, got {value!r}")
        return name, int(value)
    if not isinstance(value, str):
        raise PatternError(f"rule {number}: expected a text for {key}, got {value!r}")
    if name == "POS" and value not in UNIVERSAL:
        raise PatternError(
            f"rule {number}: expected a universal part of speech, got {value!r}; there are: "
            f"{', '.join(UNIVERSAL[1:])}"
        )
    if name == "MORPH":
        if any("=" not in feature for feature in value.split("|") if feature not in ("", NO_FEATURES)):
            raise PatternError(f"rule {number}: expected features as 'Name=Value|...', got {value!r}")
        return name, normal_form(value)
    return name, value


def _with_features(attrs: Mapping[str, Any]) -> dict[str, Any]:
    """Attributes as they are; all other entries are features, where none are given as `MORPH`."""
    out = {key: value for key, value in attrs.items() if key in SETTABLE}
    features = [f"{key}={value}" for key, value in attrs.items() if key not in SETTABLE]
    return {**out, "MORPH": normal_form("|".join(features))} if features and "MORPH" not in out else out


def _ensure(batch: Batch, name: str) -> None:
    """Make the layer of an attribute where the batch lacks it, so that a document is the same in every
    batch."""
    if name in COLUMNS:
        batch.columns.setdefault(
            COLUMNS[name], LabelColumn(np.full(batch.n_tokens, UNSET, dtype=np.int64), ())
        )
    elif name == "SENT_START" and batch.sent_starts is None:
        batch.sent_starts = np.zeros(batch.n_tokens, dtype=np.int8)
        batch.sent_starts[batch.doc_offsets[:-1][np.diff(batch.doc_offsets) > 0]] = 1


def _set(batch: Batch, name: str, rows: IntArray, counts: IntArray, values: Sequence[Any]) -> None:
    """Give one attribute its values: the first to so many of the rows, and so on; None to none."""
    if name in COLUMNS:
        batch.columns[COLUMNS[name]] = _with_labels(batch.columns[COLUMNS[name]], rows, counts, values)
        return
    for value, end, count in zip(values, np.cumsum(counts).tolist(), counts.tolist(), strict=True):
        those = rows[end - count : end]
        if value is None:
            continue
        if name == "NORM":
            batch.lexeme_ids = _with_norm(batch, those, value)
        else:
            starts = batch.sent_starts
            starts = np.zeros(batch.n_tokens, dtype=np.int8) if starts is None else starts.copy()
            starts[those] = value
            batch.sent_starts = starts


def _with_labels(
    old: LabelColumn, rows: IntArray, counts: IntArray, values: Sequence[str | None]
) -> LabelColumn:
    """A column in which some tokens have other labels; new ones behind those that are there."""
    ids, labels = old.ids.astype(np.int64), list(old.labels)
    number_of: dict[str | None, int] = {label: i for i, label in reversed([*enumerate(labels)])}
    for label in values:
        if label is not None and number_of.setdefault(label, len(labels)) == len(labels):
            labels.append(label)
    number_of[None] = UNSET
    numbers = np.repeat([number_of[label] for label in values], counts)
    written = numbers != UNSET
    ids[rows[written]] = numbers[written]  # of equal rows the last one stays
    return LabelColumn(ids, old.labels if len(labels) == len(old.labels) else tuple(labels))


def _with_norm(batch: Batch, rows: IntArray, norm: str) -> IntArray:
    """Lexeme ids in which these tokens have another norm; an empty one means that of the text."""
    ids = batch.lexeme_ids.copy()
    old, which = np.unique(ids[rows], return_inverse=True)
    new = np.array(
        [batch.lexemes.add(batch.lexemes.text(i), norm or None) for i in old.tolist()], dtype=ids.dtype
    )
    ids[rows] = new[which]
    return ids


@with_defaults(scorer={"@scorers": "freshet.attribute_ruler_scorer.v1"})
@registry.factories("attribute_ruler")
def make_attribute_ruler(name: str, validate: bool = False, scorer: Scorer | None = None) -> AttributeRuler:
    """Attributes by rules; patterns are always validated."""
    return AttributeRuler(name, scorer)
