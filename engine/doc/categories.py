# SPDX-License-Identifier: Apache-2.0
"""The categories of a document: a map that writes into the document."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any


class Categories(dict[str, float]):
    """Scores by category; what is set here is set of the document."""

    def __init__(self, scores: Mapping[str, float], write: Callable[[Mapping[str, float]], None]) -> None:
        super().__init__(scores)
        self._write = write

    def __setitem__(self, label: str, score: float) -> None:
        super().__setitem__(label, score)
        self._write(self)

    def __delitem__(self, label: str) -> None:
        super().__delitem__(label)
        self._write(self)

    def __ior__(self, other: Any) -> Categories:  # type: ignore[override,misc]  # a dict's, and written
        self.update(other)
        return self

    def __reduce__(self) -> Any:
        """A plain map."""
        return dict, (dict(self),)

    def clear(self) -> None:
        """Take all out."""
        super().clear()
        self._write(self)

    def pop(self, *args: Any) -> Any:
        """Take one out and give its score."""
        score = super().pop(*args)
        self._write(self)
        return score

    def popitem(self) -> tuple[str, float]:
        """Take the last one out."""
        item = super().popitem()
        self._write(self)
        return item

    def setdefault(self, label: str, default: float = 0.0) -> float:
        """The score of a category, which is set where it has none."""
        if label not in self:
            self[label] = default
        return self[label]

    def update(self, *args: Any, **kwargs: float) -> None:
        """Set several."""
        super().update(*args, **kwargs)
        self._write(self)
