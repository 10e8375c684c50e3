# SPDX-License-Identifier: Apache-2.0
"""Text of documents as text of a page: nothing in it can be markup."""

from __future__ import annotations

import re
from html import escape

_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff\u202a-\u202e\u2066-\u2069]"
)
"""Characters that no page may hold, and those that turn the direction of what follows them."""


def escape_text(text: str) -> str:
    """The text escaped for HTML, SVG and their attributes; characters that cannot be shown are U+FFFD.

    >>> escape_text('<b>"R&D"</b>')
    '&lt;b&gt;&quot;R&amp;D&quot;&lt;/b&gt;'
    """
    return escape(_UNPRINTABLE.sub("\ufffd", text))


def show_word(text: str) -> str:
    """A token's text on one line: white space that can be seen."""
    return escape_text(
        text.replace("\n", "\u23ce").replace("\t", "\u21e5").replace("\r", "\u23ce")
        if text.strip()
        else "\u2423"
    )
