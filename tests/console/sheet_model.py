# SPDX-License-Identifier: Apache-2.0
"""What keys do to a card's entities, said a second time in Python: pages are held to it, and people's keys
are counted by it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Span = tuple[int, int, str]
"""First token, last token, label."""

KEYS = (
    "ArrowLeft",
    "ArrowRight",
    "Shift+ArrowLeft",
    "Shift+ArrowRight",
    "Control+ArrowLeft",
    "Control+ArrowRight",
)
KEYS += ("Home", "End", "j", "k", ";", "n", "d", "Delete", "u", "Backspace", "Control+z", "Control+y")


@dataclass
class SheetModel:
    """One card: tokens, entities, cursor, selection, undo."""

    text: str
    starts: Sequence[int]
    ends: Sequence[int]
    ents: tuple[Span, ...]
    labels: Sequence[str]
    begins: Sequence[int] = ()
    at: int = -1
    anchor: int = -1
    found: str = ""
    pending: bool = False
    sticky: str = ""
    past: list[tuple[Span, ...]] = field(default_factory=list)
    future: list[tuple[Span, ...]] = field(default_factory=list)

    @classmethod
    def of(cls, item: Mapping[str, Any], labels: Sequence[str]) -> SheetModel:
        """The card of an item as the API gives it."""
        starts, ends = item["tokens"]["start"], item["tokens"]["end"]
        model = cls(item["text"], starts, ends, (), labels)
        spans = [
            (model._token(s["start"]), model._token(s["end"] - 1), s["label"]) for s in item.get("ents") or ()
        ]
        model.ents = tuple(sorted(spans))
        model.begins = sorted(model._token(s["start"]) for s in item.get("sents") or ())
        model.at = model._step(-1, 1)
        return model

    def press(self, key: str) -> None:
        """One key, by playwright's name."""
        if self.pending and len(key) == 1:
            self.pending = False
            self.found = key.lower()
            self._find()
            return
        moves = {
            "ArrowLeft": (-1, False),
            "ArrowRight": (1, False),
            "Shift+ArrowLeft": (-1, True),
            "Shift+ArrowRight": (1, True),
        }
        if key in moves:
            by, extend = moves[key]
            self._move(self._step(self.at, by), extend)
        elif key == "Home":
            self._move(self._step(-1, 1))
        elif key == "End":
            self._move(self._step(len(self.starts), -1))
        elif key in ("j", "k"):
            self._entity(1 if key == "j" else -1)
        elif key in ("Control+ArrowLeft", "Control+ArrowRight"):
            self._sentence(1 if key.endswith("Right") else -1)
        elif key == "f":
            self.pending = True
        elif key == ";":
            self._find()
        elif key == "n":
            self._capital()
        elif key in ("d", "Delete"):
            self._remove()
        elif key in ("u", "Backspace", "Control+z"):
            if self.past:
                self.future.append(self.ents)
                self.ents = self.past.pop()
        elif key == "Control+y":
            if self.future:
                self.past.append(self.ents)
                self.ents = self.future.pop()
        elif key.isdigit():
            place = (int(key) + 9) % 10
            if place < len(self.labels):
                self._label(self.labels[place])

    def places(self) -> list[tuple[int, int, str]]:
        """The entities in code points."""
        return [(self.starts[a], self.ends[b], label) for a, b, label in self.ents]

    def _word(self, i: int) -> str:
        return self.text[self.starts[i] : self.ends[i]]

    def _space(self, i: int) -> bool:
        return not self._word(i).strip()

    def _token(self, place: int) -> int:
        return max((i for i, start in enumerate(self.starts) if start <= place), default=0)

    def _step(self, start: int, by: int) -> int:
        at = start + by
        while 0 <= at < len(self.starts) and self._space(at):
            at += by
        return at if 0 <= at < len(self.starts) else start

    def _move(self, to: int, extend: bool = False) -> None:
        if not 0 <= to < len(self.starts):
            return
        if not extend:
            self.anchor = -1
        elif self.anchor < 0:
            self.anchor = self.at
        self.at = to

    def _range(self) -> tuple[int, int]:
        other = self.at if self.anchor < 0 else self.anchor
        return min(self.at, other), max(self.at, other)

    def _select(self, a: int, b: int) -> None:
        self.at, self.anchor = b, -1 if a == b else a

    def _entity(self, by: int) -> None:
        if not self.ents:
            return
        low, high = self._range()
        if by > 0:
            found = next((s for s in self.ents if s[0] > low), self.ents[0])
        else:
            found = next((s for s in reversed(self.ents) if s[1] < high), self.ents[-1])
        self._select(found[0], found[1])

    def _sentence(self, by: int) -> None:
        if by > 0:
            self._move(next((i for i in self.begins if i > self.at), self._step(len(self.starts), -1)))
        else:
            self._move(next((i for i in reversed(self.begins) if i < self.at), self._step(-1, 1)))

    def _find(self) -> None:
        if not self.found:
            return
        n = len(self.starts)
        for k in range(1, n + 1):
            i = (self.at + k) % n
            if not self._space(i) and self._word(i).lower().startswith(self.found):
                self._move(i)
                return

    def _capital(self) -> None:
        inside = {i for a, b, _ in self.ents for i in range(a, b + 1)}
        n = len(self.starts)
        for k in range(1, n + 1):
            i = (self.at + k) % n
            if i not in inside and self._word(i)[:1].isupper():
                self._move(i)
                return

    def _change(self, ents: Sequence[Span]) -> None:
        self.past.append(self.ents)
        self.future = []
        self.ents = tuple(sorted(ents))

    def _label(self, label: str) -> None:
        under = next((s for s in self.ents if s[0] <= self.at <= s[1]), None)
        a, b = (under[0], under[1]) if self.anchor < 0 and under else self._range()
        while a < b and self._space(a):
            a += 1
        while b > a and self._space(b):
            b -= 1
        if self._space(a):
            return
        if (a, b, label) in self.ents:
            self.sticky = "" if self.sticky == label else label
            return
        self._change([*(s for s in self.ents if s[1] < a or s[0] > b), (a, b, label)])
        self._select(a, b)

    def _remove(self) -> None:
        a, b = self._range()
        kept = [s for s in self.ents if s[1] < a or s[0] > b]
        if len(kept) < len(self.ents):
            self._change(kept)


