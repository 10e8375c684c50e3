# SPDX-License-Identifier: Apache-2.0
"""Links, cookies, tokens and the proxy: who is who."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from tests.console.local import Local, local_console
from workers.console.server import require_safe
from workers.console.sessions import LINK_SECONDS, Person, Role, Sessions, make_token, open_sessions
from workers.errors import SettingsError
from workers.settings import ConsoleSettings

ADA = Person("ada", Role.REVIEW)


def test_a_link_logs_in_once_and_for_ten_minutes() -> None:
    """The second use, and one too late, are refused."""
    now = [1_000.0]
    sessions = Sessions(b"k" * 32, clock=lambda: now[0])
    token, late = sessions.link_token(ADA), sessions.link_token(ADA)
    assert sessions.log_in(token) == ADA
    assert sessions.log_in(token) is None
    now[0] += LINK_SECONDS + 1
    assert sessions.log_in(late) is None


def test_what_one_key_signed_another_does_not_believe() -> None:
    """Neither a changed cookie nor a link in a cookie's place is read."""
    sessions, other = Sessions(b"k" * 32), Sessions(b"o" * 32)
    cookie = sessions.cookie(ADA)
    assert sessions.read_cookie(cookie) == ADA
    assert other.read_cookie(cookie) is None
    assert sessions.read_cookie(cookie[:-2] + "xx") is None
    assert sessions.read_cookie(sessions.link_token(ADA)) is None
    assert sessions.read_cookie("") is None


def test_the_key_is_made_once_and_is_its_owners(tmp_path: Path) -> None:
    """The folder's key has mode 0600, and the next start reads the same one."""
    cookie = open_sessions(tmp_path, {}).cookie(ADA)
    assert open_sessions(tmp_path, {}).read_cookie(cookie) == ADA
    assert stat.S_IMODE((tmp_path / "console.key").stat().st_mode) == 0o600


def test_people_log_in_with_tokens_of_their_own(tmp_path: Path) -> None:
    """A token is known by its hash alone; what is no such file is named with what to do."""
    token, line = make_token("grace", Role.ANNOTATE)
    path = tmp_path / "tokens"
    path.write_text(line + "\n")
    sessions = open_sessions(tmp_path, {"FRESHET_CONSOLE_TOKENS_FILE": str(path)})
    assert sessions.log_in(token) == sessions.log_in(token) == Person("grace", Role.ANNOTATE)
    assert token not in line
    path.write_text(json.dumps({"name": "x"}))
    with pytest.raises(SettingsError, match="freshet console token"):
        open_sessions(tmp_path, {"FRESHET_CONSOLE_TOKENS_FILE": str(path)})


def test_the_cookie_is_kept_from_scripts_and_other_sites(local: Local) -> None:
    """HttpOnly and SameSite=strict; a HEAD uses no link up."""
    token = local.sessions.link_token(ADA)
    assert local.ask("HEAD", f"/login?token={token}", role="")[0] == 200
    status, _, headers = local.ask("GET", f"/login?token={token}", role="")
    assert (status, headers["location"]) == (303, "/")
    assert "HttpOnly" in headers["set-cookie"]
    assert "SameSite=strict" in headers["set-cookie"]
    cookie = headers["set-cookie"].partition(";")[0]
    assert local.ask("GET", "/api/me", role="", headers={"cookie": cookie})[1]["name"] == "ada"
    assert local.ask("GET", f"/login?token={token}", role="")[0] == 401


def test_only_the_trusted_proxy_is_believed(tmp_path: Path) -> None:
    """Its header names the author; from any other address the same header says nothing."""
    named = {"author_header": "X-Person", "proxy_role": "review"}
    with local_console(tmp_path, trusted_proxy="127.0.0.1", **named) as local:
        told = local.get("/api/me", role="", headers={"x-person": "grace"})
        assert (told["name"], told["role"]) == ("grace", "review")
    with local_console(tmp_path, trusted_proxy="10.0.0.1", **named) as local:
        assert local.ask("GET", "/api/me", role="", headers={"x-person": "grace"})[0] == 401


def test_a_console_for_others_needs_people_with_tokens() -> None:
    """Another address than this machine's is refused where nobody could say who they are."""
    with pytest.raises(SettingsError, match="tokens"):
        require_safe(ConsoleSettings(host="0.0.0.0"), Sessions(b"k" * 32))
    require_safe(ConsoleSettings(host="0.0.0.0"), Sessions(b"k" * 32, {"0" * 64: ADA}))
    with pytest.raises(SettingsError, match="author_header"):
        ConsoleSettings(trusted_proxy="10.0.0.1")
