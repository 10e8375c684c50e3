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
        """A public name, from api.py; all of them are there from then on."""
        if name == "__all__" or not name.startswith("_"):
            public = import_module(".api", __name__)
            if hasattr(public, "__all__"):  # not while api.py itself is being imported
                globals().update({each: getattr(public, each) for each in ("__all__", *public.__all__)})
            if name in globals():
                return globals()[name]
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__() -> list[str]:
        return sorted({*globals(), *import_module(".api", __name__).__all__})
