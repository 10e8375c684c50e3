# SPDX-License-Identifier: Apache-2.0
"""A console in this process for questions over HTTP; one as a process, and a browser, for all the rest."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.console.coverage import coverage, wanted
from tests.console.local import Local, local_console
from tests.console.support import Served, fill, start
from tests.servers.browser import find_browser, open_browser
from tests.servers.requirements import MissingServerError, give_up

TEXTS = [
    "Ada Lovelace went to Kigali. She saw Freshet there.",
    "Freshet runs in Nairobi.",
    "Plain words only here \U0001f600 and Ada.",
    "First line\n\nsecond line of Kigali",
]


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Local]:
    """A console over a log in memory, without a registry."""
    with local_console(tmp_path) as found:
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A real Chromium; where there is none the tests that need it are skipped, under CI they fail.

    For one module: while Playwright runs, this thread has an event loop, and `asyncio.run` of other tests is
    refused."""
    try:
        find_browser()
    except MissingServerError as error:
        give_up(error)
    with open_browser() as found:
        yield found


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """`freshet console` over an embedded log with some annotations, and an embedded registry."""
    folder = tmp_path_factory.mktemp("console")
    fill(f"embedded:{folder}", TEXTS * 10, cats={"news": 0.7, "sport": 0.2})
    console = start(folder)
    yield console
    console.stop()


class Complaints(list[str]):
    """What a page complained of."""


@pytest.fixture
def page(browser: Any, served: Served) -> Iterator[Any]:
    """A page of somebody who is logged in; any error of it, or a report of the CSP, fails the test."""
    context = browser.new_context()
    found = open_page(context, served)
    yield found
    complaints = list(found.complaints)
    context.close()
    assert not complaints


def open_page(context: Any, served: Served, person: str = "ada", role: str = "operate") -> Any:
    """A page in a context that is logged in; `complaints` has what went wrong in it."""
    name, _, value = served.cookie(person, role).partition("=")
    context.add_cookies([{"name": name, "value": value, "url": served.address}])
    page = context.new_page()
    page.complaints = Complaints()
    page.on("pageerror", lambda error: page.complaints.append(f"error: {error}"))
    page.on("console", lambda said: said.type == "error" and page.complaints.append(f"console: {said.text}"))
    page.set_default_timeout(30_000)
    if wanted is not None:
        coverage.follow(page)
    return page


def pytest_sessionfinish() -> None:
    """Write what was counted of scripts, where that was asked for."""
    if wanted is not None:
        wanted.write_text(coverage.report())
