# SPDX-License-Identifier: Apache-2.0
"""transformers and tokenizers, imported when something of them is used first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..extras import TRANSFORMERS
from ..lazy_torch import Later

if TYPE_CHECKING:
    import tokenizers
    import transformers
else:
    tokenizers = Later("tokenizers")
    transformers = Later("transformers")


def require_transformers(what: str) -> None:
    """Raises: MissingExtraError where `what` cannot be had without the extra."""
    TRANSFORMERS.require(what)


__all__ = ["require_transformers", "tokenizers", "transformers"]
