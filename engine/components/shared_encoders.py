# SPDX-License-Identifier: Apache-2.0
"""Encoders that several pipelines of a process have in common: a version that differs from the one before in
heads and adapter alone takes that one's encoder, and is there at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Protocol
from weakref import WeakSet

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

_sharing: ContextVar[bool] = ContextVar("sharing", default=False)
_parts: WeakSet[Any] = WeakSet()


class Shareable(Protocol):
    """A part with an encoder."""

    def saved(self) -> str:
        """The encoder's config."""
        ...

    def weights(self) -> Mapping[str, Array]:
        """Its weights by name."""
        ...


@contextmanager
def sharing_encoders() -> Iterator[None]:
    """Pipelines that are loaded inside share encoders whose weights are equal. They annotate; none of them
    may learn, for a step of one would be a step of all."""
    token = _sharing.set(True)
    try:
        yield
    finally:
        _sharing.reset(token)


def shared_part(saved: str, state: Mapping[str, Array]) -> Any:
    """A part whose encoder is this one; None where there is none, or nothing is shared."""
    for part in list(_parts) if _sharing.get() else ():
        known = part.weights()
        is_alike = part.saved() == saved and set(known) == set(state)
        if is_alike and all(np.array_equal(known[name], array) for name, array in state.items()):
            return part
    return None


def offer_part(part: Shareable) -> None:
    """Let others share a part's encoder, where that is asked for."""
    if _sharing.get():
        _parts.add(part)
