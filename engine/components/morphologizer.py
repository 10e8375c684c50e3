# SPDX-License-Identifier: Apache-2.0
"""The component `morphologizer`: part of speech and morphological features of each token, as one class."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from thinc.api import Model
from thinc.types import Floats2d

from ..config.factory_arguments import with_defaults
from ..config.registry import registry
from ..doc.batch import UNSET, Batch, LabelColumn
from ..doc.example import Example
from ..vocab.strings import string_id
from .compiled import compile_classifier
from .component import Array, GetExamples, Losses, Scorer, TrainableComponent, missing_labels, sample_scores
from .defaults import DEFAULT_TAGGER
from .growth import NewClass
from .label_columns import set_tokens, write_column
from .losses import label_gradient
from .targets import DistillationTarget, corrected_classes, learn

NO_LABEL = "_"
"""The class of a token with neither part of speech nor features."""

POS = "POS="


class Morphologizer(TrainableComponent):
    """Classifies every token into pairs of part of speech and features."""

    factory = "morphologizer"

    def __init__(
        self,
        name: str,
        model: Model[Batch, Floats2d],
        overwrite: bool,
        extend: bool,
        label_smoothing: float,
        scorer: Scorer | None,
    ) -> None:
        super().__init__(name, model, scorer)
        self.overwrite = overwrite
        self.extend = extend
        self.label_smoothing = label_smoothing
        self._pos: tuple[str, ...] = ()
        self._morph: tuple[str, ...] = ()

    def initialize(
        self,
        get_examples: GetExamples,
        sample: Batch,
        labels: Sequence[str] | Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        """Take the labels from the gold values in order of first appearance, unless they are given, as a list
        or as spaCy's files of labels have them; draw the weights."""
        if labels is None:
            labels = list(
                dict.fromkeys(
                    label for example in get_examples() for label in gold_labels(example) if label is not None
                )
            )
        if not labels:
            raise missing_labels(self.name, "parts of speech or features")
        self.load_labels({"labels": list(labels["morph"] if isinstance(labels, Mapping) else labels)})
        self.model.initialize(X=sample, Y=sample_scores(sample, len(self.labels)))
        self.weights_changed()

    def load_labels(self, labels: Mapping[str, Any]) -> None:
        """Take the labels over, and split them into their two columns."""
        self.labels = tuple(labels["labels"])
        pairs = [split_label(label) for label in self.labels]
        self._pos, self._morph = tuple(pos for pos, _ in pairs), tuple(morph for _, morph in pairs)

    @property
    def label_data(self) -> Any:
        """Features of each class, and the number of its part of speech, as spaCy's files of labels have
        them."""
        numbers = [string_id(pos) if pos else 0 for pos in self._pos]
        morphs, tags = (dict(zip(self.labels, values, strict=True)) for values in (self._morph, numbers))
        return {"morph": morphs, "pos": tags} if self.labels else None

    def predict(self, batch: Batch) -> None:
        """Write the columns `pos` and `morph`."""
        if self.compiled is None:
            self.require_initialized()
            self.compiled = compile_classifier(self.model, self.backend())
        classes = self.compiled(batch)
        old = batch.columns.get("morph")
        write_column(batch, "pos", classes, self._pos, overwrite=self.overwrite)
        write_column(batch, "morph", classes, self._morph, overwrite=self.overwrite, empty_is_set=True)
        if self.extend and old is not None:
            batch.columns["morph"] = extend_features(
                old, LabelColumn(classes, self._morph), new_wins=self.overwrite
            )

    def update(self, batch: Batch, examples: Sequence[Example], *, dropout: float, losses: Losses) -> None:
        """Collect gradients for one batch."""
        learn(self, batch, examples, dropout=dropout, losses=losses)

    def distillation_target(self, batch: Batch, examples: Sequence[Example]) -> DistillationTarget:
        """What gold says about this batch."""
        targets = np.concatenate([np.zeros(0, dtype=np.int64), *self.gold_arrays(examples)])
        return DistillationTarget(
            batch,
            lambda scores: label_gradient(scores, targets, self.label_smoothing),
            corrected_classes(targets),
        )

    def gold_arrays(self, examples: Sequence[Example]) -> list[Array]:
        """Of each example the class of every token, -1 where gold does not say; found once."""
        ids: dict[str | None, int] = {label: i for i, label in enumerate(self.labels)}
        return [example.prepared("morph", self.labels, lambda e: _classes(e, ids)) for example in examples]

    def new_classes(self, labels: Sequence[str]) -> list[NewClass]:
        """Each begins below the mean of all classes."""
        return [NewClass(tuple(range(len(self.labels)))) for _ in labels]

    def gold_labels_of(self, example: Example) -> Iterable[str]:
        """Pairs of part of speech and features, where people gave both: one alone is half a class."""
        if not (example.has("pos") and example.has("morph")):
            return ()
        return (label for label in aligned_labels(example) if label is not None)


