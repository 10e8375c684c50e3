# SPDX-License-Identifier: Apache-2.0
"""Any language (`xx`): white space, punctuation, numbers, addresses; no exceptions."""

from __future__ import annotations

from .characters import CLOSE, CURRENCY, EMOJI, OPEN, QUOTE, each
from .language_data import LanguageData

DATA = LanguageData(
    prefixes=(r"\.\.+", "--+", *each(OPEN + QUOTE + CURRENCY + ",;:!?…*#§¶&|_"), r"[-–—](?=\D)", EMOJI),
    suffixes=(
        r"\.\.+",
        "--+",
        *each(CLOSE + QUOTE + CURRENCY + ",;:!?…*%°|_–—"),
        rf"(?<=[\w{CLOSE}{QUOTE}%])\.",
        r"(?<=\w)-",
        EMOJI,
    ),
    infixes=(
        r"\.\.+",
        "…",
        "--+",
        *each("–—|"),
        r"(?<=\w)[/+=<>@&](?=\w)",
        rf"(?<=[^\W\d_])[,:;!?{OPEN}{CLOSE}](?=[^\W\d_])",
        r"(?<=[^\W\d_])-(?=\w)",
        *each("、。，；：！？「」『』【】《》〈〉"),
        EMOJI,
    ),
    simple=r"[^\W\d_]++|([\"“(\[$]?)([^\W\d_]{2,}|[0-9]+)([.,;:!?)\]\"”]?)",
)
