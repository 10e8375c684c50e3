# SPDX-License-Identifier: Apache-2.0
"""The file `moves` of parsers and entity recognizers: the actions of a transition system in class order."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from ..decoders.class_order import Classes, class_order
from ..errors import ModelFileError
from .msgpack import unpack

Moves = Classes

MAX_KIND = 5


def read_moves(data: bytes, file: Path) -> Moves:
    """The classes of a model in order. Raises: ModelFileError, which names the file."""
    try:
        tables = {
            int(kind): _frequencies(labels)
            for kind, labels in json.loads(unpack(data, file)["moves"]).items()
        }
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        what = f"{type(error).__name__}: {error}"
        raise ModelFileError(
            f"{file}: expected the actions of a transition system, got {what}; fetch the file again"
        ) from None
    if any(not 0 <= kind <= MAX_KIND for kind in tables):
        raise ModelFileError(f"{file}: expected kinds of action from 0 to {MAX_KIND}, got {sorted(tables)}")
    return class_order(tables)


def _frequencies(labels: Mapping[str, int]) -> dict[str, int]:
    if not all(type(count) is int for count in labels.values()):
        raise ValueError("frequencies that are no whole numbers")
    return dict(labels)
