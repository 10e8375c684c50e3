# SPDX-License-Identifier: Apache-2.0
"""What spaCy's matchers answered, once (`python -m benchmarks.matcher_differential --golden FOLDER`)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .cases import answer

GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize("kind", ["tokens", "phrases"])
def test_matches_are_those_of_spacy_in_the_same_order(kind: str) -> None:
    """Random patterns over all attributes, operators and predicates: the same matches and alignments, or the
    same refusal."""
    cases = json.loads((GOLDEN / f"{kind}.json").read_text(encoding="utf8"))
    assert len(cases) > 30
    for case in cases:
        assert answer(case) == case["answer"], case
