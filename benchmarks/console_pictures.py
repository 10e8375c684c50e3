# SPDX-License-Identifier: Apache-2.0
"""Pictures of each page of a console that runs, in light, dark and at 390 pixels.

    python -m benchmarks.console_pictures LINK DIR

LINK is what `freshet console link` prints; DIR gets PAGE-light.png, PAGE-dark.png and PAGE-390.png.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.servers.browser import open_browser

LOOKS: dict[str, dict[str, Any]] = {
    "light": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "dark"},
    "390": {"viewport": {"width": 390, "height": 844}, "has_touch": True},
}
PAGES = {
    "stream": "/",
    "correct": "/correct",
    "review": "/review",
    "text": "/texts/texts:0:0",
    "texts": "/texts",
    "models": "/models",
    "version": "/models/1",
    "learning": "/learning",
    "letters": "/letters",
    "health": "/health",
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Take them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("link")
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("pages", nargs="*", metavar="PAGE", help=f"some of {', '.join(PAGES)}; else all")
    parser.add_argument("--whole", action="store_true", help="the whole page, not the window alone")
    chosen = parser.parse_args(arguments)
    chosen.folder.mkdir(parents=True, exist_ok=True)
    address = chosen.link.partition("/login")[0]
    with open_browser() as browser:
        first = browser.new_context()
        first.new_page().goto(chosen.link)
        cookies = first.cookies()
        for look, options in LOOKS.items():
            context = browser.new_context(**options)
            context.add_cookies(cookies)
            page = context.new_page()
            for name in chosen.pages or PAGES:
                page.goto(address + PAGES[name])
                page.wait_for_selector("main[aria-busy=false]", timeout=60_000)
                page.wait_for_timeout(1_000)
                page.screenshot(path=chosen.folder / f"{name}-{look}.png", full_page=chosen.whole)
            context.close()


if __name__ == "__main__":
    main()
