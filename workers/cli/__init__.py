# SPDX-License-Identifier: Apache-2.0
"""The `freshet` command: argv in, exit code out, no logic of its own."""

from __future__ import annotations

from .app import main

__all__ = ["main"]
