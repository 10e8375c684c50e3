# SPDX-License-Identifier: Apache-2.0
"""A real Chromium, driven by playwright over its debugger."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.servers.requirements import MissingServerError, need_command

NAMED = "FRESHET_BROWSER"
NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
HINT = (
    f"no Chromium here (looked for {', '.join(NAMES)}): apt-get install chromium, or set {NAMED} to its path"
)
ARGUMENTS = ("--disable-gpu", "--disable-dev-shm-usage", "--disable-background-timer-throttling")


def find_browser() -> str:
    """The path of a Chromium; root on a Debian gets it installed where it is missing. Raises:
    MissingServerError."""
    if named := os.environ.get(NAMED):
        if not Path(named).exists():
            raise MissingServerError(f"{NAMED}: expected the path of a Chromium, got {named!r}")
        return named
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    return found or need_command("chromium", "chromium", HINT)


@contextmanager
def open_browser(*arguments: str) -> Iterator[Any]:
    """A browser without a head, for as long as the block lasts. Raises: MissingServerError."""
    from playwright.sync_api import sync_playwright

    path = find_browser()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[*ARGUMENTS, *arguments])
        try:
            yield browser
        finally:
            browser.close()