def gold_labels(example: Example) -> list[str | None]:
    """The class of each gold token; None where nothing is known."""
    known = example.has("pos"), example.has("morph")
    pairs = zip(example.gold_labels("pos"), example.gold_labels("morph"), strict=True)
    return [_label_or_none(pos or None, morph, known) for pos, morph in pairs]


def aligned_labels(example: Example) -> list[str | None]:
    """The class of each predicted token; None where gold does not say."""
    known = example.has("pos"), example.has("morph")
    pairs = zip(example.aligned_labels("pos"), example.aligned_labels("morph"), strict=True)
    return [_label_or_none(pos, morph, known) for pos, morph in pairs]


def _classes(example: Example, ids: Mapping[str | None, int]) -> Array:
    return np.array([ids.get(label, -1) for label in aligned_labels(example)], dtype=np.int64)


def _label_or_none(pos: str | None, morph: str | None, known: tuple[bool, bool]) -> str | None:
    if (known[0] and pos is None) or (known[1] and morph is None) or not any(known):
        return None
    return join_label(pos or "", morph or "")


@lru_cache(1 << 14)  # training asks for every token of every step; a corpus has hundreds of different pairs
def join_label(pos: str, morph: str) -> str:
    """One class: features with the part of speech among them, sorted as `Name=Value` strings.

    >>> join_label("NOUN", "Number=Sing|Case=Nom")
    'Case=Nom|Number=Sing|POS=NOUN'
    """
    parts = [part for part in normal_form(morph).split("|") if part and part != NO_LABEL]
    return "|".join(sorted([*parts, POS + pos] if pos else parts)) or NO_LABEL


def split_label(label: str) -> tuple[str, str]:
    """Part of speech and features of a class, empty strings where there is none.

    >>> split_label("Case=Nom|POS=PRON")
    ('PRON', 'Case=Nom')
    """
    parts = [] if label == NO_LABEL else label.split("|")
    pos = next((part.removeprefix(POS) for part in parts if part.startswith(POS)), "")
    return pos, "|".join(part for part in parts if not part.startswith(POS))


def normal_form(morph: str) -> str:
    """Features sorted, and several values of one feature sorted, commas between."""
    if not morph or morph == NO_LABEL:
        return ""
    pairs = (part.partition("=") for part in morph.split("|") if part)
    return "|".join(sorted(f"{name}={','.join(sorted(values.split(',')))}" for name, _, values in pairs))


def extend_features(old: LabelColumn, new: LabelColumn, *, new_wins: bool) -> LabelColumn:
    """Features of both columns; where both name a feature, the new or the old one wins."""
    labels: dict[str, int] = {}
    there = set_tokens(old)
    ids: list[int] = []
    for i, (old_id, new_id) in enumerate(zip(old.ids.tolist(), new.ids.tolist(), strict=True)):
        older = old.labels[old_id] if there[i] else ""
        newer = new.labels[new_id] if new_id != UNSET else ""
        label = _merge(older, newer) if new_wins else _merge(newer, older)
        ids.append(labels.setdefault(label, len(labels)))
    return LabelColumn(_as_ids(ids), tuple(labels))


def _merge(first: str, second: str) -> str:
    pairs = [part.partition("=") for morph in (first, second) for part in morph.split("|") if part]
    return "|".join(
        sorted(f"{name}={value}" for name, value in {name: value for name, _, value in pairs}.items())
    )


def _as_ids(ids: list[int]) -> Array:
    return np.array(ids, dtype=np.int64)


@with_defaults(model=DEFAULT_TAGGER, scorer={"@scorers": "freshet.morphologizer_scorer.v1"})
@registry.factories("morphologizer")
def make_morphologizer(
    name: str,
    model: Model[Batch, Floats2d],
    overwrite: bool = True,
    extend: bool = False,
    label_smoothing: float = 0.0,
    scorer: Scorer | None = None,
) -> Morphologizer:
    """Part of speech and features per token."""
    return Morphologizer(name, model, overwrite, extend, label_smoothing, scorer)
