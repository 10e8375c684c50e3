# SPDX-License-Identifier: Apache-2.0
"""Who and what is refused, for each route there is; what every answer carries."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.console.local import Local, local_console
from workers.console.api import endpoints
from workers.console.app import PAGES
from workers.console.guard import CSP, HEADERS, MAX_BODY
from workers.console.sessions import ROLES, Role

REFUSED = {
    421: {"host": "evil.example"},
    403: {"origin": "http://evil.example"},
    415: {"content-type": "application/x-www-form-urlencoded"},
    413: {"content-length": str(MAX_BODY + 1)},
    401: {"cookie": "freshet=bm8.bm8"},
}


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Local]:
    """One console for all that is refused."""
    with local_console(tmp_path_factory.mktemp("refusals")) as found:
        yield found


def test_each_unsafe_route_refuses_what_is_not_its_own_page(shared: Local) -> None:
    """Host 421, origin 403 (none, another, another site), type 415, size 413, session 401, role 403: made of
    the routes, so that a new one cannot be forgotten."""
    unsafe = [endpoint for endpoint in endpoints(shared.console) if endpoint.method != "GET"]
    assert len(unsafe) > 10
    for endpoint, (status, headers) in itertools.product(unsafe, REFUSED.items()):
        path = endpoint.path
        assert shared.ask("POST", path, headers=headers)[0] == status, (path, headers)
    for endpoint in unsafe:
        path = endpoint.path
        assert shared.ask("POST", path, headers={"origin": None})[0] == 403
        assert shared.ask("POST", path, headers={"sec-fetch-site": "same-site"})[0] == 403
        assert shared.ask("POST", path, headers={"sec-fetch-site": "cross-site"})[0] == 403
        assert shared.ask("POST", path, raw=b"[1]")[0] == 422
        for name, role in ROLES.items():
            if role < endpoint.role:
                assert shared.ask("POST", path, role=name)[0] == 403, (path, name)


def test_each_safe_route_asks_who_it_is(shared: Local) -> None:
    """Without a session 401, under another name 421, below its role 403; the error says what to do."""
    for endpoint in endpoints(shared.console):
        if endpoint.method != "GET":
            continue
        path = endpoint.path.replace("{", "").replace("}", "")
        status, told, _ = shared.ask("GET", path, role="")
        assert (status, set(told)) == (401, {"error", "expected", "got", "do"})
        assert shared.ask("GET", path, headers={"host": "evil.example"})[0] == 421
        if endpoint.role > Role.READ:
            assert shared.ask("GET", path, role="read")[0] == 403


def test_every_answer_has_the_same_strict_headers(shared: Local) -> None:
    """The policy is the one that was tried, on pages, files, the API, refusals and what is not there."""
    paths = [*PAGES, "/static/style.css", "/static/card.js", "/api/me", "/api/none", "/none", "/login"]
    for path in paths:
        for role in ("operate", ""):
            _, _, headers = shared.ask("GET", path.replace("{", "").replace("}", ""), role=role)
            assert {name: headers.get(name) for name, _ in HEADERS} == dict(HEADERS), path
    assert "trusted-types 'none'" in CSP
    assert "unsafe" not in CSP


def test_pages_without_a_session_say_how_to_get_one(shared: Local) -> None:
    """401 with the page that names the command; files that pages are made of are no secret."""
    status, told, _ = shared.ask("GET", "/correct", role="")
    assert status == 401
    assert b"freshet console link" in told
    assert shared.ask("GET", "/static/nav.js", role="")[0] == 200


def test_a_file_that_did_not_change_is_not_sent_again(shared: Local) -> None:
    """ETag and 304; nothing above the folder can be asked for."""
    _, _, headers = shared.ask("GET", "/static/card.js")
    assert shared.ask("GET", "/static/card.js", headers={"if-none-match": headers["etag"]})[0] == 304
    assert shared.ask("GET", "/static/../app.py")[0] == 404
    assert shared.ask("GET", "/static/correct.html")[0] == 404


def test_nobody_changes_anything_where_all_is_read_only(tmp_path: Path) -> None:
    """A read-only console answers questions, and 403 to everything else."""
    with local_console(tmp_path, read_only=True) as local:
        assert local.ask("GET", "/api/me")[1]["read_only"]
        for endpoint in endpoints(local.console):
            if endpoint.method != "GET":
                assert local.ask("POST", endpoint.path)[0] == 403
