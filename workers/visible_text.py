# SPDX-License-Identifier: Apache-2.0
"""What `engine.visible_text` does, for who imports nothing of the engine before something is shown."""

from __future__ import annotations

from importlib import import_module


def visible(text: str, *, on_one_line: bool = False) -> str:
    """The text as a terminal, or with `on_one_line` a line of a log, may show it."""
    shown: str = import_module("engine.visible_text").visible(text, on_one_line=on_one_line)
    return shown
