# SPDX-License-Identifier: Apache-2.0
"""The trial of a target for some time: seeds and found cases first, then mutations of them, guided by what
they reach."""

from __future__ import annotations

import hashlib
import os
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .mutation import mutated
from .reach import Reach
from .trial import Finding, Target, try_case

FOUND = Path(__file__).parent / "found"
WARM = 60.0
"""Seconds that a seed may take: the first ones compile what later ones use."""
MAX_FINDINGS = 20
WATCHED = 3
"""One case of so many is watched, which makes it slower."""
MAX_CORPUS, LATEST = 2_000, 40


@dataclass(frozen=True, slots=True)
class Trial:
    """How many cases were tried, what was found, and which lines were reached."""

    n_cases: int
    findings: list[Finding]
    reach: Reach


def kept_cases(target: Target) -> list[bytes]:
    """Cases that were found once, in the repository."""
    return [file.read_bytes() for file in sorted((FOUND / target.name).glob("*")) if file.is_file()]


def try_target(
    target: Target, seconds: float, seed: int = 0, *, reach: Reach | None = None, enough: int = MAX_FINDINGS
) -> Trial:
    """Try a target for so many seconds of a processor, the same cases in the same order under a seed: seeds
    first, then mutations of them, and of those that reached a line that none had reached before (`reach`: of
    which files). `enough`: findings after which it ends."""
    draw = random.Random(f"{target.name} {seed}")
    corpus = [*target.seeds(), *kept_cases(target)]
    findings, reach, n = _Findings(), Reach() if reach is None else reach, len(corpus)
    for case in corpus:
        findings.note(try_case(target, case, WARM))
    for case in corpus:
        with reach.watched():
            try_case(target, case, WARM)
    end = _spent() + seconds
    while _spent() < end and len(findings.kinds) < enough:
        n += 1
        case = mutated(_one_of(corpus, draw), draw, corpus, target.words, target.rounds)
        if n % WATCHED or not _is_new(target, case, reach):
            findings.note(try_case(target, case))
        elif len(corpus) < MAX_CORPUS:
            corpus.append(case)
    return Trial(n, list(findings.kinds.values()), reach)


def _is_new(target: Target, case: bytes, reach: Reach) -> bool:
    """Whether a case is good, and reaches something new; what is wrong is tried again without being
    watched, which takes its time."""
    before = len(reach)
    with reach.watched():
        finding = try_case(target, case)
    return finding is None and len(reach) > before


def _one_of(corpus: Sequence[bytes], draw: random.Random) -> bytes:
    """A case, half of the time one of the latest."""
    return draw.choice(corpus[-LATEST:] if draw.random() < 0.5 else corpus)


class _Findings:
    def __init__(self) -> None:
        self.kinds: dict[str, Finding] = {}

    def note(self, finding: Finding | None) -> None:
        """Keep one of each kind."""
        if finding is not None:
            self.kinds.setdefault(_kind(finding), finding)


def _spent() -> float:
    """Seconds of a processor so far, those of ended child processes included."""
    return sum(os.times()[:4])


def keep(finding: Finding) -> Path:
    """Write a case down, so that it is tried from now on."""
    folder = FOUND / finding.target
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / hashlib.sha256(finding.case).hexdigest()[:12]
    file.write_bytes(finding.case)
    return file


def _kind(finding: Finding) -> str:
    """Findings that are alike: the same error, whatever the values in it."""
    return "".join(sign for sign in finding.what[:120] if sign.isalpha() or sign == ":")[:60]
