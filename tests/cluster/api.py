# SPDX-License-Identifier: Apache-2.0
"""The API server's objects by HTTP: made, read, changed and waited for."""

from __future__ import annotations

import json
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

Object = dict[str, Any]

TOKEN = "freshet-test"
JSON = "application/json"
MERGE = "application/merge-patch+json"
APPLY = "application/apply-patch+yaml"


class ApiError(Exception):
    """The API server refused; `code` is the status."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


class Api:
    """A client with all rights."""

    def __init__(self, address: str, authority: Path) -> None:
        self._address = address
        self._context = ssl.create_default_context(cafile=str(authority))
        self._plurals: Callable[[str], Mapping[str, tuple[str, bool]]] = cache(self._read_plurals)

    def request(self, method: str, path: str, body: object = None, kind: str = JSON) -> Any:
        """One request. Raises: ApiError; OSError where nobody answers."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": kind, "Accept": JSON}
        asked = urllib.request.Request(self._address + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(asked, timeout=30, context=self._context) as answer:
                text = answer.read()
        except urllib.error.HTTPError as error:
            with error:
                raise ApiError(error.code, error.read().decode(errors="replace")[:2000]) from None
        return json.loads(text) if text.startswith(b"{") else text.decode()

    def is_ready(self) -> bool:
        """Whether the server answers that it is."""
        try:
            return bool(self.request("GET", "/readyz") == "ok")
        except (ApiError, OSError):
            return False

    def apply(self, found: Object, *, dry_run: bool = False, namespace: str = "default") -> Object:
        """Make an object or bring it to this state; unknown and doubled fields are errors. With `dry_run`
        all is checked and nothing kept."""
        options = {"fieldManager": "tests", "fieldValidation": "Strict", "force": "true"}
        if dry_run:
            options["dryRun"] = "All"
        path = self.path(found["apiVersion"], found["kind"], namespace, found["metadata"]["name"])
        applied: Object = self.request("PATCH", f"{path}?{urlencode(options)}", found, APPLY)
        return applied

    def get(self, api: str, kind: str, namespace: str, name: str) -> Object:
        """One object. Raises: ApiError."""
        found: Object = self.request("GET", self.path(api, kind, namespace, name))
        return found

    def list(self, api: str, kind: str, namespace: str, selector: str = "") -> list[Object]:
        """All objects of a kind in a namespace."""
        query = f"?{urlencode({'labelSelector': selector})}" if selector else ""
        found: list[Object] = self.request("GET", self.path(api, kind, namespace) + query)["items"]
        return found

    def pods(self, namespace: str, selector: str = "") -> list[Object]:
        """The pods that nobody is ending."""
        found = self.list("v1", "Pod", namespace, selector)
        return [pod for pod in found if "deletionTimestamp" not in pod["metadata"]]

    def path(self, api: str, kind: str, namespace: str, name: str = "") -> str:
        """Where objects of a kind are."""
        plural, namespaced = self._plural(api, kind)
        root = f"/api/{api}" if api == "v1" else f"/apis/{api}"
        inside = f"/namespaces/{namespace}" if namespaced else ""
        return f"{root}{inside}/{plural}" + (f"/{name}" if name else "")

    def _plural(self, api: str, kind: str) -> tuple[str, bool]:
        found = self._plurals(api)
        if kind not in found:
            raise ApiError(404, f"expected a kind of {api} among {', '.join(found)}, got {kind}")
        return found[kind]

    def _read_plurals(self, api: str) -> Mapping[str, tuple[str, bool]]:
        root = f"/api/{api}" if api == "v1" else f"/apis/{api}"
        rows = self.request("GET", root)["resources"]
        return {row["kind"]: (row["name"], row["namespaced"]) for row in rows if "/" not in row["name"]}


def wait_for(what: Callable[[], Any], why: str, timeout: float = 60.0, pause: float = 0.2) -> Any:
    """What it gives as soon as that is something. Raises: AssertionError, saying what was waited for."""
    deadline = time.monotonic() + timeout
    while not (found := what()):
        if time.monotonic() > deadline:
            raise AssertionError(f"expected within {timeout:.0f} s: {why}")
        time.sleep(pause)
    return found


def watch(read: Callable[[], Any], seconds: float, pause: float = 0.25) -> Iterator[Any]:
    """What it gives, again and again for so long."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        yield read()
        time.sleep(pause)
