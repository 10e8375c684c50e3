# SPDX-License-Identifier: Apache-2.0
"""The trial of a target for some time: seeds and found cases first, then mutations of them."""

from __future__ import annotations

import hashlib
import os
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .mutation import mutated
from .trial import Finding, Target, try_case

FOUND = Path(__file__).parent / "found"
WARM = 60.0
"""Seconds that a seed may take: the first ones compile what later ones use."""
MAX_FINDINGS = 20


@dataclass(frozen=True, slots=True)
class Trial:
    """How many cases were tried, and what was found."""

    n_cases: int
    findings: list[Finding]


def kept_cases(target: Target) -> list[bytes]:
    """Cases that were found once, in the repository."""
    return [file.read_bytes() for file in sorted((FOUND / target.name).glob("*")) if file.is_file()]


def try_target(target: Target, seconds: float, seed: int = 0) -> Trial:
    """Try a target for so many seconds of a processor, the same cases in the same order under a seed."""
    findings: list[Finding] = []
    known: set[str] = set()
    n = 0
    for case, limit in _cases(target, seconds, seed):
        finding = try_case(target, case, limit)
        n += 1
        if finding is not None and _kind(finding) not in known:
            known.add(_kind(finding))
            findings.append(finding)
            if len(findings) == MAX_FINDINGS:
                break
    return Trial(n, findings)


def _cases(target: Target, seconds: float, seed: int) -> Iterator[tuple[bytes, float]]:
    corpus = [*target.seeds(), *kept_cases(target)]
    for case in corpus:
        yield case, WARM
    draw = random.Random(f"{target.name} {seed}")
    end = _spent() + seconds
    while _spent() < end:
        yield mutated(draw.choice(corpus), draw, corpus, target.words, target.rounds), 1.0


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
