# SPDX-License-Identifier: Apache-2.0
"""Is this server fit to keep models: does it remember, does it evict, is it new enough."""

from __future__ import annotations

from dataclasses import dataclass

import redis

from .errors import UnfitServerError

OLDEST = (6, 2)
LUA_FIXED = {(6, 2): 20, (7, 2): 11, (7, 4): 6, (8, 0): 4, (8, 2): 2}
"""Per line of releases, the first patch with the fixes of Lua up to CVE-2025-49844; distributors patch 7.0
themselves."""


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """What a server says of itself."""

    name: str
    version: str
    append_only: bool
    policy: str
    role: str
    used_memory: int
    max_memory: int

    def faults(self, *, ephemeral: bool = False) -> list[str]:
        """What keeps it from being a registry, each with what to do; none is good."""
        found = []
        if _numbers(self.version) < OLDEST and self.name == "redis":
            found.append(f"it is Redis {self.version}; use 6.2 or newer")
        if not self.append_only and not ephemeral:
            found.append(
                "it has no append-only file and would forget models: set appendonly yes (or --ephemeral to "
                "try things out)"
            )
        if self.policy != "noeviction":
            found.append(
                f"its maxmemory-policy is {self.policy} and would drop models: set maxmemory-policy "
                "noeviction"
            )
        if self.role != "master":
            found.append(f"it is a {self.role}; use the master's address, or sentinel://")
        return found

    def remarks(self) -> list[str]:
        """What is not good, and no hindrance."""
        version = _numbers(self.version)
        fixed = LUA_FIXED.get((version[0], version[1]))
        if self.name == "redis" and fixed is not None and version[2] < fixed:
            needed = f"{version[0]}.{version[1]}.{fixed}"
            return [
                f"Redis {self.version} lacks fixes of its Lua (CVE-2025-49844 and others); let nobody else "
                f"in, or use {needed}"
            ]
        return []


def read_facts(client: redis.Redis) -> ServerFacts:
    """Ask the server, by INFO: managed servers often forbid CONFIG. Raises:
    redis.exceptions.BusyLoadingError."""
    info = client.info()
    if int(info.get("loading", 0)):  # until then it says that it has no append-only file
        raise redis.exceptions.BusyLoadingError("it is loading its data")
    valkey = info.get("server_name") == "valkey" or "valkey_version" in info
    return ServerFacts(
        "valkey" if valkey else "redis",
        str(info.get("valkey_version") or info["redis_version"]),
        bool(int(info.get("aof_enabled", 0))),
        str(info.get("maxmemory_policy", "unknown")),
        str(info.get("role", "unknown")),
        int(info.get("used_memory", 0)),
        int(info.get("maxmemory", 0)),
    )


def require_fit(facts: ServerFacts, address: str, *, ephemeral: bool) -> None:
    """Raises: UnfitServerError, with all that is wrong."""
    if faults := facts.faults(ephemeral=ephemeral):
        raise UnfitServerError(f"Redis at {address} cannot keep models: {'; '.join(faults)}")


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())
