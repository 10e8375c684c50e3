# SPDX-License-Identifier: Apache-2.0
"""The annotation message: what goes out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

NAME = "annotation"
MAJOR = 1
MAJORS = (1,)
"""Majors that a reader accepts: the current one and, once there is one, the previous."""

TOKEN_COLUMNS = ("start", "end", "tag", "pos", "morph", "lemma", "head", "dep")
"""Columns of `Annotation.tokens`, in the order in which they are written."""


@dataclass(frozen=True, slots=True)
class CharSpan:
    """A stretch of a text. Units: Unicode code points; `end` is exclusive."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class LabelledSpan(CharSpan):
    """A labelled stretch of a text. Units: Unicode code points; `end` is exclusive."""

    label: str


@dataclass(frozen=True, slots=True)
class ModelRef:
    """The model that made an annotation: name, version, digest of its manifest.

    `corrections` says up to where it has learned: partition of the corrections topic -> next offset; empty if
    it has not learned from corrections.
    """

    name: str
    version: str
    digest: str
    corrections: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Source:
    """Where the annotated text stands in the log."""

    topic: str
    partition: int
    offset: int

    def __str__(self) -> str:
        return f"{self.topic}:{self.partition}:{self.offset}"


class Route(StrEnum):
    """What is to become of an annotation: used as it is, shown to a person, or, though it might be used as it
    is, shown to a person as one of a random share."""

    AUTO = "auto"
    ASK = "ask"
    AUDIT = "audit"


@dataclass(frozen=True, slots=True)
class Confidence:
    """How sure the model is, as probabilities from 0 to 1 with four decimals.

    `text`: that all decisions of the `layers` are right. `ents`, `sents`: one for each of the annotation's,
    in order; a sentence is right where no entity of it is wrong or missing. `cats`: that each category
    applies. What the pipeline does not have is None. `calibrated` names those of them that held-out documents
    stand behind; the others are the model's own word.
    """

    calibrated: Sequence[str]
    layers: Sequence[str]
    text: float
    ents: Sequence[float] | None = None
    sents: Sequence[float] | None = None
    cats: Mapping[str, float] | None = None


@dataclass(frozen=True, slots=True)
class AdapterRef:
    """Which adapter of an encoder read a text: its name, its version in a registry (empty for one of a
    folder), and the sha256 over its files."""

    name: str
    version: str
    digest: str


@dataclass(frozen=True, slots=True)
class Annotation:
    """What a model found in one text, version 1.

    A layer that the pipeline does not have is None (`tokens`: the column is missing) and is not written; a
    layer that found nothing is empty. `tokens` maps the names of `TOKEN_COLUMNS` to columns of equal length:
    `start` and `end` in code points, `tag`, `pos`, `morph`, `lemma`, `dep` strings (empty: no value), `head`
    the position of the head token (a root is its own head). A column is a list, or, for writing only,
    anything that orjson writes as an array: a NumPy array, an `orjson.Fragment`. `cats` holds scores between
    0 and 1. `confidence` and `route` (since 1.1) are there where the worker was asked for them. `kb_ids`
    (since 1.2) holds what each of `ents` means, in their order: its id in a knowledge base, `NIL` where it
    means nothing known, empty where nobody looked; there where the pipeline links entities. `pieces_cut`
    (since 1.3) counts the pieces of the text that an encoder's limit left out; there where it left out some.
    `adapter` (since 1.4) is the one that the text's record chose; there where it chose one.
    """

    id: str
    text: str
    lang: str | None
    tokens: Mapping[str, Any]
    model: ModelRef
    source: Source
    sents: Sequence[CharSpan] | None = None
    ents: Sequence[LabelledSpan] | None = None
    spans: Mapping[str, Sequence[LabelledSpan]] | None = None
    cats: Mapping[str, float] | None = None
    confidence: Confidence | None = None
    route: Route | None = None
    kb_ids: Sequence[str] | None = None
    pieces_cut: int | None = None
    adapter: AdapterRef | None = None
