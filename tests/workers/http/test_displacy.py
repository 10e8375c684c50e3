# SPDX-License-Identifier: Apache-2.0
"""Pages for a browser on this machine."""

from __future__ import annotations

import urllib.error
import urllib.request
from contextlib import closing

import pytest

from workers.errors import WorkerError
from workers.http.displacy import serve_page


def test_a_page_is_served_to_this_machine_only() -> None:
    """The page has one address, on loopback; other paths and other names of the host are refused."""
    with closing(serve_page("<p>Ada é</p>")) as server:
        assert server.address.startswith("http://127.0.0.1:")
        with urllib.request.urlopen(server.address) as answer:
            assert answer.read().decode() == "<p>Ada é</p>"
            assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
        for request in (
            urllib.request.Request(server.address + "/x"),
            urllib.request.Request(server.address, headers={"Host": "evil.example"}),
        ):
            with pytest.raises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(request)
            refused.value.close()
        with pytest.raises(WorkerError, match="another port"):
            serve_page("", server.port)
