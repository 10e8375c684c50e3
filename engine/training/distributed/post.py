# SPDX-License-Identifier: Apache-2.0
"""How workers send each other values: the one thing that the protocol needs of a cluster."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from ...errors import EngineError


@dataclass(frozen=True, slots=True)
class Message:
    """A value on its way. `turn`: the exchange that it belongs to, counted from 1; 0 for one that belongs to
    none."""

    sender: int
    kind: str
    content: Any
    turn: int = 0


class Post(Protocol):
    """One worker's place among `size`. Messages between two workers arrive in the order in which they were
    sent, each once."""

    @property
    def rank(self) -> int:
        """This worker's number, from 0."""
        ...

    @property
    def size(self) -> int:
        """How many workers there are."""
        ...

    def send(self, to: int, message: Message) -> None:
        """Send, without waiting."""
        ...

    def receive(self, *, wait: bool) -> Message | None:
        """The next message; None where there is none and nobody wants to wait."""
        ...


class LonePost:
    """The place of one worker that is alone."""

    rank, size = 0, 1

    def send(self, to: int, message: Message) -> None:
        """Raises: EngineError, for there is nobody."""
        raise EngineError(f"nobody is there to get {message.kind!r}; this is a bug in Freshet")

    def receive(self, *, wait: bool) -> Message | None:
        """Nothing. Raises: EngineError where it would wait for ever."""
        if wait:
            raise EngineError("nobody is there to wait for; this is a bug in Freshet")
        return None


class Exchange:
    """Everybody's value to everybody, turn by turn, and messages beside the turns. `waited`: seconds, by the
    clock, in which there was nothing to do but wait."""

    def __init__(self, post: Post, clock: Callable[[], float]) -> None:
        self.post, self.clock = post, clock
        self.waited = 0.0
        self._turn = 0
        self._ahead: deque[Message] = deque()
        self._beside: deque[Message] = deque()

    def all_to_all(self, kind: str, content: Any) -> list[Any]:
        """The values of all workers, by their rank. Every worker takes the same turns in the same order."""
        self._turn += 1
        for other in self.others:
            self.post.send(other, Message(self.post.rank, kind, content, self._turn))
        values = {self.post.rank: content}
        while len(values) < self.post.size:
            message = self._of_this_turn(kind)
            values[message.sender] = message.content
        return [values[rank] for rank in range(self.post.size)]

    def from_first(self, kind: str, make: Callable[[], Any]) -> Any:
        """What worker 0 makes, at every worker."""
        self._turn += 1
        if self.post.rank:
            return self._of_this_turn(kind).content
        content = make()
        for other in self.others:
            self.post.send(other, Message(0, kind, content, self._turn))
        return content

    def send(self, to: int, kind: str, content: Any) -> None:
        """A message beside the turns."""
        self.post.send(to, Message(self.post.rank, kind, content))

    def take(self, *, wait: bool) -> Message | None:
        """The next message beside the turns; None where there is none and nobody wants to wait."""
        while not self._beside:
            arrived = self._receive(wait=wait)
            if arrived is None:
                return None
            (self._ahead if arrived.turn else self._beside).append(arrived)
        return self._beside.popleft()

    @property
    def others(self) -> list[int]:
        """The ranks of all other workers."""
        return [rank for rank in range(self.post.size) if rank != self.post.rank]

    def _of_this_turn(self, kind: str) -> Message:
        for message in self._ahead:
            if message.turn == self._turn:
                self._ahead.remove(message)
                return _checked(message, kind)
        while True:
            arrived = self._receive(wait=True)
            if arrived is not None and arrived.turn == self._turn:
                return _checked(arrived, kind)
            if arrived is not None:
                (self._ahead if arrived.turn else self._beside).append(arrived)

    def _receive(self, *, wait: bool) -> Message | None:
        started = self.clock()
        message = self.post.receive(wait=wait)
        if wait:
            self.waited += self.clock() - started
        return message


def _checked(message: Message, kind: str) -> Message:
    if message.kind != kind:
        raise EngineError(
            f"worker {message.sender} came to {message.kind!r} while this one came to {kind!r}: they do not "
            "train the same config with the same data; see that all machines read the same files"
        )
    return message
