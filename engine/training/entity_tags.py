# SPDX-License-Identifier: Apache-2.0
"""Entity tags in any of the forms that files have (IOB, IOB2, BILUO, IOBES), made IOB2."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..errors import EngineError

_BEGINS, _GOES_ON = frozenset("BUS"), frozenset("ILEM")
UNKNOWN = ""
"""The tag of a word of which nothing is known."""


def iob2_tags(tags: Sequence[str], renamed: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """The same tags as B-, I- and O; an entity that is not begun begins where it is first seen; `-`, `?` and
    nothing are unknown. `renamed`: other names for labels.

    Raises: EngineError for what is no tag.

    >>> iob2_tags(["I-PER", "I-PER", "U-LOC", "O", "L-ORG"])
    ('B-PER', 'I-PER', 'B-LOC', 'O', 'B-ORG')
    """
    result: list[str] = []
    open_label = ""
    for tag in tags:
        kind, _, label = tag.partition("-")
        label = (renamed or {}).get(label, label)
        if tag in ("", "-", "?"):
            result.append(UNKNOWN)
            open_label = ""
        elif tag in ("O", "_"):
            result.append("O")
            open_label = ""
        elif label and kind in _BEGINS | _GOES_ON:
            goes_on = kind in _GOES_ON and label == open_label
            result.append(f"{'I' if goes_on else 'B'}-{label}")
            open_label = "" if kind in "ULES" else label
        else:
            raise EngineError(f"expected a tag such as O, B-PER, I-PER, L-PER or U-PER, got {tag!r}")
    return tuple(result)
