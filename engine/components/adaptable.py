# SPDX-License-Identifier: Apache-2.0
"""What a component with an encoder of ours can do besides annotating: have adapters, count pieces."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol, cast

import numpy as np
import numpy.typing as npt

from ..doc.batch import Batch


class Adaptable(Protocol):
    """A component whose encoder may have an adapter."""

    @property
    def part(self) -> Any:
        """The encoder; None where it is somebody's own."""
        ...

    @property
    def adapter(self) -> Any:
        """The adapter that learns; None without one."""
        ...

    def add_adapter(
        self, rank: int, alpha: float, dropout: float, target_modules: Sequence[str] | str, seed: int
    ) -> None:
        """Let one learn from now on."""
        ...

    def take_adapter(self, adapter: Any) -> None:
        """The same with one that has learned."""
        ...

    def merge_adapter(self) -> None:
        """Multiply the one that learns into the encoder."""
        ...

    @property
    def adapters(self) -> Any:
        """Adapters of others on this encoder, by name."""
        ...

    def read_adapter(self, files: Mapping[str, bytes], where: str = "") -> Any:
        """An adapter of PEFT's files on this encoder."""
        ...

    @property
    def max_batch_items(self) -> int:
        """Pieces that are encoded at once at most."""
        ...

    def count_pieces(self, batch: Batch) -> npt.NDArray[np.int64]:
        """How many pieces each document has."""
        ...


def encoders_among(components: Iterable[tuple[str, object]]) -> Iterator[tuple[str, Adaptable]]:
    """Components with an encoder of ours, by name."""
    for name, component in components:
        if hasattr(type(component), "count_pieces"):  # not `isinstance`, which would ask for each property
            adaptable = cast(Adaptable, component)
            if adaptable.part is not None:
                yield name, adaptable
