# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import re
import time

import pytest

from engine.languages import OWN_RULES
from engine.tokenizers import tokenizer_for
from engine.tokenizers.known_patterns import MADE_ELSEWHERE, OWN
from engine.tokenizers.rules import PATTERNS

from .known_patterns import own_digests

LONG = [
    "a:",
    ":",
    "a",
    "a.",
    "a@",
    "A.",
    "1,",
    "-",
    "1",
    "'",
    "a-",
    "\U0001f600",
    "A-",
    "/",
    "é",
    "www.",
    "([",
]


def test_the_list_is_that_of_the_rules() -> None:
    """Patterns of our languages are known, and no others: `python -m
    tests.engine.tokenizers.known_patterns`."""
    assert own_digests() - MADE_ELSEWHERE == OWN


@pytest.mark.parametrize("lang", ["en", "de", "fr", "xx"])
def test_known_patterns_end(lang: str) -> None:
    """What is run by Python's `re` without a limit takes little time on the longest chunk of any kind."""
    assert lang in {*OWN_RULES, "xx"}
    rules = tokenizer_for(lang).rule_set
    for pattern in (re.compile(getattr(rules, name)) for name in PATTERNS if getattr(rules, name)):
        for piece in LONG:
            start = time.process_time()
            pattern.search((piece * 4096)[:4096])
            assert time.process_time() - start < 5, (pattern.pattern[:60], piece)
