# SPDX-License-Identifier: Apache-2.0
"""The answer message: what a person did with a text that was shown, and what may be learned of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from .annotation import CharSpan, Source
from .correction import Layer

NAME = "answer"
MAJOR = 1
MAJORS = (1,)

TOPIC = "answers"
"""Where answers go; the only store of the console."""


class AnswerKind(StrEnum):
    """What a person said: this is right as it is shown now, this is wrong and I do not mend it, or
    nothing."""

    ACCEPT = "accept"
    REJECT = "reject"
    IGNORE = "ignore"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person did with one text, version 1.

    `answer_id` is made when the text is shown, so that whatever is sent twice is known again. `id` is the
    text's, and the record's key; `source` its place. `queue` says which order of work gave it, `blind` that
    the model's opinion was not shown, `overlap` that two people are asked. `shown_ms`, `keys`, `edits`: how
    long it was shown, keys pressed, changes made. `layers` and `tokens` are those of a correction;
    `correction_id` that of the correction that came of it at once, if one did. `supersedes` names the answer
    that this takes back or replaces. `review` names the answers that it decides between. `comment` is for who
    reviews. `text` is repeated so that a review needs no other topic.
    """

    answer_id: str
    author: str
    created: str
    id: str
    answer: AnswerKind
    text: str
    source: Source | None = None
    model_version: str | None = None
    queue: str = ""
    blind: bool = False
    overlap: bool = False
    shown_ms: int = 0
    keys: int = 0
    edits: int = 0
    layers: Mapping[str, Layer] = field(default_factory=dict)
    tokens: Sequence[CharSpan] | None = None
    correction_id: str | None = None
    supersedes: str | None = None
    review: Sequence[str] = ()
    comment: str = ""
