# SPDX-License-Identifier: Apache-2.0
"""Bounds on the numbers of a saved pipeline's config, held before a layer is built: beyond them a model is a
mistake or an attack."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import ModelFileError
from .registry import canonical

MAX_LAYERS = 256
MAX_SIZE = 1 << 28
SMALL = frozenset({"depth", "maxout_pieces", "ngram_size", "window_size", "nC"})
"""Settings that count layers, pieces or positions; all other numbers are sizes."""
SIZES = frozenset(
    {
        "depth",
        "embed_size",
        "hidden_size",
        "hidden_width",
        "length",
        "maxout_pieces",
        "nC",
        "nM",
        "nO",
        "nF",
        "nI",
    }
) | frozenset({"rows", "token_vector_width", "width", "window_size"})
"""Settings of ours that weights follow from: none is larger than all that is stored of the component."""
OF_OURS = ("freshet.", "spacy.", "spacy-legacy.")


@dataclass(frozen=True, slots=True)
class StoredSizes:
    """What is stored of one component's model: how many arrays or layers there are, and the largest of their
    dimensions."""

    n_layers: int
    largest: int

    @classmethod
    def of(cls, shapes: Iterable[Iterable[int]]) -> StoredSizes:
        """The sizes of these shapes."""
        known = [max(shape, default=1) for shape in map(list, shapes)]
        return cls(len(known), max(known, default=0))


def check_sizes(components: Any, file: Path) -> None:
    """Raises: ModelFileError where a number of a component is beyond all reason; references are replaced."""
    for path, value in _numbers(components, ("components",)):
        limit = MAX_LAYERS if path[-1] in SMALL else MAX_SIZE
        if abs(value) > limit:
            raise ModelFileError(f"{file}: expected {' -> '.join(path)} up to {limit}, got {value}")


def check_stored(block: Any, stored: StoredSizes, name: str, file: Path) -> None:
    """Compare the settings of a component's model with what is stored of it.

    Raises: ModelFileError where the config describes a model that is larger than its weights.
    """
    if not stored.n_layers or not isinstance(block, Mapping):
        return
    for path, value in _sizes_of_ours(block.get("model", {}), ("components", name, "model")):
        limit = stored.n_layers if path[-1] == "depth" else stored.largest
        if value > limit:
            raise ModelFileError(
                f"{file}: expected {' -> '.join(path)} as in the stored weights, up to {limit}, got "
                f"{value}; config and weights do not belong together"
            )


def _sizes_of_ours(block: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], float]]:
    """Sizes of the architectures of a block that are ours; what others' mean is not known."""
    if not isinstance(block, Mapping):
        return
    ours = canonical("architectures", str(block.get("@architectures", ""))).startswith(OF_OURS)
    for key, value in block.items():
        if isinstance(value, Mapping):
            yield from _sizes_of_ours(value, (*path, key))
        elif ours and key in SIZES:
            yield from _numbers(value, (*path, key))
            if isinstance(value, list):
                yield (*path, "depth"), len(value)


def _numbers(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], float]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _numbers(item, (*path, str(key)))
    elif isinstance(value, list):
        for item in value:
            yield from _numbers(item, path)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield path, value