def plan(model: SheetModel, wanted: Sequence[tuple[int, int, str]]) -> list[str]:
    """Keys that make a card's entities those that are wanted (in code points), as a practised person presses
    them: to each place by the shortest of arrows, find by letter, next capital and next entity."""
    pressed: list[str] = []

    def press(*keys: str) -> None:
        for key in keys:
            model.press(key)
            pressed.append(key)

    for start, end, label in sorted(wanted):
        target = (model._token(start), model._token(end - 1), label)
        if target in model.ents:
            continue
        press(*_way(model, target[0], target[1]))
        press(str((model.labels.index(label) + 1) % 10))
    goal = set(wanted)
    for a, b, label in list(model.ents):
        if (model.starts[a], model.ends[b], label) not in goal and (a, b, label) in model.ents:
            press(*_way(model, a, b), "d")
    return pressed


def _way(model: SheetModel, a: int, b: int) -> list[str]:
    """The shortest way to have the tokens from `a` to `b` selected."""
    ways = []
    first = model._word(a)[:1].lower()
    for begin in ([], ["Home"], ["End"]):
        for step, most in (
            (["ArrowRight"], 400),
            (["ArrowLeft"], 400),
            (["j"], 60),
            (["k"], 60),
            (["n"], 60),
        ):
            ways.append((begin, step, most))
        if len(first) == 1 and first.strip():
            ways.append(([*begin, "f", first], [";"], 60))
    best: list[str] | None = None
    for begin, step, most in ways:
        copy = _copy(model)
        keys = list(begin)
        for key in begin:
            copy.press(key)
        for _ in range(most):
            if best is not None and len(keys) >= len(best):
                break
            done = _finish(copy, a, b)
            if done is not None and (best is None or len(keys) + len(done) < len(best)):
                best = keys + done
                break
            for key in step:
                copy.press(key)
            keys += step
    assert best is not None
    return best


def _finish(model: SheetModel, a: int, b: int) -> list[str] | None:
    """What is left to do where the cursor stands well; None elsewhere."""
    under = next((s for s in model.ents if s[0] <= model.at <= s[1]), None)
    if model._range() == (a, b) and (model.anchor >= 0 or under is None or under[:2] == (a, b)):
        return []
    if model.anchor < 0 and under is not None and under[:2] == (a, b):
        return []
    if model.anchor < 0 and model.at == a and b > a:
        return ["Shift+ArrowRight"] * sum(not model._space(i) for i in range(a + 1, b + 1))
    if model.anchor < 0 and model.at == a == b and under is not None and b + 1 < len(model.starts):
        return ["Shift+ArrowRight", "Shift+ArrowLeft"]
    return None


def _copy(model: SheetModel) -> SheetModel:
    return SheetModel(
        model.text,
        model.starts,
        model.ends,
        model.ents,
        model.labels,
        model.begins,
        model.at,
        model.anchor,
        model.found,
    )
