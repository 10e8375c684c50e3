# SPDX-License-Identifier: Apache-2.0
"""What scripts read of the version that they run on."""

from __future__ import annotations

__title__ = "freshet"

__version__ = "3.8.0"
"""The version of the documentation whose names are here, which scripts compare with; Freshet's own is
`importlib.metadata.version("freshet")`."""


def setup_default_warnings() -> None:
    """Nothing: warnings are Python's."""
