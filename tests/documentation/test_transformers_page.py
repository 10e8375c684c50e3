# SPDX-License-Identifier: Apache-2.0
"""The Python of docs/transformers.md, run from top to end."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from engine import Doc
from engine.extras import TRANSFORMERS
from tests.engine.tiny_encoder import write_encoder

PAGE = Path(__file__).parents[2] / "docs" / "transformers.md"

pytestmark = pytest.mark.skipif(not TRANSFORMERS.is_installed, reason="needs freshet[transformers]")


def test_the_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All blocks in one go, beside an encoder in `./encoder`."""
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf8"), re.DOTALL)
    write_encoder(tmp_path / "encoder")
    monkeypatch.chdir(tmp_path)
    try:
        exec(compile("\n".join(blocks), str(PAGE), "exec"), {})
    finally:
        if Doc.has_extension("vector_of_span"):
            Doc.remove_extension("vector_of_span")
    assert len(blocks) == 4
