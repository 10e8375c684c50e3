# SPDX-License-Identifier: Apache-2.0
"""Rules for any language (`xx`): white space, punctuation, numbers, addresses; no exceptions."""

from __future__ import annotations

from .character_classes import CLOSE, CURRENCY, OPEN, QUOTE, URL
from .rules import Rules


def rules() -> Rules:
    """Language-neutral rules."""
    return Rules(
        lang="xx",
        prefix=rf"^(?:\.\.+|--+|[{OPEN}{QUOTE}{CURRENCY},;:!?…*#§¶&|_]|[-–—](?=\D))",
        suffix=rf"(?:\.\.+|--+|[{CLOSE}{QUOTE}{CURRENCY},;:!?…*%°|_–—]|(?<=[\w{CLOSE}{QUOTE}%])\.|(?<=\w)-)$",
        infix=(
            r"\.\.+|…|--+|[–—|]|(?<=\w)[/+=<>@&](?=\w)"
            rf"|(?<=[^\W\d_])[,:;!?{OPEN}{CLOSE}](?=[^\W\d_])|(?<=[^\W\d_])-(?=\w)"
            r"|[、。，；：！？「」『』【】《》〈〉]"
        ),
        url_match=URL,
        simple=r"[^\W\d_]++|([\"“(\[$]?)([^\W\d_]{2,}|[0-9]+)([.,;:!?)\]\"”]?)",
    )
