# SPDX-License-Identifier: Apache-2.0
"""Characters and address patterns that several languages share, as parts of regular expressions."""

from __future__ import annotations

import re

OPEN = r"\(\[\{<«‹⟨（［｛「『【《〈„‚"
"""Opening brackets and quotes, to stand inside a character class."""

CLOSE = r"\)\]\}>»›⟩）］｝」』】》〉"
"""Closing brackets and quotes, to stand inside a character class."""

QUOTE = "\"'`“”‘’´″′‛‟"
"""Quotes that open or close, to stand inside a character class."""

CURRENCY = "$£€¥₹₽₩₪₫₴₺฿¢¤₿"
"""Signs of currencies, to stand inside a character class."""

EMAIL = r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
"""An e-mail address."""

URL = rf"(?:[a-zA-Z][a-zA-Z0-9+.-]*://\S+|www\.\S+|{EMAIL})$"
"""A web or e-mail address, to the end of what it is matched against."""

EMOTICON = r"(?:(?<![0-9])[:;=][-'o^]?[)(\]\[DPpOo3/\\|*]{1,8}|\([-'o^]?[:;=]|<3+|[oO]_[oO]|\^_*\^|:'\()"
"""A face made of marks."""

_PICTURE = "\U0001f000-\U0001f1e5\U0001f200-\U0001f3fa\U0001f400-\U0001faff☀-➿⌚⌛⏩-⏳⏸-⏺⬛⬜⭐⭕"
_TONE = "\ufe0f\U0001f3fb-\U0001f3ff"
EMOJI = rf"(?:[\U0001f1e6-\U0001f1ff]{{2}}|[{_PICTURE}][{_TONE}]*(?:\u200d[{_PICTURE}♀♂][{_TONE}]*)*)"
"""One picture: a flag's two letters, or a sign with its skin tone and what zero-width joiners add to it."""

REPEATED = rf"(?:(?P<r>[{OPEN}{CLOSE}{QUOTE}*#=~_,>-])(?P=r)+|[.?!]{{2,}}|‘’)"
"""A mark written several times; it may stand once in a pattern, for its group has a name."""

UPPER = "A-ZÀ-ÖØ-Þ" + "".join(map(chr, (c for c in range(0x100, 0x530) if chr(c).isupper())))
"""Capital letters of the Latin, Greek and Cyrillic scripts, to stand inside a character class."""

LOWER = "a-zß-öø-ÿ" + "".join(map(chr, (c for c in range(0x100, 0x530) if chr(c).islower())))
"""Small letters of the same scripts, to stand inside a character class."""

LETTER = r"[^\W\d_]"
"""A letter of any script."""


def each(characters: str) -> tuple[str, ...]:
    """A pattern for each character of a class: what a list of affixes holds, so that one can be taken out."""
    return tuple(dict.fromkeys(re.escape(char) for char in characters.replace("\\", "")))
