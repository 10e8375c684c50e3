# SPDX-License-Identifier: Apache-2.0
"""Vectors and similarity of documents, spans and tokens, as far as hooks of one's own give them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..errors import DocError


class VectorAccess:
    """Objects whose `vector`, `has_vector`, `vector_norm` and `similarity` hooks may give."""

    __slots__ = ()
    hooks = "user_hooks"

    @property
    def vector(self) -> Any:
        """What the hook `vector` gives. Raises: DocError where there is none."""
        return self._hook("vector")(self)

    @property
    def has_vector(self) -> bool:
        """What the hook `has_vector` gives, else whether there is a hook `vector`."""
        hooks = self._hooks()
        return bool(hooks["has_vector"](self)) if "has_vector" in hooks else "vector" in hooks

    @property
    def vector_norm(self) -> float:
        """What the hook `vector_norm` gives. Raises: DocError where there is none."""
        return float(self._hook("vector_norm")(self))

    def similarity(self, other: Any) -> float:
        """What the hook `similarity` gives. Raises: DocError where there is none."""
        return float(self._hook("similarity")(self, other))

    def _hooks(self) -> dict[str, Callable[..., Any]]:
        hooks: dict[str, Callable[..., Any]] = getattr(getattr(self, "doc", self), self.hooks)
        return hooks

    def _hook(self, name: str) -> Callable[..., Any]:
        hook = self._hooks().get(name)
        if hook is None:
            raise DocError(
                f"expected a hook {name!r} in doc.{self.hooks}, got none; this version gives documents no "
                "vectors of its own"
            )
        return hook
