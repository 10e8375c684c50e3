# SPDX-License-Identifier: Apache-2.0
"""Thinc, imported with torch out of its sight, which takes a second and 500 MB that most do without.

Folders whose files import Thinc import this file first, in their doors. Only the thread that imports Thinc
does not see torch meanwhile.
"""

from __future__ import annotations

from .lazy_torch import hidden_torch, import_torch_where_thinc_needs_it

with hidden_torch():
    import thinc.api
    import thinc.compat

import_torch_where_thinc_needs_it()

__all__ = ["thinc"]
