# SPDX-License-Identifier: Apache-2.0
"""Character classes and address patterns that several languages share, as parts of regular expressions."""

from __future__ import annotations

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
