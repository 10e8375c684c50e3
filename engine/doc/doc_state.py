# SPDX-License-Identifier: Apache-2.0
"""What people keep with a document besides its annotations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .batch import Batch

Hooks = dict[str, Callable[..., Any]]


@dataclass(slots=True, eq=False)
class DocState:
    """User data and hooks of one document, and what only somebody from outside can know of it.

    It belongs to the batch, so that every view of the document has the same.
    """

    user_data: dict[Any, Any] = field(default_factory=dict)
    user_hooks: Hooks = field(default_factory=dict)
    user_token_hooks: Hooks = field(default_factory=dict)
    user_span_hooks: Hooks = field(default_factory=dict)
    activations: dict[str, Any] = field(default_factory=dict)
    group_attrs: dict[str, dict[str, Any]] = field(default_factory=dict)
    tensor: Any = None
    sentiment: float = 0.0
    has_unknown_spaces: bool = False

    def copy(self) -> DocState:
        """The same in maps of its own."""
        return DocState(
            dict(self.user_data),
            dict(self.user_hooks),
            dict(self.user_token_hooks),
            dict(self.user_span_hooks),
            dict(self.activations),
            {key: dict(attrs) for key, attrs in self.group_attrs.items()},
            self.tensor,
            self.sentiment,
            self.has_unknown_spaces,
        )


def written_attrs(attrs: Mapping[str, Any]) -> dict[str, Any]:
    """What one keeps with a group of spans, as it can be written: arrays as lists."""
    return {name: value.tolist() if isinstance(value, np.ndarray) else value for name, value in attrs.items()}


def state_of(batch: Batch, doc: int) -> DocState:
    """The state of a document, a new one where there is none."""
    if batch.states is None:
        batch.states = {}
    return batch.states.setdefault(doc, DocState())
