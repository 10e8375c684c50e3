# SPDX-License-Identifier: Apache-2.0
"""Text of UD English EWT as the benchmarks read it."""

from __future__ import annotations

import lzma
from collections.abc import Iterator
from pathlib import Path

SENTENCES = 10
"""Sentences of a long text."""


def sentences(data: Path, part: str) -> list[str]:
    """The `# text` lines of a part (`train`, `dev`, `test`) under the data folder, in order."""
    folder = data / "ud_english_ewt"
    found = sorted(folder.glob(f"*{part}.conllu*"))
    if not found:
        raise SystemExit(
            f"expected {folder}/*{part}.conllu or .conllu.xz; give the folder with --data or FRESHET_DATA"
        )
    return [line.partition("=")[2].strip() for line in _lines(found[0]) if line.startswith("# text =")]


def grouped(lines: list[str], size: int = SENTENCES) -> list[str]:
    """Texts of `size` sentences each."""
    return [" ".join(lines[i : i + size]) for i in range(0, len(lines), size)]


def _lines(path: Path) -> Iterator[str]:
    with (
        lzma.open(path, "rt", encoding="utf8")
        if path.suffix == ".xz"
        else path.open(encoding="utf8") as lines
    ):
        yield from lines
