# SPDX-License-Identifier: Apache-2.0
"""Orders of work: which text is worth a person's next minute."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

from .window import Shown

QUEUES = ("mixed", "random", "disagree", "uncertain", "flipped", "rare", "new", "asked")
PATTERN = ("disagree", "random", "rare", "disagree", "random")
"""`mixed`: 40 percent of each of the first two, 20 of the third; a queue that is empty leaves its turn to
`random`."""
DEFAULT = "mixed"


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What orders go by besides the texts: differences between two versions by the text's place, which of
    them a promotion made, how often people used each label, and the ids of texts that were asked for."""

    differences: Mapping[str, int] = field(default_factory=dict)
    flipped: Mapping[str, int] = field(default_factory=dict)
    labels: Mapping[str, int] = field(default_factory=dict)
    asked: frozenset[str] = frozenset()


NOTHING_KNOWN = Knowledge()


def order(name: str, texts: Sequence[Shown], known: Knowledge = NOTHING_KNOWN) -> list[tuple[str, Shown]]:
    """The texts of a queue, best first, each with the queue that gave it; only those of `random` stand for
    the stream."""
    if name == "mixed":
        return list(_mix(texts, known))
    return [(name, shown) for shown in _ranked(name, texts, known)]


def _mix(texts: Sequence[Shown], known: Knowledge) -> Iterator[tuple[str, Shown]]:
    queues = {name: iter(_ranked(name, texts, known)) for name in {*PATTERN}}
    taken: set[str] = set()
    while len(taken) < len(texts):
        for wanted in PATTERN:
            for name in (wanted, "random"):
                shown = next((one for one in queues[name] if one.source not in taken), None)
                if shown is not None:
                    taken.add(shown.source)
                    yield name, shown
                    break


def _ranked(name: str, texts: Sequence[Shown], known: Knowledge) -> list[Shown]:
    if name == "random":
        return sorted(texts, key=lambda shown: blake2b(shown.source.encode(), digest_size=8).digest())
    if name == "new":
        return sorted(texts, key=lambda shown: -shown.at_ms)
    return _best(name, texts, known)


def _best(name: str, texts: Sequence[Shown], known: Knowledge) -> list[Shown]:
    scored = [(score, shown) for shown in texts if (score := _score(name, shown, known)) > 0]
    return [shown for _, shown in sorted(scored, key=lambda pair: (-pair[0], pair[1].source))]


def _score(name: str, shown: Shown, known: Knowledge) -> float:
    length = math.sqrt(1 + len(shown.row["tokens"]["start"]))
    if name == "disagree":
        return known.differences.get(shown.source, 0) / length
    if name == "flipped":
        return known.flipped.get(shown.source, 0) / length
    if name == "rare":
        return sum(1 / (1 + known.labels.get(label, 0)) for label in set(labels_of(shown))) / length
    if name == "uncertain":
        sure = (shown.row.get("confidence") or {}).get("text")
        return 0.0 if sure is None else 1.0 - float(sure)
    if name == "asked":
        return float(shown.id in known.asked or shown.row.get("route") in ("ask", "audit"))
    raise KeyError(name)


def labels_of(shown: Shown) -> Iterable[str]:
    """The labels of an annotation's entities, spans and categories that apply."""
    for span in shown.row.get("ents") or ():
        yield span["label"]
    for spans in (shown.row.get("spans") or {}).values():
        for span in spans:
            yield span["label"]
    for label, score in (shown.row.get("cats") or {}).items():
        if score >= 0.5:
            yield label
