# SPDX-License-Identifier: Apache-2.0
"""config."""

from __future__ import annotations

from ..lazy_torch import loaded_torch as loaded_torch  # first: Thinc, imported after it, leaves torch out
