# SPDX-License-Identifier: Apache-2.0
"""Writes `engine/tokenizers/known_patterns.py`: `python -m tests.engine.tokenizers.known_patterns`."""

from __future__ import annotations

import json
from pathlib import Path

from engine.languages import NAMES
from engine.tokenizers import tokenizer_for
from engine.tokenizers.known_patterns import MADE_ELSEWHERE, digest_of_pattern
from engine.tokenizers.rules import PATTERNS

ROOT = Path(__file__).parents[3]
TARGET = ROOT / "engine" / "tokenizers" / "known_patterns.py"


def own_digests() -> set[str]:
    """Digests of the patterns of all languages, and of the bundled pipeline's."""
    starter = json.loads((ROOT / "models" / "en_starter" / "tokenizer.json").read_text())
    sources = {starter[name] for name in PATTERNS}
    for lang in NAMES:
        rules = tokenizer_for(lang).rule_set
        sources |= {getattr(rules, name) for name in PATTERNS}
    return {digest_of_pattern(source) for source in sources if source}


def main() -> None:
    """Write the list into the file."""
    head, mark, rest = TARGET.read_text().partition('_OWN = """\n')
    rows = sorted(own_digests() - MADE_ELSEWHERE)
    lines = [" ".join(rows[i : i + 4]) + "\n" for i in range(0, len(rows), 4)]
    TARGET.write_text(head + mark + "".join(lines) + rest[rest.index('"""') :])


if __name__ == "__main__":
    main()
