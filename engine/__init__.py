# SPDX-License-Identifier: Apache-2.0
"""Freshet's engine: texts in, annotated documents out; pipelines made, trained, saved and loaded from
configs.

>>> import engine
>>> doc = engine.blank("en")("Freshet runs in Kigali.")
>>> doc[3].text
'Kigali'

Importing it costs nothing; the first public name that is asked for brings the rest (api.py).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .api import *  # noqa: F403  # what `__getattr__` finds, for type checkers
else:

    def __getattr__(name: str) -> Any:
        """A public name, from api.py."""
        public = import_module(".api", __name__) if name == "__all__" or name[0] != "_" else None
        if not hasattr(public, name):
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(public, name)

    def __dir__() -> list[str]:
        return sorted({*globals(), *import_module(".api", __name__).__all__})
