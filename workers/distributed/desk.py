# SPDX-License-Identifier: Apache-2.0
"""An actor beside the workers: who is in the group, and the run's news for whoever started it."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class _Group:
    """Workers that find each other; a group that begins again is another one."""

    members: dict[int, Any] = field(default_factory=dict)
    is_complete: asyncio.Event = field(default_factory=asyncio.Event)


class Desk:
    """Runs as a Ray actor, without a core of its own."""

    def __init__(self) -> None:
        self._groups: dict[str, _Group] = {}
        self._news: deque[Any] = deque()
        self._wanted = asyncio.Event()
        self._given_up = False

    async def join(self, group: str, rank: int, size: int, handle: Any) -> list[Any]:
        """Enter a group; the handles of all its members, once they are there; none where the run has been
        given up."""
        if self._given_up:
            return []
        found = self._groups.setdefault(group, _Group())
        found.members[rank] = handle
        if len(found.members) == size:
            found.is_complete.set()
        await found.is_complete.wait()
        return [found.members[each] for each in range(size)]

    async def give_up(self, reason: str) -> None:
        """Config or data do not fit: a group that begins again would meet the same."""
        if not self._given_up:
            self._given_up = True
            await self.tell(("failed", reason))

    async def tell(self, news: Any) -> None:
        """Something that happened."""
        self._news.append(news)
        self._wanted.set()

    async def take(self, timeout: float) -> list[Any]:
        """What happened since the last time, once there is something or the time is over."""
        if not self._news:
            self._wanted.clear()
            try:
                await asyncio.wait_for(self._wanted.wait(), timeout)
            except TimeoutError:
                return []
        taken = list(self._news)
        self._news.clear()
        return taken
