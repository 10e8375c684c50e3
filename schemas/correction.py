# SPDX-License-Identifier: Apache-2.0
"""The correction message: what a person says about one text."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import orjson

from .annotation import CharSpan, LabelledSpan, Source

NAME = "correction"
MAJOR = 1
MAJORS = (1,)
"""Majors that a reader accepts: the current one and, once there is one, the previous."""

TOPIC = "corrections"
"""Where corrections go unless somebody says otherwise; its dead letters go to `corrections.dlq`."""

Status = Literal["complete", "partial"]
STATUSES = ("complete", "partial")

SPAN_LAYERS = ("ents", "spans", "sents")
VALUE_LAYERS = ("tags", "pos", "morphs", "lemmas")
LAYERS = (*SPAN_LAYERS, "cats", *VALUE_LAYERS, "deps")
"""All names of `Correction.layers`, in the order in which they are written."""

DEFAULT_KEY = "sc"
"""Group of the layer `spans` where none is named."""


@dataclass(frozen=True, slots=True)
class Layer:
    """What a person says about one layer; only the fields of that layer are used, and lack of a word is never
    a "no".

    `complete`: the person went through the whole text, and what is not said is not there. `partial`: only
    what is said is known. By layer:

    - `ents`: `spans`; in a partial layer a span with an empty label says "no entity here". `wrong`: spans
      that are known not to be entities of that label, whatever else they may be.
    - `spans`: `spans` and `wrong`, which may overlap, of the group `key`.
    - `sents`: `spans`, whose labels are empty.
    - `cats`: `scores` between 0 and 1. Complete: categories that are not named are 0.
    - `tags`, `pos`, `morphs`, `lemmas`: `values`, one for each of the correction's `tokens`; None: not said.
      An empty string is a value of `morphs` alone: a word without features.
    - `deps`: `heads`, positions among the correction's `tokens` (a root is its own head; None: not said), and
      `labels`.
    """

    status: Status = "complete"
    spans: Sequence[LabelledSpan] = ()
    wrong: Sequence[LabelledSpan] = ()
    key: str = DEFAULT_KEY
    scores: Mapping[str, float] = field(default_factory=dict)
    values: Sequence[str | None] = ()
    heads: Sequence[int | None] = ()
    labels: Sequence[str | None] = ()


@dataclass(frozen=True, slots=True)
class Correction:
    """What a person says about one text, version 1.

    `correction_id` names the correction: the same one sent twice is learned once. `supersedes` names an
    earlier one that this takes the place of; without layers it only takes that one back. `id` is the id of
    the text, and the record's key. `created` is a time in ISO 8601. `source` says where the text stands in
    the log and `model_version` which version's annotation the person saw. `tokens` are the places of the
    words that token layers (`VALUE_LAYERS`, `deps`) speak of, in order; they need not cover the text. Units:
    Unicode code points.
    """

    correction_id: str
    author: str
    created: str
    id: str
    text: str
    layers: Mapping[str, Layer]
    supersedes: str | None = None
    source: Source | None = None
    model_version: str | None = None
    tokens: Sequence[CharSpan] | None = None


def correction_id_of(key: str, layers: Sequence[str], author: str, revision: str) -> str:
    """The id of a correction that brings none: a hash of the text's id, the layers' names, the author and the
    revision.

    `revision` is what the sender counts its versions by; the content's hash where it does not count. So the
    same file sent twice makes the same ids, and another opinion of the same person another one.

    >>> correction_id_of("m-1", ["ents"], "ada", "1") == correction_id_of("m-1", ["ents"], "ada", "1")
    True
    """
    parts = orjson.dumps([key, sorted(layers), author, revision])
    return hashlib.sha256(parts).hexdigest()[:32]
