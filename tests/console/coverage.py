# SPDX-License-Identifier: Apache-2.0
"""Which functions of the console's scripts the tests ran, by Chromium's own counters.

    FRESHET_JS_COVERAGE=functions.txt pytest tests/console -m "nightly or not nightly"

writes the share of each file, and the names of functions that nobody called.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from playwright.sync_api import Error

NAMED = "FRESHET_JS_COVERAGE"
Function = tuple[int, int, str]
"""Where a function begins and ends in its file, and its name."""


class Coverage:
    """What was seen of each file so far."""

    def __init__(self) -> None:
        self.called: dict[str, dict[Function, bool]] = defaultdict(dict)

    def follow(self, page: Any) -> None:
        """Count in a page from now on; looked at before each other address and before its context ends."""
        session = page.context.new_cdp_session(page)
        session.send("Profiler.enable")
        session.send("Profiler.startPreciseCoverage", {"callCount": True, "detailed": False})
        page.goto = self._before(page.goto, session)
        page.context.close = self._before(page.context.close, session)

    def _before(self, done: Callable[..., Any], session: Any) -> Callable[..., Any]:
        def doing(*arguments: Any, **options: Any) -> Any:
            with suppress(Error):  # the test has closed the page
                self._take(session.send("Profiler.takePreciseCoverage")["result"])
            return done(*arguments, **options)

        return doing

    def _take(self, scripts: list[dict[str, Any]]) -> None:
        for script in scripts:
            name = script["url"].partition("/static/")[2]
            if not name.endswith(".js") or name.startswith("vendor/"):
                continue
            for function in script["functions"]:
                first = function["ranges"][0]
                key = (first["startOffset"], first["endOffset"], function["functionName"])
                seen = self.called[name]
                seen[key] = seen.get(key, False) or first["count"] > 0

    def report(self) -> str:
        """Shares by file, and who was never called."""
        lines, every = [], [called for seen in self.called.values() for called in seen.values()]
        for name, seen in sorted(self.called.items()):
            missed = sorted(key for key, called in seen.items() if not called)
            lines.append(f"{name}: {len(seen) - len(missed)} of {len(seen)}")
            lines += [f"  never called: {key[2] or 'without a name'} at {key[0]}" for key in missed]
        total = f"{sum(every)} of {len(every)} functions, {100 * sum(every) / max(1, len(every)):.1f} %"
        return "\n".join([*lines, total, ""])


wanted = Path(os.environ[NAMED]) if os.environ.get(NAMED) else None
coverage = Coverage()
