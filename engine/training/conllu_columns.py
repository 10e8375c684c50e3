# SPDX-License-Identifier: Apache-2.0
"""The ten columns of CoNLL-U, by position."""

from __future__ import annotations

ID, FORM, LEMMA, UPOS, XPOS, FEATS, HEAD, DEPREL, DEPS, MISC = range(10)
N_COLUMNS = 10


def is_number(text: str) -> bool:
    """Whether it is a whole number of a size that a file can have; `\u00b2` is none."""
    return text.isdecimal() and len(text) < 10
