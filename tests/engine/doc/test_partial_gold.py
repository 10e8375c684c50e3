# SPDX-License-Identifier: Apache-2.0
"""Gold documents of which only a part is known."""

from __future__ import annotations

import pytest

from engine.doc import PartialGold
from engine.errors import EngineError
from engine.tokenizers import tokenizer_for


def test_spans_of_blanks_alone_are_refused_by_their_text() -> None:
    """They do not become entities of the next word."""
    gold = PartialGold(tokenizer_for("en"), "a  b\n", ())
    for start, end in ((1, 3), (4, 5)):
        with pytest.raises(EngineError, match=rf"got .* at {start}:{end} \(X\)"):
            gold.set_ents([(start, end, "X")], complete=True)


def test_sentences_of_blanks_alone_are_left_out() -> None:
    """A pipeline may have found one; the others are kept."""
    gold = PartialGold(tokenizer_for("en"), "One. \n Two.", ())
    gold.set_sents([(0, 4, ""), (5, 6, ""), (7, 11, "")], complete=True)
    assert [token.text for token in gold.doc if token.sent_start == 1] == ["One", "Two"]
