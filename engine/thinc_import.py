# SPDX-License-Identifier: Apache-2.0
"""Thinc, imported with torch out of its sight, which takes a second and 500 MB that most do without.

Folders whose files import Thinc import this file first, in their doors.
"""

from __future__ import annotations

from .lazy_torch import loaded_torch as loaded_torch

# isort: split

import thinc

__all__ = ["thinc"]
