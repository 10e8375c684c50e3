# SPDX-License-Identifier: Apache-2.0
"""The text message: what comes in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

NAME = "text"
MAJOR = 1
MAJORS = (1,)
"""Majors that a reader accepts: the current one and, once there is one, the previous."""


@dataclass(frozen=True, slots=True)
class TextMessage:
    """A text to annotate, version 1.

    `id` names the text for its sender and is repeated in the annotation; a text that came without one bears
    its place, `topic:partition:offset`. `text` may be empty and may hold any Unicode character. `lang` is the
    sender's claim, a BCP 47 tag. `meta` is the sender's own and is not looked at.
    """

    id: str
    text: str
    lang: str | None = None
    meta: Mapping[str, object] | None = None
