# SPDX-License-Identifier: Apache-2.0
"""A real Firefox, as Debian ships it, driven by the protocol that it speaks itself: WebDriver BiDi."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import re
import subprocess
import time
from collections.abc import Coroutine, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import aiohttp

from tests.servers.requirements import need_command

HINT = "no Firefox here: apt-get install firefox-esr"
LISTENS = re.compile(r"WebDriver BiDi listening on (ws://\S+)")
START_SECONDS = 90.0
PREFERENCES: Mapping[str, object] = {
    "app.normandy.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "remote.active-protocols": 1,
    "services.settings.server": "data:,#remote-settings-dummy/v1",
    "toolkit.telemetry.enabled": False,
}
KEYS = {
    "ArrowLeft": "\ue012",
    "ArrowUp": "\ue013",
    "ArrowRight": "\ue014",
    "ArrowDown": "\ue015",
    "Backspace": "\ue003",
    "Control": "\ue009",
    "Delete": "\ue017",
    "End": "\ue010",
    "Enter": "\ue007",
    "Escape": "\ue00c",
    "Home": "\ue011",
    "Shift": "\ue008",
}
T = TypeVar("T")


class FirefoxError(Exception):
    """Firefox refused a command, or a script in the page failed."""


class Firefox:
    """One window of it. `complaints` has the errors of its pages."""

    def __init__(self, address: str) -> None:
        self.complaints: list[str] = []
        self._loop = asyncio.new_event_loop()
        self._numbers = itertools.count(1)
        self._session, self._socket = self._run(_connect(f"{address}/session"))
        self.ask("session.new", capabilities={})
        self.ask("session.subscribe", events=["log.entryAdded"])
        self._window = self.ask("browsingContext.getTree")["contexts"][0]["context"]

    def ask(self, method: str, **parameters: Any) -> Any:
        """What a command answers. Raises: FirefoxError."""
        return self._run(self._ask(method, parameters))

    def go(self, url: str) -> None:
        """Open an address, until it is loaded."""
        self.ask("browsingContext.navigate", context=self._window, url=url, wait="complete")

    def evaluate(self, script: str) -> Any:
        """What an expression in the page gives, a promise awaited; JSON values only. Raises: FirefoxError."""
        told = self.ask(
            "script.evaluate",
            expression=f"(async () => JSON.stringify(await ({script})))()",
            target={"context": self._window},
            awaitPromise=True,
        )
        if told["type"] != "success":
            raise FirefoxError(told["exceptionDetails"]["text"])
        found = told["result"].get("value")
        return None if found is None else json.loads(found)

    def wait_for(self, script: str, timeout: float = 60.0) -> Any:
        """What an expression gives once it is true. Raises: FirefoxError where it does not become so."""
        deadline = time.monotonic() + timeout
        while not (found := self.evaluate(script)):
            if time.monotonic() > deadline:
                raise FirefoxError(f"waited in vain for {script}; complaints: {self.complaints}")
            time.sleep(0.05)
        return found

    def press(self, combination: str) -> None:
        """One key, by Playwright's names, with `Shift+` or `Control+` before it."""
        *held, key = combination.split("+") if len(combination) > 1 else [combination]
        codes = [KEYS.get(name, name) for name in held]
        pressed = KEYS.get(key, key)
        actions = [{"type": "keyDown", "value": code} for code in (*codes, pressed)]
        actions += [{"type": "keyUp", "value": code} for code in (pressed, *reversed(codes))]
        self._act({"type": "key", "id": "keys", "actions": actions})

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """The mouse, pressed at one place of the window and let go at another."""
        moves = [{"type": "pointerMove", "x": round(x), "y": round(y)} for x, y in (start, end)]
        down, up = {"type": "pointerDown", "button": 0}, {"type": "pointerUp", "button": 0}
        self._act({"type": "pointer", "id": "mouse", "actions": [moves[0], down, moves[1], up]})

    def close(self) -> None:
        """Leave it."""
        self._run(self._socket.close())
        self._run(self._session.close())
        self._loop.close()

    def _act(self, source: Mapping[str, Any]) -> None:
        self.ask("input.performActions", context=self._window, actions=[source])

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return self._loop.run_until_complete(asyncio.wait_for(work, START_SECONDS))

    async def _ask(self, method: str, parameters: Mapping[str, Any]) -> Any:
        number = next(self._numbers)
        await self._socket.send_json({"id": number, "method": method, "params": parameters})
        while True:
            told = await self._socket.receive_json()
            if told.get("id") == number:
                if told["type"] == "error":
                    raise FirefoxError(f"{method}: {told['error']}: {told['message']}")
                return told["result"]
            self._hear(told)

    def _hear(self, event: Mapping[str, Any]) -> None:
        entry = event.get("params", {})
        if event.get("method") == "log.entryAdded" and entry.get("level") == "error":
            self.complaints.append(str(entry.get("text")))


async def _connect(address: str) -> tuple[aiohttp.ClientSession, aiohttp.ClientWebSocketResponse]:
    session = aiohttp.ClientSession()
    return session, await session.ws_connect(address, max_msg_size=0)


def find_firefox() -> str:
    """The path of a Firefox; root on a Debian gets it installed where it is missing. Raises:
    MissingServerError."""
    return need_command("firefox-esr", "firefox-esr", HINT)


@contextmanager
def open_firefox(folder: Path) -> Iterator[Firefox]:
    """A Firefox without a head and with a new profile in a folder, for as long as the block lasts. Raises:
    MissingServerError, FirefoxError."""
    path, profile = find_firefox(), folder / "profile"
    profile.mkdir()
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in PREFERENCES.items()]
    (profile / "user.js").write_text("\n".join(lines))
    said = folder / "firefox.log"
    command = [path, "--headless", "--no-remote", "--profile", str(profile), "--remote-debugging-port=0"]
    with said.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, env={**os.environ, "HOME": str(folder)})
    try:
        firefox = Firefox(_address(said, process))
        try:
            yield firefox
        finally:
            firefox.close()
    finally:
        process.terminate()
        process.wait(30)


def _address(said: Path, process: subprocess.Popen[bytes]) -> str:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if found := LISTENS.search(said.read_text(errors="replace")):
            return found[1]
        time.sleep(0.05)
    raise FirefoxError(f"Firefox did not say where it listens: {said.read_text(errors='replace')[-500:]}")
